"""What feeds one function from one queue: decides when to lease, how much, and how many batches at a time.

Woken, never polling: by a message that becomes visible, by a slot that is freed, by a batch that ended, by
the end of the batching window. A slot is taken before messages are leased: throttling costs no receive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sandbox.clock import Timer
from sandbox.model.awserror import AwsError
from sandbox.model.lambda_batch import MOST_BATCHES, BatchLimit
from sandbox.model.lambda_filters import RecordFilter
from sandbox.model.ports import EventSource, LeasedMessage
from sandbox.services.base import Kit
from sandbox.services.lambda_.batches import OK, Batch, Batches
from sandbox.services.lambda_.concurrency import Concurrency, Slot
from sandbox.services.lambda_.functions import Functions
from sandbox.services.lambda_.gathering import Gathering
from sandbox.services.lambda_.qualified import Qualified
from sandbox.services.lambda_.records import Mapping
from sandbox.services.lambda_.waking import SourcePoller


class Poller(SourcePoller):
    """Feeds a function from a queue while its mapping is enabled."""

    def __init__(
        self,
        kit: Kit,
        mapping: Mapping,
        functions: Functions,
        sources: EventSource,
        concurrency: Concurrency,
        batches: Batches,
    ) -> None:
        super().__init__(kit, mapping, functions, concurrency)
        self._sources = sources
        self._batches = batches
        self._open: set[Batch] = set()
        self._limit = BatchLimit(mapping.max_concurrency or MOST_BATCHES)
        #: The queue had more than the limit let through.
        self._pressed = False
        self._window: Timer | None = None
        self._gathering = Gathering(mapping.batch_size)
        #: Messages that came since the queue was looked at.
        self._arrived = 0
        self._filter = RecordFilter(mapping.filters, bodies=True)

    def _listen(self) -> Callable[[], None]:
        return self._sources.on_available(self._mapping.source_arn, self._arrive)

    def _arrive(self) -> None:
        """A message came; while a batch is gathered, the queue is looked at when that may fill it."""
        self._arrived += 1
        if self._window is None or self._arrived >= self._gathering.room:
            self.wake()

    async def stop(self) -> None:
        """Ends what runs, and gives back every message that its function has not seen."""
        self._listen_no_more()
        await self._tasks.stop()
        unseen = [message for batch in self._open for message in batch.waiting]
        self._open.clear()
        self._return([*unseen, *self._gathering.take()])

    def detach(self) -> None:
        """Leases no more, but lets the batches that run end by themselves (mapping disabled or deleted)."""
        self._listen_no_more()
        self._return(self._gathering.take())

    def _listen_no_more(self) -> None:
        super()._listen_no_more()
        self._end_window()

    # --- leasing -----------------------------------------------------------------------------------------
    def _work(self, function: Qualified) -> None:
        if self._mapping.window:
            self._gather(function)
        else:
            self._lease_all(function)

    def _lease_all(self, function: Qualified) -> None:
        while len(self._tasks) < self._limit.now:
            slot = self._slot(function)
            if slot is None:
                return
            try:
                messages = self._lease(self._mapping.batch_size)
            except BaseException:
                slot.release()
                raise
            if not messages:
                slot.release()
                self._pressed = False
                if not self._tasks:
                    self._limit.reset()
                return
            self._begin(function, messages, slot)
        self._pressed = True

    def _gather(self, function: Qualified) -> None:
        """Fills one batch until it is full or its window ends; it holds no slot while it waits."""
        while len(self._tasks) < self._limit.now:
            if self._concurrency.refusal(function.function) is not None:
                self._concurrency.when_free(function.function, self.wake)
                return
            gathering = self._gathering
            if gathering.room:
                self._arrived = 0
                messages = self._lease(gathering.room)
                gathering.add(messages, self._kit.clock.now())
            if not gathering.ready(self._kit.clock.now(), self._mapping.window):
                self._pressed = False
                self._arm_window()
                return
            slot = self._slot(function)
            if slot is None:
                return
            self._end_window()
            visible = self._sources.visibility_timeout(self._mapping.source_arn)
            if messages := gathering.take(self._kit.clock.now(), visible):
                self._begin(function, messages, slot)
            else:
                slot.release()
        self._pressed = True

    def _lease(self, limit: int) -> list[LeasedMessage]:
        """Messages to hand over; those that match no filter are deleted, as on AWS."""
        queue = self._mapping.source_arn
        while messages := self._sources.lease(queue, limit):
            if not self._filter:
                return messages
            fitting = [message for message in messages if self._filter.matches(message.record)]
            kept = {message.receipt_handle for message in fitting}
            for message in messages:
                if message.receipt_handle not in kept:
                    self._sources.acknowledge(queue, [message.receipt_handle], message.hop)
            if fitting:
                return fitting
        return []

    def _arm_window(self) -> None:
        end = self._gathering.begun
        if end is None or self._window is not None:
            return
        self._window = self._kit.clock.call_at(
            end + self._mapping.window, self._window_over, label="batching window"
        )

    def _end_window(self) -> None:
        if self._window is not None:
            self._window.cancel()
            self._window = None

    def _window_over(self) -> None:
        self._window = None
        self.wake()

    # --- running -----------------------------------------------------------------------------------------
    def _begin(self, function: Qualified, messages: list[LeasedMessage], slot: Slot) -> None:
        batch = Batch(messages)
        self._open.add(batch)
        task = self._tasks.start(
            self._batches.run(self._mapping, function, batch, slot), f"lambda-batch-{self._mapping.uuid}"
        )
        task.add_done_callback(lambda done: self._ended(done, batch, slot))

    def _ended(self, task: asyncio.Task[None], batch: Batch, slot: Slot) -> None:
        slot.release()  # a task that was cancelled before its first step has not done so
        if task.cancelled():
            return  # `stop` gives back what is left of the batch
        self._open.discard(batch)
        if error := task.exception():
            self.last_result = f"PROBLEM: {type(error).__name__}: {error}"
        else:
            self.last_result = next((result for result in batch.results if result != OK), OK)
        if not batch.succeeded:
            self._limit.shrink()
        elif self._pressed:
            self._limit.grow()
        self.wake()

    def _return(self, messages: list[LeasedMessage]) -> None:
        try:
            for message in messages:
                self._sources.give_back(self._mapping.source_arn, [message.receipt_handle], message.hop)
        except AwsError:  # the queue is gone, and the messages with it
            return
