"""One shard of a stream as a mapping reads it: what was read, what is tried, what waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox.clock import Timer
from sandbox.model.ports import StreamRecord


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
class ShardState:
    """What a mapping knows of a shard.

    Attributes:
        done: the sequence number up to which everything is done, as it is stored.
        read: the sequence number up to which it was read.
        gathered: records that wait for a full batch or the end of the window.
        since: when the first of them was read, in virtual seconds.
        pending: what is tried, in order; nothing more is read before it is empty.
        timer: the end of a window or of the wait before a retry.
        closed: nothing follows what was read.
        arrived: records that came since it was read.
    """

    id: str
    done: str
    read: str
    gathered: list[StreamRecord] = field(default_factory=list)
    since: float = 0.0
    pending: list[Work] = field(default_factory=list)
    busy: bool = False
    timer: Timer | None = None
    closed: bool = False
    arrived: int = 0

    @property
    def waits(self) -> bool:
        """Whether a timer has to pass first."""
        return self.timer is not None

    def wants(self, size: int) -> bool:
        """Whether it is worth reading now for a batch of `size`: not while one runs, or is being gathered."""
        return not self.busy and not (self.waits and self.arrived < size - len(self.gathered))
