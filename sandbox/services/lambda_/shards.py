"""One shard of a stream as a mapping reads it: what was read, what is tried, what waits."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox.clock import Timer
from sandbox.model.lambda_streams import item_of, lane_of
from sandbox.model.ports import StreamRecord
from sandbox.services.lambda_.progress import Progress


@dataclass(slots=True, eq=False)
class Work:
    """Records that are handed over together until they are processed or given up.

    Attributes:
        attempts: how often the function failed for them.
        request_id, version: of the last run.
    """

    records: Sequence[StreamRecord]
    attempts: int = 0
    request_id: str = ""
    version: str = ""

    def halves(self) -> list[Work]:
        """The same in two parts; splitting does not count as a retry."""
        middle = len(self.records) // 2
        return [
            Work(part, self.attempts, self.request_id, self.version)
            for part in (self.records[:middle], self.records[middle:])
        ]


@dataclass(slots=True, eq=False)
class Lane:
    """The records of a shard whose batches run one at a time: those of some items, or all of them.

    Attributes:
        gathered: records that wait for a full batch or the end of the window, each with the virtual time at
            which it was read.
        pending: what is tried, in order; no further batch is made before it is empty.
        timer: the end of a window or of the wait before a retry.
    """

    gathered: deque[tuple[float, StreamRecord]] = field(default_factory=deque)
    pending: list[Work] = field(default_factory=list)
    busy: bool = False
    timer: Timer | None = None

    @property
    def waits(self) -> bool:
        """Whether a timer has to pass first."""
        return self.timer is not None

    @property
    def free(self) -> bool:
        """Whether its next batch may be made."""
        return not self.busy and not self.pending

    @property
    def since(self) -> float:
        """When the first of the gathered records was read, in virtual seconds."""
        return self.gathered[0][0]

    def batch(self, size: int) -> Work:
        """Takes the next batch out."""
        return Work([self.gathered.popleft()[1] for _ in range(min(size, len(self.gathered)))])

    def wants(self, size: int, arrived: int) -> bool:
        """Whether reading is worth it for a batch of `size`: not while one runs, or is being gathered.

        Args:
            arrived: records that were not read yet.
        """
        return not self.busy and (self.timer is None or arrived >= size - len(self.gathered))


@dataclass(slots=True, eq=False)
class ShardState:
    """What a mapping knows of a shard.

    Attributes:
        progress: what is done of it, as it is stored.
        read: the sequence number up to which it was read.
        lanes: as many as batches of it may run at a time.
        closed: nothing follows what was read.
        arrived: records that came since it was read.
    """

    id: str
    progress: Progress
    read: str
    lanes: list[Lane]
    closed: bool = False
    arrived: int = 0

    def lane(self, record: StreamRecord) -> Lane:
        """The lane that takes a record: those of one item go to the same one."""
        if len(self.lanes) == 1:
            return self.lanes[0]
        return self.lanes[lane_of(item_of(record.record), len(self.lanes))]

    def hungry(self, size: int) -> bool:
        """Whether some lane has nothing to run, nor enough for a batch of `size`."""
        return any(lane.free and len(lane.gathered) < size for lane in self.lanes)

    def wants(self, size: int) -> bool:
        """Whether it is worth reading now for a batch of `size`; asked at every record that comes."""
        for lane in self.lanes:  # noqa: SIM110
            if lane.wants(size, self.arrived):
                return True
        return False
