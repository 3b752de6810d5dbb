"""One batch of stream records: handed to the function, then checkpointed, retried, split or given up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from sandbox.model.awserror import AwsError
from sandbox.model.hops import Link, LinkKind
from sandbox.model.lambda_batch import batch_events, failed_items
from sandbox.model.lambda_streams import Discarded, GivenUp, discarded_document
from sandbox.model.ports import InvokeResult, StreamRecord
from sandbox.services.base import Kit
from sandbox.services.lambda_.batches import OK
from sandbox.services.lambda_.destinations import Destinations
from sandbox.services.lambda_.invocation_hops import Origin
from sandbox.services.lambda_.qualified import Qualified
from sandbox.services.lambda_.records import Mapping
from sandbox.services.lambda_.shards import Work

#: Runs a function with an event, in a slot that was taken before.
Run = Callable[[Qualified, bytes, Origin], Awaitable[InvokeResult]]


class StreamBatches:
    """Runs batches of streams.

    Reference: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html and
    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html

    Args:
        run: runs the functions; an `AwsError` means that one did not run.
        destinations: where what is given up is told.
    """

    def __init__(self, kit: Kit, run: Run, destinations: Destinations) -> None:
        self._kit = kit
        self._run = run
        self._destinations = destinations

    async def run(
        self, mapping: Mapping, function: Qualified, shard: str, work: Work
    ) -> tuple[list[Work], str]:
        """Tries a batch once.

        Returns:
            What is still to be tried, in order (nothing: it is done or given up), and how it went.
        """
        fresh = await self._drop_old(mapping, function, shard, work)
        if not fresh:
            return [], OK
        work = Work(fresh, work.attempts, work.request_id, work.version)
        parts = batch_events(fresh, json_of=StreamRecord.json)
        if len(parts) > 1:  # above the largest payload there is
            return [Work(records, work.attempts) for records, _ in parts], OK
        try:
            result = await self._invoke(mapping, function, fresh, parts[0][1])
        except AwsError as error:
            return await self._failed(mapping, function, shard, work, f"PROBLEM: {error.message}")
        work.request_id, work.version = result.request_id, result.version
        left, said = _unprocessed(mapping, fresh, result)
        if not left:
            return [], OK
        work.records = left
        if mapping.bisect and len(left) < len(fresh):
            # The function said where to split; as with halves, that is no retry.
            return [work], said
        return await self._failed(mapping, function, shard, work, said, result.hop)

    async def _invoke(
        self, mapping: Mapping, function: Qualified, records: Sequence[StreamRecord], event: bytes
    ) -> InvokeResult:
        origin = Origin(
            self._kit.ids.uuid(),
            records[0].hop,
            tuple(Link(record.hop, LinkKind.BATCH) for record in records[1:]),
            next((record.trace for record in records if record.trace), None),
            str(mapping.arn),
        )
        return await self._run(function, event, origin)

    async def _failed(
        self,
        mapping: Mapping,
        function: Qualified,
        shard: str,
        work: Work,
        said: str,
        hop: int | None = None,
    ) -> tuple[list[Work], str]:
        if mapping.bisect and len(work.records) > 1:
            return work.halves(), said
        work.attempts += 1
        if mapping.max_retries < 0 or work.attempts <= mapping.max_retries:
            return [work], said
        await self._give_up(mapping, function, shard, work, GivenUp.RETRIES, hop)
        return [], said

    async def _drop_old(
        self, mapping: Mapping, function: Qualified, shard: str, work: Work
    ) -> Sequence[StreamRecord]:
        """The records that are not too old; the others are told and dropped."""
        if mapping.max_age < 0:
            return work.records
        oldest = self._kit.clock.now() - mapping.max_age
        old = [record for record in work.records if record.at < oldest]
        if old:
            gone = Work(old, work.attempts, work.request_id, work.version)
            await self._give_up(mapping, function, shard, gone, GivenUp.AGE, None)
        return [record for record in work.records if record.at >= oldest]

    async def _give_up(
        self,
        mapping: Mapping,
        function: Qualified,
        shard: str,
        work: Work,
        condition: GivenUp,
        hop: int | None,
    ) -> None:
        if mapping.on_failure is None:
            return
        discarded = Discarded(
            stream=mapping.source_arn,
            shard=shard,
            records=work.records,
            function=function.arn,
            condition=condition,
            request_id=work.request_id,
            invocations=work.attempts,
            version=work.version,
            failed=bool(work.version),
        )
        document = discarded_document(discarded, self._kit.clock.now())
        cause = hop if hop is not None else work.records[0].hop
        await self._destinations.deliver(
            function.function, mapping.on_failure, document, {}, cause, work.records[0].trace
        )


def _unprocessed(
    mapping: Mapping, records: Sequence[StreamRecord], result: InvokeResult
) -> tuple[Sequence[StreamRecord], str]:
    """The records from the first one on that was not processed, and how that is said."""
    if result.function_error is not None:
        return records, "PROBLEM: Function call failed"
    if not mapping.partial:
        return (), OK
    failed = failed_items(result.payload, {record.sequence for record in records})
    if failed is None:
        return records, "PROBLEM: Function returned an invalid batchItemFailures"
    first = next((at for at, record in enumerate(records) if record.sequence in failed), None)
    return ((), OK) if first is None else (records[first:], "PROBLEM: Some items of the batch failed")
