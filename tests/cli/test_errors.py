"""Mistakes are told on standard error, with what to do, and with the exit code of their kind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.harness import Cli, golden

ASKING = [
    ("down",),
    ("status",),
    ("deploy", "nfe"),
    ("env",),
    ("invoke", "outbox"),
    ("logs",),
    ("clock", "show"),
    ("clock", "advance", "61s"),
    ("clock", "pause"),
    ("clock", "resume"),
    ("clock", "speed", "10x"),
    ("flow", "ls"),
    ("flow", "show", "1"),
    ("flow", "tail"),
]


@pytest.mark.parametrize("words", ASKING, ids="-".join)
@pytest.mark.parametrize("json", [False, True])
def test_nothing_runs(cli: Cli, words: tuple[str, ...], json: bool) -> None:
    said = cli.here(*words, *(["--json"] if json else []))
    assert (said.code, said.out) == (3, "")
    assert said.err == (
        f"error: no sandbox is running in {cli.state}\n"
        "  why: nothing answers on its control socket\n"
        "  do:  start one with `sandbox up`, or name its state folder with --state DIR\n"
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("unknown-command", ("stauts",)),
        ("unknown-command-far", ("xyzzy",)),
        ("unknown-option", ("status", "--jsno")),
        ("unknown-subcommand", ("clock", "advence")),
        ("missing-argument", ("invoke",)),
        ("bad-duration", ("clock", "advance", "soon")),
        ("bad-speed", ("clock", "speed", "fast")),
        ("bad-number", ("flow", "ls", "-n", "0")),
        ("bad-payload", ("invoke", "outbox", "{name: 1}")),
        ("missing-payload-file", ("invoke", "outbox", "@missing.json")),
        ("bad-port", ("up", "--port", "http")),
    ],
)
def test_wrong_words(cli: Cli, name: str, words: tuple[str, ...]) -> None:
    said = cli(*words)
    assert (said.code, said.out) == (2, "")
    golden(f"error-{name}.txt", said.err)


def test_a_payload_that_is_no_text(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "payload.json"
    file.write_bytes(b"\xff\xfe")
    said = cli("invoke", "outbox", f"@{file}")
    assert (said.code, said.out) == (2, "")
    assert "cannot be read" in said.err


@pytest.mark.parametrize(
    ("systems", "code", "told"),
    [
        (["pedidos"], 3, "no sandbox is running"),
        (["nfe", "pedidos"], 3, "no sandbox is running"),
        (["nfe"], 2, "this folder says nothing about load"),
        (["pedidos", "./another"], 2, "several systems have [load]: pedidos, another"),
    ],
)
def test_a_load_without_a_name_is_of_the_systems_of_the_folder(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, systems: list[str], code: int, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sandbox.toml").write_text(f"systems = {systems}\n")
    (tmp_path / "another").mkdir()
    (tmp_path / "another" / "template.yaml").write_text("Resources: {}\n")
    (tmp_path / "another" / "sandbox.toml").write_text('[load]\npath = "/"\n')
    said = cli.here("load")
    assert (said.code, said.out) == (code, "")
    assert told in said.err


def test_no_stack_trace_without_debug(cli: Cli) -> None:
    assert "Traceback" not in cli.here("status").err
    assert "Traceback" in cli("--debug", "status", "--state", str(cli.state)).err


def test_debug_may_be_asked_for_by_the_environment(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_DEBUG", "1")
    assert "Traceback" in cli.here("status").err


def test_the_state_folder_may_be_named_by_the_environment(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_STATE", str(cli.state / "other"))
    assert f"no sandbox is running in {cli.state / 'other'}" in cli("status").err


def test_a_state_folder_of_somebody_else_is_left_alone(cli: Cli) -> None:
    (cli.state / "important.txt").write_text("x")
    said = cli.here("up", "--detach", "--port", "0")
    assert (said.code, said.out) == (1, "")
    assert "is not a sandbox's state folder" in said.err
    assert (cli.state / "important.txt").exists()


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    code = (
        "import sys\n"
        "from sandbox.cli import app, output\n"
        "@app.cli.command('flood')\n"
        "def flood():\n"
        "    for number in range(100_000):\n"
        "        output.emit('x' * 100)\n"
        "app._COMMANDS['flood'] = ('flood', '')\n"
        "app._LazyGroup.get_command = lambda self, context, name: self.commands[name]\n"
        "sys.exit(app.run(['flood']))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    ) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        command.stdout.readline()
        command.stdout.close()
        assert command.wait(60) == 0
        assert command.stderr.read() == b""
