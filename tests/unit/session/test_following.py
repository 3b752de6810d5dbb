"""A follower that falls behind loses the oldest items, and says how many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from sandbox.control.protocol import Dropped
from sandbox.session.following import Follower


class Source:
    """Tells numbers to whoever subscribes."""

    def __init__(self) -> None:
        self.receivers: list[Callable[[int], None]] = []

    def subscribe(self, receive: Callable[[int], None]) -> Callable[[], None]:
        self.receivers.append(receive)
        return lambda: self.receivers.remove(receive)

    def tell(self, *numbers: int) -> None:
        for number in numbers:
            for receive in self.receivers:
                receive(number)


async def take(items: AsyncIterator[Any], count: int) -> list[Any]:
    return [await anext(items) for _ in range(count)]


def test_follows_from_the_moment_it_is_entered() -> None:
    async def work() -> None:
        source = Source()
        source.tell(0)
        with Follower[int](source.subscribe) as follower:
            source.tell(1, 2)
            assert await take(follower.told(), 2) == [1, 2]
        assert source.receivers == []

    asyncio.run(work())


def test_waits_for_what_comes_later() -> None:
    async def work() -> None:
        source = Source()
        with Follower[int](source.subscribe) as follower:
            waiting = asyncio.ensure_future(anext(follower))
            await asyncio.sleep(0)
            assert not waiting.done()
            source.tell(7)
            assert await waiting == 7

    asyncio.run(work())


def test_without_a_subscription_there_is_nothing() -> None:
    async def work() -> list[Any]:
        with Follower[int](None) as follower:
            return [item async for item in follower.told()]

    assert asyncio.run(work()) == []


def test_who_is_too_slow_loses_the_oldest_and_is_told() -> None:
    async def work() -> None:
        source = Source()
        with Follower[int](source.subscribe) as follower:
            source.tell(*range(5_010))
            assert await take(follower.told(), 3) == [Dropped(10), 10, 11]
            rest = follower.told()
            assert await take(rest, 4_998) == list(range(12, 5_010))
            source.tell(1)
            assert await take(rest, 1) == [1]

    asyncio.run(work())
