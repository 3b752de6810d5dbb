"""Snapshots of a running sandbox: state, databases, journal and time together."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import zipfile
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from sandbox.deploy.system import find_system
from sandbox.errors import StoreError
from sandbox.flow import queries
from sandbox.model.awserror import AwsError
from sandbox.model.scope import Scope
from sandbox.session.options import Options
from sandbox.session.session import Session
from sandbox.session.snapshots.container import SnapshotError
from sandbox.session.snapshots.shelf import Snapshots

pytestmark = [pytest.mark.e2e, pytest.mark.postgres]

TEMPLATE = """
Resources:
  Fila: {Type: AWS::SQS::Queue, Properties: {QueueName: fila}}
  Banco:
    Type: AWS::RDS::DBInstance
    Properties:
      DBInstanceIdentifier: banco
      DBInstanceClass: db.t4g.micro
      Engine: postgres
      AllocatedStorage: "20"
      DBName: loja
      MasterUsername: loja
      MasterUserPassword: loja-local
"""
Scenario = Callable[[Session], Awaitable[None]]


def run(folder: Path, scenario: Scenario, *, deploy: bool = True) -> None:
    """Runs a scenario on a session whose clock stands still."""

    folder.mkdir(exist_ok=True)
    (folder / "loja.yaml").write_text(TEMPLATE)

    async def whole() -> None:
        options = Options(state=str(folder / "s"), cwd=str(folder), port=0)
        session = Session(options, lambda _: None)
        system = find_system("loja.yaml", folder)
        assert system is not None
        await session.start([system] if deploy else [])
        try:
            session.clock.pause()
            if deploy:
                dsn = "CREATE TABLE pedidos (n int); INSERT INTO pedidos VALUES (1)"
                await server(session).execute("loja", dsn, role="loja")
                await send(session, "primeiro")
            await scenario(session)
        finally:
            await session.stop()

    asyncio.run(whole())


def server(session: Session):  # type: ignore[no-untyped-def]
    """Administration of its PostgreSQL."""
    return session.engine.postgres.admin  # type: ignore[attr-defined]


async def send(session: Session, body: str) -> str:
    """Sends a message to the queue."""
    url = (await session.client.call("sqs", "GetQueueUrl", {"QueueName": "fila"}))["QueueUrl"]
    sent = await session.client.call("sqs", "SendMessage", {"QueueUrl": url, "MessageBody": body})
    await session.database.committed()
    return str(sent["MessageId"])


async def content(session: Session) -> tuple[list[str], list[str | None]]:
    """Bodies of the queue's messages, and the rows of the table."""
    url = (await session.client.call("sqs", "GetQueueUrl", {"QueueName": "fila"}))["QueueUrl"]
    answer = await session.client.call(
        "sqs",
        "ReceiveMessage",
        {"QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 0, "WaitTimeSeconds": 0},
    )
    rows = await server(session).execute("loja", "SELECT n FROM pedidos ORDER BY n")
    return sorted(message["Body"] for message in answer.get("Messages", [])), [row[0] for row in rows]


async def change(session: Session) -> str:
    """Goes on: a message, a row, an hour; returns the message's id."""
    message = await send(session, "segundo")
    await server(session).execute("loja", "INSERT INTO pedidos VALUES (2)", role="loja")
    await session.clock.advance(3600)
    return message


BEFORE = (["primeiro"], ["1"])
AFTER = (["primeiro", "segundo"], ["1", "2"])


def test_the_newest_hops_go_along(tmp_path: Path) -> None:
    async def scenario(session: Session) -> None:
        view = await Snapshots(session).save("a")
        await asyncio.to_thread(look, Path(view.path))

    def look(file: Path) -> None:
        with zipfile.ZipFile(file) as archive:
            manifest = msgspec.json.decode(archive.read("manifest.json"))
            archive.extract("journal.db", tmp_path)
        with closing(sqlite3.connect(tmp_path / "journal.db")) as journal:
            newest, count = journal.execute("SELECT max(id), count(*) FROM hops").fetchone()
            (sent,) = journal.execute("SELECT count(*) FROM hops WHERE kind = 'message-sent'").fetchone()
        assert (newest, count, sent) == (manifest["hop"], manifest["hops"], 1)

    run(tmp_path / "x", scenario)


def test_lines_written_just_before_are_in_it(tmp_path: Path) -> None:
    async def scenario(session: Session) -> None:
        line = [(session.clock.now(), "just now")]
        session.engine.logs.write(Scope(), "/aws/lambda/f", "s", line)  # type: ignore[attr-defined]
        with closing(session.world.moment().state) as state:
            assert state.execute("SELECT message FROM logs_events").fetchall() == [("just now",)]

    run(tmp_path / "x", scenario, deploy=False)


def test_everything_is_as_it_was(tmp_path: Path) -> None:
    async def scenario(session: Session) -> None:
        snapshots = Snapshots(session)
        began = session.clock.now()
        view = await snapshots.save("a")
        assert (view.name, view.stacks, view.problem) == ("a", ["loja"], "")
        message = await change(session)
        assert await content(session) == AFTER
        assert queries.find_flow(session.journal, message) is not None
        await snapshots.save("b")
        await snapshots.load("a", tmp_path)
        assert await content(session) == BEFORE
        assert session.clock.now() == began
        assert queries.find_flow(session.journal, message) is None
        await snapshots.load("b", tmp_path)
        assert await content(session) == AFTER
        assert session.clock.now() == began + 3600
        assert queries.find_flow(session.journal, message) is not None
        assert [one.name for one in snapshots.all()] == ["b", "a"]
        with pytest.raises(SnapshotError, match="there is no snapshot bb") as refused:
            snapshots.remove(["b", "bb"])
        assert "did you mean b?" in refused.value.remedy
        snapshots.remove(["b"])
        with pytest.raises(SnapshotError, match="there is no snapshot b"):
            await snapshots.load("b", tmp_path)

    run(tmp_path / "one", scenario)


def test_a_file_is_loaded_elsewhere(tmp_path: Path) -> None:
    sent: list[str] = []

    async def save(session: Session) -> None:
        sent.append(await send(session, "terceiro"))
        await Snapshots(session).save("c", tmp_path / "c.snapshot")

    async def load(session: Session) -> None:
        await Snapshots(session).load("c.snapshot", tmp_path)
        assert await content(session) == (["primeiro", "terceiro"], ["1"])
        assert queries.find_flow(session.journal, sent[0]) is not None
        assert [view.name for view in session.deployment.views()] == ["loja"]
        assert session.postgres is not None
        assert session.postgres.database == "loja"

    run(tmp_path / "one", save)
    run(tmp_path / "two", load, deploy=False)


def test_a_reset_begins_anew(tmp_path: Path) -> None:
    async def scenario(session: Session) -> None:
        await change(session)
        systems = session.deployment.recorded()
        await Snapshots(session).reset()
        assert session.deployment.views() == []
        with pytest.raises(AwsError, match="does not exist"):
            await session.client.call("sqs", "GetQueueUrl", {"QueueName": "fila"})
        await session.deployment.up(systems, seed=True, report=lambda _: None)
        rows = await server(session).execute(
            "loja", "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        )
        assert rows == [("0",)]

    run(tmp_path / "one", scenario)


def test_what_cannot_be_loaded_changes_nothing(tmp_path: Path) -> None:
    async def scenario(session: Session) -> None:
        snapshots = Snapshots(session)
        file = Path((await snapshots.save("a")).path)
        await change(session)
        for name in ("state.db", "database-1.dump", "journal.db"):
            broken = tmp_path / f"broken-{name}.snapshot"
            _rewrite(file, broken, name, b"PGDMP and rubbish")
            with pytest.raises(StoreError):
                await snapshots.load(str(broken), tmp_path)
            assert await content(session) == AFTER
        await send(session, "it works on")

    run(tmp_path / "one", scenario)


def _rewrite(file: Path, target: Path, name: str, data: bytes) -> None:
    """A snapshot whose part is replaced, with a manifest that knows of it."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w") as new:
        manifest = msgspec.json.decode(old.read("manifest.json"))
        manifest["digests"][name] = hashlib.sha256(data).hexdigest()
        for member in old.namelist():
            content = data if member == name else old.read(member)
            new.writestr(member, msgspec.json.encode(manifest) if member == "manifest.json" else content)
