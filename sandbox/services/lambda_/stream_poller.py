"""What feeds one function from one stream: a batch at a time of each lane of each shard, in order.

A shard has as many lanes as its mapping's `ParallelizationFactor`; each takes the records of the items whose
keys fall to it, so the changes of one item keep their order.
Woken, never polling: by a record that comes, by a slot that is freed, by a batch that ended, by the end of
the batching window or of the wait before a retry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from sandbox.clock import Timer
from sandbox.model.lambda_filters import RecordFilter
from sandbox.model.lambda_streams import retry_delay
from sandbox.model.ports import StreamSource
from sandbox.services.base import Kit
from sandbox.services.lambda_.batches import OK
from sandbox.services.lambda_.checkpoints import Checkpoints
from sandbox.services.lambda_.concurrency import Concurrency, Slot
from sandbox.services.lambda_.progress import Progress
from sandbox.services.lambda_.qualified import Qualified
from sandbox.services.lambda_.records import Mapping
from sandbox.services.lambda_.shards import Lane, ShardState, Work
from sandbox.services.lambda_.stream_batches import StreamBatches
from sandbox.services.lambda_.waking import Finder, SourcePoller

#: Records that a mapping with parallel batches reads behind one that is not done, before it waits for it.
_AHEAD = 1000


class StreamPoller(SourcePoller):
    """Feeds a function from a stream while its mapping is enabled."""

    in_order: ClassVar[bool] = True

    def __init__(
        self,
        kit: Kit,
        mapping: Mapping,
        functions: Finder,
        source: StreamSource,
        concurrency: Concurrency,
        batches: StreamBatches,
    ) -> None:
        super().__init__(kit, mapping, functions, concurrency)
        self._source = source
        self._batches = batches
        self._checkpoints = Checkpoints(kit, mapping.uuid)
        self._filter = RecordFilter(mapping.filters, bodies=False)
        self._shards: dict[str, ShardState] = {}
        self._finished: set[str] = set()
        self.last_result = "No records processed"

    def _listen(self) -> Callable[[], None]:
        """Begins where the mapping was, or where it says for a stream it has not read yet."""
        stream = self._mapping.source_arn
        known = self._checkpoints.load()
        if not known:
            for shard in self._source.shards(stream):
                place = self._source.begin(
                    stream, shard.id, self._mapping.position, self._mapping.position_at
                )
                self._checkpoints.put(shard.id, place)
            known = self._checkpoints.load()
        self._finished = {shard for shard, (_, ended) in known.items() if ended}
        self._shards = {
            shard: self._state(shard, place) for shard, (place, ended) in known.items() if not ended
        }
        return self._source.on_available(stream, self._arrive)

    def _arrive(self) -> None:
        """A record came, or the stream ended: read while nothing is gathered, or when a batch may be full."""
        size = self._mapping.batch_size
        wanted = not self._shards
        for shard in self._shards.values():
            shard.arrived += 1
            wanted = wanted or shard.wants(size)
        if wanted:
            self.wake()

    async def stop(self) -> None:
        """Ends what runs; what is not checkpointed is read again by the next start."""
        self._listen_no_more()
        await self._tasks.stop()

    def detach(self) -> None:
        """Reads no more, but lets the batches that run end by themselves."""
        self._listen_no_more()

    def _listen_no_more(self) -> None:
        super()._listen_no_more()
        for shard in self._shards.values():
            for lane in shard.lanes:
                if lane.timer is not None:
                    lane.timer.cancel()

    # --- reading -----------------------------------------------------------------------------------------
    def _work(self, function: Qualified) -> None:
        self._look_for_shards()
        for shard in list(self._shards.values()):
            self._advance(shard, function)

    def _look_for_shards(self) -> None:
        """Takes up shards that were added; a child begins when its parent has been read to its end."""
        stream = self._mapping.source_arn
        for shard in self._source.shards(stream):
            if shard.id in self._shards or shard.id in self._finished or shard.parent in self._shards:
                continue
            place = self._source.begin(stream, shard.id, "TRIM_HORIZON")
            self._checkpoints.put(shard.id, place)
            self._shards[shard.id] = self._state(shard.id, place)

    def _state(self, shard: str, place: str) -> ShardState:
        lanes = [Lane() for _ in range(self._mapping.parallel)]
        return ShardState(shard, Progress(self._checkpoints, shard, place), place, lanes)

    def _advance(self, shard: ShardState, function: Qualified) -> None:
        self._read(shard)
        for lane in shard.lanes:
            if lane.busy or (lane.pending and lane.waits) or not (lane.pending or self._fill(shard, lane)):
                continue
            slot = self._slot(function)
            if slot is None:
                return
            self._run(shard, lane, slot, function)
        if shard.closed and not shard.progress.held:
            self._finish(shard)

    def _read(self, shard: ShardState) -> None:
        """Reads while a lane has no full batch, unless too much is held up by what is not done."""
        mapping, progress = self._mapping, shard.progress
        most = mapping.batch_size
        if mapping.parallel > 1:
            most = max(_AHEAD, most * mapping.parallel)
        while shard.hungry(mapping.batch_size) and progress.held < most and not shard.closed:
            shard.arrived = 0
            page = self._source.read(mapping.source_arn, shard.id, shard.read, most - progress.held)
            shard.closed = page.ended
            if not page.records:
                break
            shard.read = page.records[-1].sequence
            now = self._kit.clock.now()
            for record in page.records:
                wanted = not self._filter or self._filter.matches(record.record)
                if progress.read(record.sequence, wanted=wanted):
                    shard.lane(record).gathered.append((now, record))
            progress.settle()

    def _fill(self, shard: ShardState, lane: Lane) -> bool:
        """Makes the next batch, if it is full or its window is over; says whether there is one."""
        if not lane.gathered:
            return False
        size, due = self._mapping.batch_size, lane.since + self._mapping.window
        if len(lane.gathered) < size and self._kit.clock.now() < due and not shard.closed:
            if lane.timer is None:
                lane.timer = self._wait(lane, due, "batching window")
            return False
        if lane.timer is not None:
            lane.timer.cancel()
            lane.timer = None
        lane.pending = [lane.batch(size)]
        return True

    def _finish(self, shard: ShardState) -> None:
        del self._shards[shard.id]
        self._finished.add(shard.id)
        shard.progress.end()
        self.wake()

    # --- running -----------------------------------------------------------------------------------------
    def _run(self, shard: ShardState, lane: Lane, slot: Slot, function: Qualified) -> None:
        lane.busy = True
        work = lane.pending[0]
        task = self._tasks.start(
            self._batches.run(self._mapping, function, shard.id, work), f"lambda-stream-{self._mapping.uuid}"
        )
        task.add_done_callback(lambda done: self._ended(done, shard, lane, work, slot))

    def _ended(
        self,
        task: asyncio.Task[tuple[list[Work], str]],
        shard: ShardState,
        lane: Lane,
        work: Work,
        slot: Slot,
    ) -> None:
        slot.release()
        lane.busy = False
        if task.cancelled():
            return  # read again from the checkpoint
        if error := task.exception():
            left, self.last_result = [work], f"PROBLEM: {type(error).__name__}: {error}"
            work.attempts += 1
        else:
            left, self.last_result = task.result()
        lane.pending[:1] = left
        still = {record.sequence for part in left for record in part.records}
        done = [record.sequence for record in work.records if record.sequence not in still]
        if done:
            shard.progress.finish(done)
        again = left and self.last_result != OK and left[0].attempts > 0 and len(left) == 1
        if again and not self._stopped:
            due = self._kit.clock.now() + retry_delay(left[0].attempts)
            lane.timer = self._wait(lane, due, "retry of a batch")
        self.wake()

    def _wait(self, lane: Lane, due: float, label: str) -> Timer:
        def over() -> None:
            lane.timer = None
            self.wake()

        return self._kit.clock.call_at(due, over, label=label)
