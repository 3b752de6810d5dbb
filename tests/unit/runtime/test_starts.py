"""Who starts an environment, and who waits for one that is at work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, cast

from sandbox.runtime.environment import Environment
from sandbox.runtime.pool import Pool
from sandbox.runtime.starts import Start, Starts

NEVER = 3600.0


def in_a_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(test())

    return run


@dataclass(eq=False)
class AtWork:
    """As much of an environment as a pool looks at."""

    busy: bool = True
    ready: bool = True
    retired: bool = False
    provisioned: bool = False


def pool_of(*working: AtWork) -> Pool:
    return Pool(all={cast("Environment", one) for one in working})


def rest(pool: Pool, environment: AtWork) -> None:
    pool.rest(cast("Environment", environment), NEVER, lambda _: None)


async def soon(*awaited: asyncio.Task[Environment | Start]) -> None:
    """Lets tasks run as far as they get."""
    for _ in range(3):
        await asyncio.sleep(0)


def turn(starts: Starts, pool: Pool) -> asyncio.Task[Environment | Start]:
    def keep(environment: Environment) -> None:
        pool.rest(environment, NEVER, lambda _: None)

    return asyncio.create_task(starts.turn(pool, keep))


@in_a_loop
async def test_the_first_request_starts_an_environment_at_once() -> None:
    given = await Starts(1, moment=NEVER, patience=NEVER).turn(Pool(), lambda _: None)
    assert isinstance(given, Start)


@in_a_loop
async def test_a_request_takes_the_environment_that_is_free_first() -> None:
    worker = AtWork()
    pool = pool_of(worker)
    first, second = (turn(Starts(1, moment=NEVER, patience=NEVER), pool) for _ in range(2))
    await soon()
    rest(pool, worker)
    await soon()
    assert cast("object", first.result()) is worker
    assert not second.done()
    assert not pool.idle
    second.cancel()


@in_a_loop
async def test_a_request_that_waited_a_moment_starts_its_own() -> None:
    pool = pool_of(AtWork())
    assert isinstance(await turn(Starts(1, moment=0.0, patience=NEVER), pool), Start)
    assert not pool.waiting


@in_a_loop
async def test_a_full_machine_starts_one_beside_those_at_work_and_then_spares_them() -> None:
    full = [True]
    starts = Starts(2, moment=0.0, patience=NEVER, sparing=NEVER, full=lambda: full[0])
    pool = pool_of(AtWork())
    assert isinstance(await turn(starts, pool), Start)
    second = turn(starts, pool)
    await soon()
    assert not second.done()
    full[0] = False
    assert isinstance(await second, Start)


@in_a_loop
async def test_few_start_at_a_time_and_the_next_takes_over() -> None:
    starts, pool = Starts(1, moment=NEVER, patience=NEVER), Pool()
    first = await starts.turn(pool, lambda _: None)
    second = turn(starts, pool)
    await soon()
    assert not second.done()
    assert isinstance(first, Start)
    first.over()
    first.over()
    assert isinstance(await second, Start)
    third = turn(starts, pool)
    await soon()
    assert not third.done()
    third.cancel()


@in_a_loop
async def test_a_start_that_takes_its_time_makes_room() -> None:
    starts = Starts(1, moment=NEVER, patience=0.0)
    assert all([isinstance(await starts.turn(Pool(), lambda _: None), Start) for _ in range(3)])


@in_a_loop
async def test_what_was_given_to_a_request_that_is_gone_is_not_lost() -> None:
    worker = AtWork()
    pool, starts = pool_of(worker), Starts(1, moment=NEVER, patience=NEVER)
    gone = turn(starts, pool)
    await soon()
    rest(pool, worker)
    gone.cancel()
    await soon()
    assert [*map(id, pool.idle)] == [id(worker)]
    started = turn(starts, Pool())
    await soon()
    assert isinstance(started.result(), Start)


@in_a_loop
async def test_requests_wait_their_own_moment_behind_those_that_were_served() -> None:
    loop, worker = asyncio.get_running_loop(), AtWork()
    pool, starts = pool_of(worker, AtWork()), Starts(1, moment=0.1, patience=NEVER)
    served = turn(starts, pool)
    await soon()
    rest(pool, worker)
    await asyncio.sleep(0.06)
    began = loop.time()
    assert isinstance(await turn(starts, pool), Start)
    assert loop.time() - began >= 0.095
    assert cast("object", served.result()) is worker


@in_a_loop
async def test_who_cannot_ask_is_told_and_the_others_wait_on() -> None:
    looks = iter([True, False])

    def full() -> bool:
        if next(looks):
            raise OSError("/proc/stat cannot be read")
        return False

    starts = Starts(2, moment=0.01, patience=NEVER, sparing=NEVER, full=full)
    await starts.turn(Pool(), lambda _: None)  # so that the next ones are spared
    pool = pool_of(AtWork())
    first, second = turn(starts, pool), turn(starts, pool)
    await asyncio.wait({first, second}, timeout=5)
    assert isinstance(first.exception(), OSError)
    assert isinstance(second.result(), Start)
