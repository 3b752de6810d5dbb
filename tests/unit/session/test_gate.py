"""The gate before the front door."""

from __future__ import annotations

import asyncio

from sandbox.gateway.arrival import Arrival
from sandbox.model.http import HttpResponse
from sandbox.session.gate import Gate
from sandbox.wire.incoming import Incoming


class App:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.go = asyncio.Event()

    async def __call__(self, arrival: Arrival) -> HttpResponse:
        await self.go.wait()
        return HttpResponse(200)


def begin(gate: Gate) -> asyncio.Task[HttpResponse]:
    async def ask() -> HttpResponse:
        return await gate(Arrival(Incoming("GET", "/", "", {}, b""), []))

    return asyncio.create_task(ask())


def test_requests_are_counted_until_they_are_answered() -> None:
    async def scenario() -> None:
        app = App()
        gate = Gate(app)
        task = begin(gate)
        await asyncio.sleep(0)
        assert gate.serving == 1
        change = asyncio.create_task(gate.change())
        app.go.set()
        response, _ = await asyncio.gather(task, change)
        assert (gate.serving, response.status) == (0, 200)

    asyncio.run(scenario())


def test_a_closed_gate_keeps_requests_waiting() -> None:
    async def scenario() -> None:
        app = App()
        app.go.set()
        gate = Gate(app)
        async with gate.closed():
            task = begin(gate)
            await asyncio.sleep(0)
            assert (gate.serving, task.done()) == (0, False)
        assert (await task).status == 200

    asyncio.run(scenario())


def test_who_waited_for_a_world_that_is_gone_is_turned_away() -> None:
    async def scenario() -> None:
        app = App()
        app.go.set()
        gate = Gate(app)
        async with gate.closed():
            task = begin(gate)
            await asyncio.sleep(0)
            gate.new_epoch()
        assert ((await task).status, (await begin(gate)).status) == (503, 200)

    asyncio.run(scenario())


def test_what_is_still_served_can_be_cut_off() -> None:
    async def scenario() -> None:
        gate = Gate(App())
        task = begin(gate)
        await asyncio.sleep(0)
        await gate.end_all()
        assert task.cancelled()
        assert gate.serving == 0

    asyncio.run(scenario())
