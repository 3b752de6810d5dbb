"""`sandbox snapshot` and `reset`: what destroys something asks first."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.control.protocol import Note, Progress, Result
from sandbox.control.server import Method
from tests.cli.harness import Cli, golden

SAVED = {"name": "antes", "path": "/s/antes.snapshot", "bytes": 2048, "saved_at": 1_700_000_000.0}
OLD = {**SAVED, "name": "velha", "saved_at": 0.0, "stacks": [], "problem": "its format is 1, this reads 2"}
LOADED = {"name": "antes", "saved_at": 1_700_000_000.0, "virtual": 0.0, "stacks": ["nfe"]}


class Daemon:
    """Canned answers, and what was done."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def methods(self) -> Mapping[str, Method]:
        async def save(name: str, to: str | None, cwd: str) -> AsyncIterator[Note | Result]:
            self.done.append("save")
            yield Note("waits for the deployment of the stack nfe")
            yield Result({**SAVED, "name": name})

        async def load(reference: str, cwd: str) -> Any:
            self.done.append("load")
            return LOADED

        async def remove(names: list[str]) -> None:
            self.done.append("rm")

        async def reset(seed: bool) -> AsyncIterator[Progress]:
            self.done.append("reset")
            yield Progress("deploy nfe", "done", 0.5, "48 created")

        async def ls() -> Any:
            return [{**SAVED, "stacks": ["nfe"], "problem": ""}, OLD]

        async def status() -> Any:
            return {"stacks": [{"name": "nfe"}]}

        return {
            "snapshot_save": save,
            "snapshot_load": load,
            "snapshot_rm": remove,
            "snapshot_ls": ls,
            "reset": reset,
            "status": status,
        }


@pytest.fixture
def daemon() -> Daemon:
    return Daemon()


@pytest.fixture
def methods(daemon: Daemon) -> Mapping[str, Method]:
    return daemon.methods()


ASKING = [
    ("reset",),
    ("reset", "--to", "antes"),
    ("snapshot", "load", "antes"),
    ("snapshot", "rm", "antes"),
    ("snapshot", "save", "antes"),
]


@pytest.mark.parametrize("words", ASKING, ids="-".join)
def test_nothing_is_destroyed_without_a_yes(running: Cli, daemon: Daemon, words: tuple[str, ...]) -> None:
    said = running.here(*words)
    assert (said.code, said.out, daemon.done) == (2, "", [])
    assert "say --yes" in said.err
    assert running.here(*words, "--yes").code == 0
    assert len(daemon.done) == 1


@pytest.mark.parametrize(("typed", "done"), [(b"y\n", ["reset"]), (b"n\n", []), (b"\n", [])])
def test_at_a_terminal_it_asks(running: Cli, daemon: Daemon, typed: bytes, done: list[str]) -> None:
    ours, theirs = os.openpty()
    try:
        os.write(ours, typed)
        words = [sys.executable, "-m", "sandbox", "reset", "--state", str(running.state)]
        said = subprocess.run(words, stdin=theirs, capture_output=True, text=True, timeout=60, check=False)
    finally:
        os.close(ours)
        os.close(theirs)
    assert daemon.done == done
    assert said.returncode == (0 if done else 1), said.stderr
    assert "Throw away everything that happened" in said.stderr
    assert ("nothing was done" in said.stderr) == (not done)
    assert "Throw away" not in said.stdout


def test_a_new_snapshot_is_saved_without_a_question(running: Cli, daemon: Daemon, tmp_path: Path) -> None:
    assert running.here("snapshot", "save", "depois").code == 0
    assert running.here("snapshot", "save", "antes", "--to", str(tmp_path / "new")).code == 0
    (tmp_path / "old").touch()
    assert running.here("snapshot", "save", "antes", "--to", str(tmp_path / "old")).code == 2
    assert daemon.done == ["save", "save"]


def test_a_snapshot_that_cannot_be_loaded_is_listed_with_the_reason(running: Cli) -> None:
    golden("out-snapshot-ls.txt", running.here("snapshot", "ls").out)


def test_what_a_command_waits_for_is_said_beside_its_answer(running: Cli) -> None:
    said = running.here("snapshot", "save", "nova")
    assert (said.code, said.err) == (0, "! waits for the deployment of the stack nfe\n")
    assert said.out.startswith("saved nova")
    assert running.here("snapshot", "save", "nova", "--json").json["name"] == "nova"
