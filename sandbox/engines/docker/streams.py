"""The streams of DynamoDB Local, as event source mappings read them.

LocalStack reads the streams of its own DynamoDB alone. DynamoDB Local keeps streams and tells nobody of what
comes: as Lambda's own pollers do, each shard is asked four times a second.
Page: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html (polling and batching streams).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sandbox.model.arn import Arn
from sandbox.model.awserror import AwsError
from sandbox.model.lambda_streams import dynamodb_event_record
from sandbox.model.ports import Shard, StreamPage, StreamRecord

#: Before the first record of a shard.
_BEGINNING = "0"
#: A place that can be asked for again, when DynamoDB Streams has forgotten it.
_FORGOTTEN = frozenset({"ExpiredIteratorException", "TrimmedDataAccessException"})

#: Calls an operation of DynamoDB Streams, without a hop; raises `AwsError`.
Ask = Callable[[str, Mapping[str, Any]], Awaitable[dict[str, Any]]]

#: Tells the journal of a record, as a function gets it, once however often it is read; returns its hop.
Changed = Callable[[Arn, Mapping[str, Any]], int]


@dataclass(frozen=True, slots=True)
class Pace:
    """How a stream is asked.

    Attributes:
        rest: real seconds between two looks at a shard that had nothing: AWS's base rate.
        rest_after_failure: real seconds until a stream that could not be read is tried again.
        ahead: records that are read ahead of a mapping; while it is behind, nothing more is fetched.
        page: records of one answer.
    """

    rest: float = 0.25
    rest_after_failure: float = 1.0
    ahead: int = 1000
    page: int = 1000


PACE = Pace()


@dataclass(slots=True, eq=False)
class _Reader:
    """One shard.

    Attributes:
        at: sequence number of the last record that was fetched.
        iterator: where to go on; None asks for it by `at`.
        trimmed: what follows `at` is gone: the oldest record kept is the next.
        records: fetched, and not done with.
        ended: the shard is closed, and everything of it was fetched.
    """

    shard: str
    at: str
    iterator: str | None = None
    trimmed: bool = False
    records: deque[StreamRecord] = field(default_factory=deque)
    ended: bool = False


class ContainerStream:
    """One stream for one mapping; implements `StreamSource`.

    Args:
        stream: its ARN.
        region: the mapping's; DynamoDB Local has none.
        ask: reaches DynamoDB Local.
        changed: tells the journal of records.
    """

    def __init__(
        self,
        stream: Arn,
        region: str,
        ask: Ask,
        changed: Changed,
        pace: Pace = Pace(),
    ) -> None:
        self._pace = pace
        self._stream = stream
        self._region = region
        self._ask = ask
        self._changed = changed
        self._shards: list[Shard] = []
        self._newest: dict[str, str] = {}
        self._readers: dict[str, _Reader] = {}
        self._problem: AwsError | None = None
        self._stirred = asyncio.Event()
        self._following: asyncio.Task[None] | None = None
        self._wake: Callable[[], None] = lambda: None

    async def look(self, position: str) -> None:
        """Finds out what shards there are, and where a mapping that begins now would begin.

        Args:
            position: `TRIM_HORIZON` or `LATEST`.

        Raises:
            AwsError: `ResourceNotFoundException`, or DynamoDB Local does not answer.
        """
        await self._describe()
        if position == "LATEST":
            for shard in self._shards:
                reader = _Reader(shard.id, _BEGINNING)
                while await self._fetch(reader, tell=False):
                    reader.records.clear()
                self._newest[shard.id] = reader.at

    # --- StreamSource ------------------------------------------------------------------------------------
    def exists(self, stream: Arn) -> bool:
        """Whether it could be read when it was looked at last."""
        return stream == self._stream and bool(self._shards) and self._problem is None

    def shards(self, stream: Arn) -> Sequence[Shard]:
        """The shards that are known; see `StreamSource.shards`."""
        return self._shards

    def begin(self, stream: Arn, shard: str, position: str, at: float | None = None) -> str:
        """The sequence number after which to read; see `StreamSource.begin`."""
        return self._newest.get(shard, _BEGINNING) if position == "LATEST" else _BEGINNING

    def read(self, stream: Arn, shard: str, after: str, limit: int) -> StreamPage:
        """What was fetched behind `after`; see `StreamSource.read`. What lies before it is forgotten.

        Raises:
            AwsError: the stream cannot be read.
        """
        if self._problem is not None:
            raise self._problem
        reader = self._readers.get(shard)
        if reader is None:
            reader = self._readers[shard] = _Reader(shard, after)
        while reader.records and int(reader.records[0].sequence) <= int(after):
            reader.records.popleft()
        if len(reader.records) < self._pace.ahead:
            self._stirred.set()
        page = list(islice(reader.records, limit))
        return StreamPage(page, ended=reader.ended and len(page) == len(reader.records))

    def on_available(self, stream: Arn, wake: Callable[[], None]) -> Callable[[], None]:
        """Begins to fetch, and calls `wake` when something came; returns the function that ends it."""
        self._wake = wake
        following = asyncio.get_running_loop().create_task(self._follow(), name=f"stream {self._stream}")
        self._following = following

        def stop() -> None:
            following.cancel()

        return stop

    # --- fetching ----------------------------------------------------------------------------------------
    async def _follow(self) -> None:
        while True:
            rest = self._pace.rest
            try:
                if not self._shards:
                    await self._describe()
                came = await self._round()
                if came or self._problem is not None:
                    self._problem = None
                    self._wake()
                if came:
                    continue
            except AwsError as error:
                self._problem, rest = error, self._pace.rest_after_failure
                self._wake()
            self._stirred.clear()
            if self._readers and all(reader.ended for reader in self._readers.values()):
                await self._stirred.wait()
            else:
                await asyncio.sleep(rest)

    async def _round(self) -> bool:
        """Looks at every shard that has room; says whether something came."""
        came = False
        for reader in list(self._readers.values()):
            if reader.ended or len(reader.records) >= self._pace.ahead:
                continue
            came = await self._fetch(reader) or came
            if reader.ended:  # its children may be there
                await self._describe()
                came = True
        return came

    async def _fetch(self, reader: _Reader, *, tell: bool = True) -> bool:
        """One page of a shard; says whether there was a record in it."""
        if reader.iterator is None:
            reader.iterator = await self._iterator(reader)
        try:
            page = await self._ask("GetRecords", {"ShardIterator": reader.iterator, "Limit": self._pace.page})
        except AwsError as error:
            if error.code not in _FORGOTTEN:
                raise
            reader.iterator, reader.trimmed = None, error.code == "TrimmedDataAccessException"
            return False
        reader.iterator, reader.trimmed = page.get("NextShardIterator"), False
        reader.ended = reader.iterator is None
        found = page.get("Records") or ()
        for raw in found:
            reader.at = raw["dynamodb"]["SequenceNumber"]
            reader.records.append(self._record(raw, tell=tell))
        return bool(found)

    async def _iterator(self, reader: _Reader) -> str:
        asked: dict[str, Any] = {"StreamArn": str(self._stream), "ShardId": reader.shard}
        if reader.at == _BEGINNING or reader.trimmed:
            asked["ShardIteratorType"] = "TRIM_HORIZON"
        else:
            asked |= {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": reader.at}
        iterator: str = (await self._ask("GetShardIterator", asked))["ShardIterator"]
        return iterator

    async def _describe(self) -> None:
        found: list[Shard] = []
        more: dict[str, Any] = {}
        while True:
            answer = await self._ask("DescribeStream", {"StreamArn": str(self._stream), **more})
            described = answer["StreamDescription"]
            found += [
                Shard(shard["ShardId"], shard.get("ParentShardId", "")) for shard in described["Shards"]
            ]
            if not described.get("LastEvaluatedShardId"):
                self._shards = found
                return
            more = {"ExclusiveStartShardId": described["LastEvaluatedShardId"]}

    def _record(self, raw: Mapping[str, Any], *, tell: bool) -> StreamRecord:
        record = dynamodb_event_record({**raw, "awsRegion": self._region}, str(self._stream))
        change = raw["dynamodb"]
        hop = self._changed(self._stream, record) if tell else 0
        at = float(change.get("ApproximateCreationDateTime", 0))
        return StreamRecord(change["SequenceNumber"], record, at, hop)
