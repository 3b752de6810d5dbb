"""A timer that is set again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sandbox.runtime.alarm import Alarm


def rings(use: Callable[[Alarm], Awaitable[None]]) -> list[float]:
    """When an alarm called while it was used, in seconds from the beginning."""

    async def run() -> list[float]:
        loop = asyncio.get_running_loop()
        began, called = loop.time(), list[float]()
        alarm = Alarm(lambda: called.append(loop.time() - began))
        await use(alarm)
        alarm.close()
        await asyncio.sleep(0.1)
        return called

    return asyncio.run(run())


def test_it_calls_once_when_the_time_has_come() -> None:
    async def use(alarm: Alarm) -> None:
        alarm.set(0.03)
        await asyncio.sleep(0.2)

    (at,) = rings(use)
    assert at >= 0.025


def test_it_calls_when_it_was_set_last() -> None:
    async def use(alarm: Alarm) -> None:
        alarm.set(0.05)
        await asyncio.sleep(0.02)
        alarm.set(0.1)
        await asyncio.sleep(0.4)

    (at,) = rings(use)
    assert at >= 0.115


def test_it_calls_earlier_when_it_is_told_to() -> None:
    async def use(alarm: Alarm) -> None:
        alarm.set(60)
        alarm.set(0.01)
        await asyncio.sleep(0.2)

    assert len(rings(use)) == 1


def test_cleared_or_closed_it_does_not_call() -> None:
    async def use(alarm: Alarm) -> None:
        alarm.set(0.01)
        alarm.clear()
        await asyncio.sleep(0.05)
        alarm.set(0.05)

    assert rings(use) == []
