"""One batch of queue messages: handed to the function, then settled by what it answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sandbox.model.awserror import AwsError
from sandbox.model.hops import Link, LinkKind
from sandbox.model.lambda_batch import batch_events, failed_items
from sandbox.model.lambda_errors import service_failure
from sandbox.model.lambda_trace import most_visited
from sandbox.model.ports import EventSource, InvokeResult, LeasedMessage
from sandbox.services.base import Kit
from sandbox.services.lambda_.concurrency import Slot
from sandbox.services.lambda_.invocation import Invocations
from sandbox.services.lambda_.invocation_hops import Origin
from sandbox.services.lambda_.qualified import Qualified
from sandbox.services.lambda_.records import Mapping

OK = "OK"


@dataclass(slots=True, eq=False)
class Batch:
    """Messages that are leased, and how far they have got.

    Attributes:
        waiting: not handed to the function yet: given back when the service stops.
        results: one word of each invocation that was made for the batch.
    """

    waiting: list[LeasedMessage]
    results: list[str] = field(default_factory=list)

    @property
    def succeeded(self) -> bool:
        """Whether every invocation ended well."""
        return bool(self.results) and all(result == OK for result in self.results)


class Batches:
    """Runs batches. A message that was not processed stays in flight until its visibility timeout."""

    def __init__(self, kit: Kit, sources: EventSource, invocations: Invocations) -> None:
        self._kit = kit
        self._sources = sources
        self._invocations = invocations

    async def run(self, mapping: Mapping, function: Qualified, batch: Batch, slot: Slot) -> None:
        """Runs a batch in a slot that was taken before, and gives the slot back whatever happens."""
        try:
            # Messages whose lease could not be stored are still in the queue: others would get them too.
            await self._kit.database.committed()
            for part, event in self._parts(mapping, batch):
                await self._run_part(mapping, function, batch, part, event)
        except AwsError as error:
            batch.results.append(f"PROBLEM: {error.message}")
            # What cannot run now must not be leased again at once: it stays in flight like a failed batch.
            batch.waiting.clear()
        finally:
            slot.release()

    def _parts(self, mapping: Mapping, batch: Batch) -> Iterable[tuple[Sequence[LeasedMessage], bytes]]:
        """The invocations that a batch is made of; more than it needs, where a fault splits it."""
        messages = list(batch.waiting)
        fault = None
        if len(messages) > 1:
            fault = self._kit.faults.check(
                "split",
                mapping.scope,
                service="lambda",
                cause=messages[0].hop,
                queue=str(mapping.source_arn),
                function=mapping.function,
            )
        size: int = len(messages) if fault is None else fault.settings["size"]
        for start in range(0, len(messages), size):
            yield from batch_events(messages[start : start + size])

    async def _run_part(
        self,
        mapping: Mapping,
        function: Qualified,
        batch: Batch,
        part: Sequence[LeasedMessage],
        event: bytes,
    ) -> None:
        first = part[0]
        origin = Origin(
            self._kit.ids.uuid(),
            first.hop,
            tuple(Link(message.hop, LinkKind.BATCH) for message in part[1:]),
            most_visited((message.trace for message in part), str(function.function.arn)),
            str(mapping.arn),
        )
        spec = await self._invocations.prepare(function, origin)
        del batch.waiting[: len(part)]
        result = await self._invocations.execute(spec, event, origin, function.arn)
        try:
            batch.results.append(self._settle(mapping, part, result))
        except AwsError:
            raise
        except Exception as error:
            raise service_failure(f"The queue could not be told: {type(error).__name__}: {error}") from error

    def _settle(self, mapping: Mapping, part: Sequence[LeasedMessage], result: InvokeResult) -> str:
        """Acknowledges what was processed; says how the batch went."""
        if result.function_error is not None:
            return "PROBLEM: Function call failed"
        failed: frozenset[str] | None = frozenset()
        if mapping.partial:
            failed = failed_items(result.payload, {message.message_id for message in part})
        if failed is None:
            return "PROBLEM: Function returned an invalid batchItemFailures"
        done = [message.receipt_handle for message in part if message.message_id not in failed]
        if done:
            self._sources.acknowledge(mapping.source_arn, done, result.hop)
        return "PROBLEM: Some items of the batch failed" if failed else OK
