"""How many invocations begin at a time while the processors are busy."""

from __future__ import annotations

import asyncio

from sandbox.runtime.crowd import Crowd
from tests.unit.runtime.test_starts import NEVER, in_a_loop


def crowd(at_once: int = 1) -> Crowd:
    return Crowd(at_once, moment=NEVER, busy_moment=NEVER)


async def settle() -> None:
    """Lets tasks run as far as they get."""
    for _ in range(3):
        await asyncio.sleep(0)


@in_a_loop
async def test_those_who_wait_begin_in_their_order_as_others_end() -> None:
    few = crowd(2)
    first, _ = await few.enter(), await few.enter()
    third, fourth = asyncio.create_task(few.enter()), asyncio.create_task(few.enter())
    await settle()
    assert not third.done()
    few.leave(first)
    await settle()
    assert third.done()
    assert not fourth.done()
    few.leave(await third)
    await fourth


@in_a_loop
async def test_one_that_takes_its_time_makes_room() -> None:
    busy = [False]
    few = Crowd(1, moment=0.01, busy_moment=NEVER, busy=lambda: busy[0])
    slow = await few.enter()
    quick = await few.enter()
    busy[0] = True  # from now on nobody makes room by time
    few.leave(slow)  # it counts no more: nobody begins in its place
    third = asyncio.create_task(few.enter())
    await settle()
    assert not third.done()
    few.leave(quick)
    await third


@in_a_loop
async def test_while_the_processors_are_busy_it_may_take_longer() -> None:
    busy = [True]
    few = Crowd(1, moment=0.01, busy_moment=NEVER, busy=lambda: busy[0])
    await few.enter()
    waits = asyncio.create_task(few.enter())
    await asyncio.sleep(0.03)
    assert not waits.done()
    busy[0] = False
    await waits


@in_a_loop
async def test_who_is_given_up_takes_no_place() -> None:
    few = crowd()
    first = await few.enter()
    waits, admitted, last = (asyncio.create_task(few.enter()) for _ in range(3))
    await settle()
    waits.cancel()
    few.leave(first)  # `admitted` may begin, and is given up before it knows
    admitted.cancel()
    await settle()
    assert waits.cancelled()
    assert admitted.cancelled()
    await last
