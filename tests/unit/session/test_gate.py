"""The gate before the front door."""

from __future__ import annotations

import asyncio
from typing import Any

from sandbox.session.gate import Gate


class Request:
    """One request, and the status of its answer."""

    def __init__(self) -> None:
        self.status: int | None = None

    async def receive(self) -> Any:
        """Nothing more comes."""
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Any) -> None:
        """Notes the status."""
        if message["type"] == "http.response.start":
            self.status = message["status"]


class App:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.go = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})


def begin(gate: Gate, request: Request) -> asyncio.Task[None]:
    return asyncio.create_task(gate({"type": "http"}, request.receive, request.send))


def test_requests_are_counted_until_they_are_answered() -> None:
    async def scenario() -> None:
        app = App()
        gate = Gate(app)
        request = Request()
        task = begin(gate, request)
        await asyncio.sleep(0)
        assert gate.serving == 1
        change = asyncio.create_task(gate.change())
        app.go.set()
        await asyncio.gather(task, change)
        assert (gate.serving, request.status) == (0, 200)

    asyncio.run(scenario())


def test_a_closed_gate_keeps_requests_waiting() -> None:
    async def scenario() -> None:
        app = App()
        app.go.set()
        gate = Gate(app)
        request = Request()
        async with gate.closed():
            task = begin(gate, request)
            await asyncio.sleep(0)
            assert (gate.serving, request.status) == (0, None)
        await task
        assert request.status == 200

    asyncio.run(scenario())


def test_who_waited_for_a_world_that_is_gone_is_turned_away() -> None:
    async def scenario() -> None:
        app = App()
        app.go.set()
        gate = Gate(app)
        request, later = Request(), Request()
        async with gate.closed():
            task = begin(gate, request)
            await asyncio.sleep(0)
            gate.new_epoch()
        await task
        await begin(gate, later)
        assert (request.status, later.status) == (503, 200)

    asyncio.run(scenario())


def test_what_is_still_served_can_be_cut_off() -> None:
    async def scenario() -> None:
        gate = Gate(App())
        task = begin(gate, Request())
        await asyncio.sleep(0)
        await gate.end_all()
        assert task.cancelled()
        assert gate.serving == 0

    asyncio.run(scenario())
