"""What feeds one function from one stream: a batch at a time of each shard, in order.

Woken, never polling: by a record that comes, by a slot that is freed, by a batch that ended, by the end of
the batching window or of the wait before a retry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sandbox.clock import Timer
from sandbox.model.lambda_filters import RecordFilter
from sandbox.model.lambda_streams import retry_delay
from sandbox.model.ports import StreamSource
from sandbox.services.base import Kit
from sandbox.services.lambda_.batches import OK
from sandbox.services.lambda_.checkpoints import Checkpoints
from sandbox.services.lambda_.concurrency import Concurrency, Slot
from sandbox.services.lambda_.qualified import Qualified
from sandbox.services.lambda_.records import Mapping
from sandbox.services.lambda_.shards import ShardState, Work
from sandbox.services.lambda_.stream_batches import StreamBatches
from sandbox.services.lambda_.waking import Finder, SourcePoller


class StreamPoller(SourcePoller):
    """Feeds a function from a stream while its mapping is enabled."""

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
            shard: ShardState(shard, place, place) for shard, (place, ended) in known.items() if not ended
        }
        return self._source.on_available(stream, self._arrive)

    def _arrive(self) -> None:
        """A record came, or the stream ended: read while nothing is gathered, or when a batch may be full."""
        shards = self._shards.values()
        for shard in shards:
            shard.arrived += 1
        if not shards or any(shard.wants(self._mapping.batch_size) for shard in shards):
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
            if shard.timer is not None:
                shard.timer.cancel()

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
            self._shards[shard.id] = ShardState(shard.id, place, place)

    def _advance(self, shard: ShardState, function: Qualified) -> None:
        if shard.busy or (shard.pending and shard.waits):
            return
        if not shard.pending and not self._gather(shard):
            return
        slot = self._slot(function)
        if slot is None:
            return
        shard.busy = True
        work = shard.pending[0]
        task = self._tasks.start(
            self._batches.run(self._mapping, function, shard.id, work), f"lambda-stream-{self._mapping.uuid}"
        )
        task.add_done_callback(lambda done: self._ended(done, shard, work, slot))

    def _gather(self, shard: ShardState) -> bool:
        """Reads until a batch is full or its window over; says whether there is something to run."""
        stream, size = self._mapping.source_arn, self._mapping.batch_size
        while len(shard.gathered) < size and not shard.closed:
            shard.arrived = 0
            page = self._source.read(stream, shard.id, shard.read, size - len(shard.gathered))
            shard.closed = page.ended
            if not page.records:
                break
            shard.read = page.records[-1].sequence
            if not shard.gathered:
                shard.since = self._kit.clock.now()
            shard.gathered += [record for record in page.records if self._filter.matches(record.record)]
            if not shard.gathered:
                self._done(shard, shard.read)
        if not shard.gathered:
            if shard.closed:
                self._finish(shard)
            return False
        over = self._kit.clock.now() >= shard.since + self._mapping.window
        if len(shard.gathered) < size and not over and not shard.closed:
            if shard.timer is None:
                shard.timer = self._wait(shard, shard.since + self._mapping.window, "batching window")
            return False
        if shard.timer is not None:
            shard.timer.cancel()
            shard.timer = None
        shard.pending = [Work(shard.gathered)]
        shard.gathered = []
        return True

    def _finish(self, shard: ShardState) -> None:
        del self._shards[shard.id]
        self._finished.add(shard.id)
        self._checkpoints.put(shard.id, shard.done, ended=True)
        self.wake()

    # --- running -----------------------------------------------------------------------------------------
    def _ended(
        self, task: asyncio.Task[tuple[list[Work], str]], shard: ShardState, work: Work, slot: Slot
    ) -> None:
        slot.release()
        shard.busy = False
        if task.cancelled():
            return  # read again from the checkpoint
        if error := task.exception():
            left, self.last_result = [work], f"PROBLEM: {type(error).__name__}: {error}"
            work.attempts += 1
        else:
            left, self.last_result = task.result()
        shard.pending[:1] = left
        before = left[0].records[0] if left else None
        last = work.records[-1].sequence
        if before is None:
            # Records that were filtered out behind the batch are done with it.
            self._done(shard, last if shard.pending else shard.read)
        elif (at := list(work.records).index(before)) > 0:
            self._done(shard, work.records[at - 1].sequence)
        again = left and self.last_result != OK and left[0].attempts > 0 and len(left) == 1
        if again and not self._stopped:
            due = self._kit.clock.now() + retry_delay(left[0].attempts)
            shard.timer = self._wait(shard, due, "retry of a batch")
        self.wake()

    def _done(self, shard: ShardState, sequence: str) -> None:
        shard.done = sequence
        self._checkpoints.put(shard.id, sequence)

    def _wait(self, shard: ShardState, due: float, label: str) -> Timer:
        def over() -> None:
            shard.timer = None
            self.wake()

        return self._kit.clock.call_at(due, over, label=label)
