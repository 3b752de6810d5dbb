"""Who deploys when, and what those who wait are told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sandbox.deploy.errors import BusyError
from sandbox.deploy.progress import DeployEvent
from sandbox.deploy.turns import Operation, Turns
from sandbox.model.scope import Scope

HERE, THERE = Scope(), Scope("111111111111")


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with asyncio.timeout(20):
            await scenario()

    asyncio.run(whole())


async def settle() -> None:
    """Lets everything that can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


class Log:
    """What began and ended, in order."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.lines: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}

    def stack(self, label: str, name: str, scope: Scope = HERE) -> asyncio.Task[None]:
        async def work() -> None:
            async with self.turns.of("the deployment", scope, name):
                await self._inside(label)

        return self._begun(label, work)

    def alone(self, label: str) -> asyncio.Task[None]:
        async def work() -> None:
            async with self.turns.alone(label):
                await self._inside(label)

        return self._begun(label, work)

    def _begun(self, label: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        self.gates[label] = asyncio.Event()
        return asyncio.ensure_future(work())

    async def _inside(self, label: str) -> None:
        self.lines.append(f"{label} begins")
        await self.gates[label].wait()
        self.lines.append(f"{label} ends")

    async def end(self, label: str) -> None:
        self.gates[label].set()
        await settle()


def test_operations_on_one_stack_come_one_after_the_other_and_those_on_others_beside_them() -> None:
    async def scenario() -> None:
        log = Log(Turns())
        tasks = [log.stack("a", "filas"), log.stack("b", "filas"), log.stack("c", "outra")]
        tasks.append(log.stack("d", "filas", THERE))
        await settle()
        assert log.lines == ["a begins", "c begins", "d begins"]
        await log.end("a")
        assert log.lines[3:] == ["a ends", "b begins"]
        for label in "bcd":
            await log.end(label)
        await asyncio.gather(*tasks)

    run(scenario)


def test_who_must_be_alone_waits_for_all_before_and_holds_up_all_after() -> None:
    async def scenario() -> None:
        log = Log(Turns())
        tasks = [log.stack("a", "x"), log.stack("b", "y"), log.alone("reset"), log.stack("c", "z")]
        await settle()
        assert log.lines == ["a begins", "b begins"]
        await log.end("b")
        assert log.lines == ["a begins", "b begins", "b ends"]
        await log.end("a")
        assert log.lines[3:] == ["a ends", "reset begins"]
        await log.end("reset")
        assert log.lines[5:] == ["reset ends", "c begins"]
        await log.end("c")
        await asyncio.gather(*tasks)

    run(scenario)


def test_who_gives_up_waiting_is_in_nobodys_way() -> None:
    async def scenario() -> None:
        log = Log(Turns())
        first, given_up, last = log.stack("a", "x"), log.alone("reset"), log.stack("b", "y")
        await settle()
        given_up.cancel()
        await settle()
        assert log.lines == ["a begins", "b begins"]
        await log.end("a")
        await log.end("b")
        await asyncio.gather(first, last)

    run(scenario)


def test_what_fails_ends_its_turn() -> None:
    async def scenario() -> None:
        turns = Turns()
        with pytest.raises(ValueError, match="x"):
            async with turns.alone("reset"):
                raise ValueError("x")
        async with turns.of("the deployment", HERE, "filas"):
            pass

    run(scenario)


def event(subject: str, phase: str, kind: str = "Custom::Coisa", detail: str = "") -> DeployEvent:
    return DeployEvent("filas", subject, kind, "create", phase, detail=detail)


async def works(turns: Turns, name: str, begun: Callable[[Operation], None]) -> None:
    """Works on a stack until it is cancelled."""
    async with turns.of("the deployment", HERE, name) as operation:
        begun(operation)
        await asyncio.Event().wait()


def test_who_waits_is_told_for_what_and_anew_when_that_changes() -> None:
    async def scenario() -> None:
        turns, told, operations = Turns(patience=0.01, again=0.01), asyncio.Queue[str](), list[Operation]()
        worker = asyncio.create_task(works(turns, "filas", operations.append))
        await settle()
        (operation,) = operations
        operation.hear(event("Fila", "start", "AWS::SQS::Queue"))
        operation.hear(event("Coisa", "start"))
        operation.hear(event("Fila", "done", "AWS::SQS::Queue", "fila"))

        async def wait() -> None:
            async with turns.alone("reset", told=told.put_nowait):
                pass

        waiting = asyncio.create_task(wait())
        text = await told.get()
        assert text.startswith("waits for the deployment of the stack filas, which began 0 s ago")
        assert text.endswith("it is at Coisa (Custom::Coisa)")
        operation.hear(DeployEvent("filas", "", "notice", "", "done", detail="Coisa waits for fabrica"))
        assert (await told.get()).endswith("it is at Coisa (Custom::Coisa): Coisa waits for fabrica")
        assert told.empty()
        worker.cancel()
        await waiting

    run(scenario)


def test_who_waits_behind_somebody_who_waits_is_told_of_both() -> None:
    async def scenario() -> None:
        turns, told = Turns(patience=0.01), asyncio.Queue[str]()
        worker = asyncio.create_task(works(turns, "filas", lambda _: None))
        await settle()

        async def wait(name: str) -> None:
            async with turns.alone(name, told=told.put_nowait if name == "second" else lambda _: None):
                pass

        waiting = [asyncio.create_task(wait("first")), asyncio.create_task(wait("second"))]
        text = await told.get()
        assert text.startswith("waits for first, which waits for the deployment of the stack filas, which")
        worker.cancel()
        await asyncio.gather(*waiting)

    run(scenario)


def test_waiting_has_an_end_that_says_what_to_do() -> None:
    async def scenario() -> None:
        turns = Turns(patience=0.01)
        worker = asyncio.create_task(works(turns, "filas", lambda o: o.hear(event("Coisa", "start"))))
        await settle()
        with pytest.raises(BusyError) as raised:
            async with turns.alone("`sandbox reset`", seconds=0.05):
                raise AssertionError("it never has its turn")
        error = raised.value
        assert error.what == "`sandbox reset` was given up"
        assert "the deployment of the stack filas" in error.why
        assert "Coisa (Custom::Coisa)" in error.why
        assert "nothing was changed" in error.remedy
        worker.cancel()
        async with turns.alone("`sandbox reset`", seconds=0.05):
            pass

    run(scenario)
