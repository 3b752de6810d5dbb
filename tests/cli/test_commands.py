"""What commands print, for people and as JSON, from a daemon with canned answers."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.control.protocol import (
    ClockView,
    Dropped,
    PostgresView,
    ProcessView,
    Progress,
    StackView,
    StatusView,
)
from sandbox.control.server import Method
from sandbox.errors import SandboxError
from tests.cli.harness import Cli, golden
from tests.support.control import serving

CLOCK = ClockView(
    now=1_700_000_061.5,
    iso="2023-11-14T22:14:21.500Z",
    speed=1.0,
    offset_seconds=61.5,
    next=[{"label": "rule outbox", "kind": "schedule", "in_seconds": 58.5}],
)
STATUS = StatusView(
    endpoint="http://127.0.0.1:4566",
    engine="embedded",
    state="/home/maria/projeto/.sandbox",
    pid=4711,
    ready_seconds=2.25,
    uptime_seconds=90.0,
    clock=CLOCK,
    postgres=PostgresView("postgresql://nfe@127.0.0.1:5433/nfe", "127.0.0.1", 5433, "nfe", "nfe", "se nha"),
    stacks=[StackView("nfe", {"ApiUrl": "http://127.0.0.1:4566/_aws/execute-api/abc/dev"}, {"produtos": 3})],
    processes=[ProcessView("sandbox", 4711), ProcessView("postgres", 4712)],
    functions=[
        {
            "function": "arn:aws:lambda:us-east-1:000000000000:function:nfe-outbox",
            "environment": "e1",
            "pid": 4713,
            "state": "idle",
            "invocations": 7,
            "memory_mb": 61.5,
        }
    ],
    notices=["Python 3.13 is missing: functions of python3.13 run on 3.11"],
    version="0.1.0",
)
FLOW = {
    "id": 12,
    "began_at": 1_700_000_000.0,
    "last_at": 1_700_000_000.15,
    "what": "POST /api/v1/notas",
    "status": "ok",
    "hops": 31,
    "errors": 0,
    "dead_letters": 0,
    "keys": {"notaFiscalId": "7f6c"},
    "http_status": 201,
}
LINE = {
    "at": 1_700_000_000.0,
    "time": "2023-11-14T22:13:20.000Z",
    "group": "/aws/lambda/nfe-outbox",
    "stream": "s",
    "message": "START RequestId: 1",
}
SERVICE = {
    "service": "sts",
    "native": True,
    "counts": {"native": 1, "long tail": 0, "refused": 1},
    "operations": [
        {"name": "GetCallerIdentity", "provision": "native", "refused_parameters": [], "reason": ""},
        {"name": "AssumeRole", "provision": "refused", "refused_parameters": [], "reason": "not there yet"},
        {"name": "AssumeRoot", "provision": "refused", "refused_parameters": [], "reason": "not there yet"},
        {"name": "GetWebIdentityToken", "provision": "refused", "refused_parameters": [], "reason": ""},
    ],
    "not_checked": ["signatures: any secret key is taken"],
}


async def status() -> StatusView:
    return STATUS


async def services(names: list[str]) -> list[dict[str, Any]]:
    return [SERVICE]


async def invoke(function: str, payload: str, asynchronous: bool) -> dict[str, Any]:
    failed = function == "broken"
    log = "" if asynchronous else base64.b64encode(b"START\nEND\n").decode()
    answer = {"function": function, "status": 200, "error": "Unhandled" if failed else None}
    return {**answer, "payload": payload, "log": log}


async def logs(names: list[str], limit: int, follow: bool) -> AsyncIterator[Any]:
    yield LINE
    yield Dropped(3)
    yield {**LINE, "message": "END RequestId: 1"}


async def clock_show() -> ClockView:
    return CLOCK


async def clock_advance(seconds: float) -> dict[str, Any]:
    return {"fired": 2 if seconds > 1 else 1, "clock": CLOCK}


async def clock_speed(speed: float) -> ClockView:
    return ClockView(now=0.0, iso="1970-01-01T00:00:00.000Z", speed=speed, offset_seconds=-7200.0)


async def flow_ls(limit: int, schedules: bool, **filters: Any) -> list[dict[str, Any]]:
    return [FLOW]


async def flow_show(reference: str) -> dict[str, Any]:
    if reference != "12":
        raise SandboxError(f"no flow is known by {reference}", "it is not there", "`sandbox flow ls`")
    hop = {"kind": "http-request", "at": 1.0, "real_at": 1.0, "account": "0", "region": "r", "service": "s"}
    child = {"hop": {**hop, "id": 13}, "line": "● +0.010s invoke faturamento", "log": ["START\x1b[31m"]}
    tree = [{"hop": {**hop, "id": 12}, "line": "● +0.000s http", "children": [child, child]}]
    return {"summary": FLOW, "tree": tree}


async def flow_tail(**filters: Any) -> AsyncIterator[Any]:
    yield {"hop": {"id": 1}, "line": "2023-11-14T22:13:20.000Z ● +0.000s http"}
    yield Dropped(2)
    yield {"hop": {"id": 4}, "line": "2023-11-14T22:13:21.000Z ● +0.000s queued"}


async def deploy(
    systems: list[str], cwd: str, seed: bool, parameters: dict[str, str]
) -> AsyncIterator[Progress]:
    yield Progress("deploy nfe", "begin")
    yield Progress("deploy nfe", "note", text="Python 3.13 is missing")
    yield Progress("deploy nfe", "done", 1.5, "31 created")


@pytest.fixture
def methods() -> Mapping[str, Method]:
    return {
        function.__name__: function
        for function in (
            status,
            services,
            invoke,
            logs,
            clock_show,
            clock_advance,
            clock_speed,
            flow_ls,
            flow_show,
            flow_tail,
            deploy,
        )
    }


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("env",),
        ("services",),
        ("services", "sts"),
        ("invoke", "outbox", '{"a": 1}'),
        ("logs",),
        ("clock", "show"),
        ("clock", "advance", "61s"),
        ("clock", "advance", "1s"),
        ("clock", "pause"),
        ("clock", "speed", "10x"),
        ("flow", "ls"),
        ("flow", "show", "12"),
        ("flow", "tail"),
        ("deploy", "nfe"),
    ],
    ids=lambda words: "-".join(word for word in words if word.isascii() and word.isalnum()),
)
def test_output(running: Cli, words: tuple[str, ...], request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.id
    said = running.here(*words)
    assert said.code == 0
    golden(f"out-{name}.txt", said.out)
    golden(f"err-{name}.txt", said.err)
    as_json = running.here(*words, "--json")
    assert as_json.code == 0
    documents = [json.loads(line) for line in as_json.out.splitlines()]
    streams = words[0] == "logs" or words == ("flow", "tail")
    assert len(documents) == (2 if streams else 1)
    golden(f"json-{name}.json", as_json.out)


def test_lists_are_arrays(running: Cli) -> None:
    for words in (("flow", "ls"), ("services",)):
        assert isinstance(json.loads(running.here(*words, "--json").out), list)


def test_env_is_read_by_a_shell(running: Cli) -> None:
    script = f'{running.here("env").out}\nprintf %s "$PGPASSWORD|$AWS_ENDPOINT_URL|$PGPORT"'
    said = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout == "se nha|http://127.0.0.1:4566|5433"


def test_a_function_that_failed_is_exit_code_1(running: Cli) -> None:
    said = running.here("invoke", "broken")
    assert (said.code, said.out) == (1, "{}\n")
    assert said.err == "START\nEND\n"


def test_payloads_from_a_file_and_asynchronously(running: Cli, tmp_path: Path) -> None:
    file = tmp_path / "payload.json"
    file.write_text('{"de": "arquivo"}')
    assert running.here("invoke", "outbox", f"@{file}").out == '{"de": "arquivo"}\n'
    assert running.here("invoke", "outbox", "--async").err == ""


def test_an_error_of_the_daemon_is_told_as_its_own(running: Cli) -> None:
    said = running.here("flow", "show", "99")
    assert (said.code, said.out) == (1, "")
    assert said.err == "error: no flow is known by 99\n  why: it is not there\n  do:  `sandbox flow ls`\n"


def test_started_twice_shows_the_running_one(running: Cli) -> None:
    said = running.here("up")
    assert said.code == 6
    assert "http://127.0.0.1:4566" in said.out
    assert "is running in" in said.err
    assert json.loads(running.here("up", "--json").out)["endpoint"] == "http://127.0.0.1:4566"


def test_standard_output_holds_data_alone(running: Cli) -> None:
    """As a program sees it: through pipes, with notices and log on the other side."""
    words = ["invoke", "outbox", "--json", "--state", str(running.state)]
    code = "import sys; from sandbox.cli.app import run; sys.exit(run(sys.argv[1:]))"
    said = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert json.loads(said.stdout)["function"] == "outbox"
    assert said.stderr == ""


@pytest.mark.parametrize("filter_", ["--queue", "--function", "--key"])
def test_an_empty_list_of_flows_is_told(cli: Cli, filter_: str) -> None:
    async def none(**_: Any) -> list[dict[str, Any]]:
        return []

    with serving(cli.state, {"flow_ls": none, "clock_show": clock_show}):
        said = cli.here("flow", "ls", filter_, "nada")
    assert said.code == 0
    assert said.err.startswith("no such flow")
