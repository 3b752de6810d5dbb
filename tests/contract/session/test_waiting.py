"""What replaces the whole state waits for deployments, says so, and begins only while somebody waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandbox.control.protocol import Note, Progress, Result
from sandbox.deploy.errors import BusyError
from sandbox.deploy.system import find_system
from sandbox.deploy.turns import Turns
from sandbox.model.scope import Scope
from sandbox.session.methods.snapshots import Snapshots
from sandbox.session.options import Options
from sandbox.session.session import Session

pytestmark = [pytest.mark.e2e, pytest.mark.postgres]

#: Its topic has no subscriber, so nobody ever answers.
SILENT = """
Resources:
  Topico: {Type: AWS::SNS::Topic, Properties: {TopicName: fabrica}}
  Coisa: {Type: Custom::Coisa, Properties: {ServiceToken: !Ref Topico}}
"""
PLAIN = "Resources: {Fila: {Type: AWS::SQS::Queue, Properties: {QueueName: fila}}}"
Scenario = Callable[[Session], Awaitable[None]]


def run(folder: Path, scenario: Scenario) -> None:
    """Runs a scenario on a session without stacks, whose clock stands still and whose patience is small."""
    (folder / "muda.yaml").write_text(SILENT)
    (folder / "simples.yaml").write_text(PLAIN)

    async def whole() -> None:
        session = Session(Options(state=str(folder / "s"), cwd=str(folder), port=0), lambda _: None)
        await session.start([])
        session.clock.pause()
        session.deployment.turns = Turns(patience=0.05, again=0.05)
        try:
            async with asyncio.timeout(50):
                await scenario(session)
        finally:
            await session.stop()

    asyncio.run(whole())


async def deploy(session: Session, name: str) -> None:
    system = find_system(f"{name}.yaml", Path(session.options.cwd))
    assert system is not None
    await session.deployment.up([system], seed=False, report=lambda _: None)


@asynccontextmanager
async def silent(session: Session) -> AsyncIterator[asyncio.Task[None]]:
    """A deployment that waits for an answer."""
    task = asyncio.create_task(deploy(session, "muda"))
    while not any("Coisa" in timer.label for timer in session.clock.pending()):
        await session.database.committed()
        await asyncio.sleep(0)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_a_stack_that_waits_holds_up_no_other(tmp_path: Path) -> None:
    async def scenario(session: Session) -> None:
        async with silent(session):
            await deploy(session, "simples")
            assert "simples" in [stack.name for stack in session.deployment.deployer.stacks()]

    run(tmp_path, scenario)


def test_a_snapshot_says_what_it_waits_for_and_goes_on_with_the_answer(tmp_path: Path) -> None:
    async def scenario(session: Session) -> None:
        async with silent(session) as deployment:
            saving = Snapshots(session).snapshot_save("a")
            note = await anext(saving)
            assert isinstance(note, Note)
            assert "the deployment of the stack muda, which began" in note.text
            assert "Coisa (Custom::Coisa)" in note.text
            deployment.cancel()
            assert isinstance([part async for part in saving][-1], Result)

    run(tmp_path, scenario)


def test_a_reset_that_nobody_waits_for_any_more_is_not_begun(tmp_path: Path) -> None:
    async def scenario(session: Session) -> None:
        await deploy(session, "simples")
        async with silent(session):
            resetting = Snapshots(session).reset()
            said = [await anext(resetting), await anext(resetting)]
            assert [one.state for one in said] == ["begin", "note"]
            await resetting.aclose()  # type: ignore[attr-defined]
        async with session.deployment.turns.alone("the test"):
            assert "simples" in [stack.name for stack in session.deployment.deployer.stacks()]

    run(tmp_path, scenario)


def test_waiting_ends_by_itself(tmp_path: Path) -> None:
    async def scenario(session: Session) -> None:
        session.deployment.turns.longest = 0.2
        async with silent(session):
            with pytest.raises(BusyError, match="Coisa"):
                await _all(Snapshots(session).reset())

    run(tmp_path, scenario)


def test_a_reset_is_of_what_there_is_when_it_begins(tmp_path: Path) -> None:
    async def scenario(session: Session) -> None:
        turns = session.deployment.turns
        async with turns.of("the deployment", Scope(), "simples"):
            resetting = asyncio.ensure_future(_all(Snapshots(session).reset()))
            await asyncio.sleep(0)
            system = find_system("simples.yaml", tmp_path)
            assert system is not None
            await session.deployment.deployer.deploy(system)
        await resetting
        assert [stack.name for stack in session.deployment.deployer.stacks()] == ["simples"]

    run(tmp_path, scenario)


async def _all(parts: AsyncIterator[Progress]) -> list[Progress]:
    return [part async for part in parts]
