"""Streams of DynamoDB Local, as a mapping reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sandbox.engines.docker.streams import ContainerStream, Pace
from sandbox.model.arn import parse_arn
from sandbox.model.awserror import AwsError
from tests.unit.docker.streaming import ARN, FakeStreams

STREAM = parse_arn(ARN)


#: Nothing rests.
AT_ONCE = Pace(rest=0.0, rest_after_failure=0.0)


class Reading:
    """A mapping's way of reading: what came, in order; the place is the last record's."""

    def __init__(self, fake: FakeStreams) -> None:
        self.stream = ContainerStream(STREAM, "sa-east-1", fake.ask, lambda arn, record: 7, AT_ONCE)
        self.got: list[int] = []
        self.ended: set[str] = set()
        self.problem = ""
        self._woken = asyncio.Event()

    async def begin(self, position: str) -> None:
        await self.stream.look(position)
        self.places = {
            shard.id: self.stream.begin(STREAM, shard.id, position) for shard in self.stream.shards(STREAM)
        }
        self._stop = self.stream.on_available(STREAM, self._woken.set)

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while True:
                self._take()
                if done():
                    self._stop()
                    return
                self._woken.clear()
                await self._woken.wait()

    def _take(self) -> None:
        for shard in self.stream.shards(STREAM):
            self.places.setdefault(shard.id, "0")
            try:
                page = self.stream.read(STREAM, shard.id, self.places[shard.id], 2)
            except AwsError as error:
                self.problem = error.code
                return
            self.problem = ""
            while page.records:
                self.got += [int(record.sequence) for record in page.records]
                self.places[shard.id] = page.records[-1].sequence
                page = self.stream.read(STREAM, shard.id, self.places[shard.id], 2)
            if page.ended:
                self.ended.add(shard.id)


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await work()

    asyncio.run(whole())


def test_everything_is_read_from_the_horizon_in_order() -> None:
    fake = FakeStreams()
    fake.put(1, 2, 3)

    async def work() -> None:
        reading = Reading(fake)
        await reading.begin("TRIM_HORIZON")
        await reading.until(lambda: len(reading.got) == 3)
        assert reading.got == [1, 2, 3]

    run(work)


def test_latest_leaves_out_what_was_there_and_nothing_else() -> None:
    fake = FakeStreams()
    fake.put(1, 2)

    async def work() -> None:
        reading = Reading(fake)
        await reading.begin("LATEST")
        fake.put(3, 4, 5)
        await reading.until(lambda: len(reading.got) == 3)
        assert reading.got == [3, 4, 5]

    run(work)


@pytest.mark.parametrize("code", ["ExpiredIteratorException", "TrimmedDataAccessException"])
def test_a_place_that_was_forgotten_is_found_again(code: str) -> None:
    fake = FakeStreams()
    fake.put(1)

    async def work() -> None:
        reading = Reading(fake)
        await reading.begin("TRIM_HORIZON")
        fake.forget = code
        await reading.until(lambda: len(reading.got) == 1)

    run(work)


def test_a_closed_shard_ends_and_its_child_is_found() -> None:
    fake = FakeStreams()
    fake.put(1)
    fake.closed.add("s-1")

    async def work() -> None:
        reading = Reading(fake)
        await reading.begin("TRIM_HORIZON")
        fake.shards["s-2"], fake.parents["s-2"] = [2], "s-1"
        await reading.until(lambda: len(reading.got) == 2 and "s-1" in reading.ended)
        assert reading.got == [1, 2]

    run(work)


def test_a_stream_that_is_gone_is_told_and_read_again_when_it_is_back() -> None:
    fake = FakeStreams()

    async def work() -> None:
        reading = Reading(fake)
        await reading.begin("TRIM_HORIZON")
        fake.gone = True

        def told() -> bool:
            if reading.problem == "ResourceNotFoundException":
                fake.gone = False
                fake.put(1)
            return reading.got == [1]

        await reading.until(told)

    run(work)


def test_no_more_is_fetched_than_a_mapping_that_is_behind_can_take() -> None:
    pace = Pace(rest=0.0, ahead=3, page=2)
    fake = FakeStreams()
    fake.put(*range(1, 10))

    async def work() -> None:
        stream = ContainerStream(STREAM, "us-east-1", fake.ask, lambda arn, record: 7, pace)
        await stream.look("TRIM_HORIZON")
        stop = stream.on_available(STREAM, lambda: None)
        stream.read(STREAM, "s-1", "0", 1)
        for _ in range(100):
            await asyncio.sleep(0)
        held = stream.read(STREAM, "s-1", "0", 100).records
        assert [int(record.sequence) for record in held] == [1, 2, 3, 4]
        for _ in range(100):
            stream.read(STREAM, "s-1", "4", 100)
            await asyncio.sleep(0)
        stop()
        assert [int(one.sequence) for one in stream.read(STREAM, "s-1", "4", 100).records] == [5, 6, 7, 8]

    run(work)


def test_a_record_is_as_functions_get_it() -> None:
    fake = FakeStreams()
    fake.put(1)

    async def work() -> None:
        reading = Reading(fake)
        await reading.stream.look("TRIM_HORIZON")
        stop = reading.stream.on_available(STREAM, lambda: None)
        reading.stream.read(STREAM, "s-1", "0", 1)
        for _ in range(20):
            await asyncio.sleep(0)
        stop()
        (record,) = reading.stream.read(STREAM, "s-1", "0", 1).records
        assert (record.record["awsRegion"], record.record["eventSourceARN"]) == ("sa-east-1", ARN)
        assert (record.at, record.hop) == (1.0, 7)

    run(work)
