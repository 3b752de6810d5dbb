"""Starting, starting again, stopping: ports, processes, state, and who may ask."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Maker
from tests.e2e.harness import BIN, NFE, Sandbox, free_port, gone, listeners
from tests.e2e.nfe_client import issue, product, settled, stock
from tests.e2e.waiting import PATIENCE, Stream, eventually

pytestmark = pytest.mark.e2e


def test_up_prints_the_contract_and_is_ready(nfe: Sandbox) -> None:
    view = nfe.view
    assert view["engine"] == "embedded"
    assert view["ready_seconds"] > 0
    assert view["postgres"]["dsn"].startswith("postgresql://")
    (stack,) = view["stacks"]
    assert stack["name"] == "nfe"
    assert stack["outputs"]["ApiUrl"].startswith(view["endpoint"])
    assert httpx.get(f"{stack['outputs']['ApiUrl']}/api/v1/produtos").status_code == 200
    names = {process["name"] for process in nfe.status()["processes"]}
    assert {"sandbox", "postgres"} <= names
    assert {process["pid"] for process in nfe.status()["processes"]} <= {p.pid for p in nfe.processes()}


def test_a_second_up_shows_the_running_one(nfe: Sandbox) -> None:
    again = nfe.cli("up", "--detach", "--json", code=6)
    assert again.json["endpoint"] == nfe.endpoint
    assert f"process {nfe.view['pid']}" in again.err
    words = nfe.cli("up", code=6)
    assert nfe.endpoint in words.out


def test_of_two_that_start_at_once_one_runs_and_one_says_so(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    with ThreadPoolExecutor(2) as pool:
        words = ["up", "--detach", "--json", "--port", "0", "--state", str(sandbox.state)]
        command = [str(BIN / "sandbox"), *words]
        started = [
            pool.submit(
                subprocess.run,
                command,
                env=sandbox.environment,
                cwd=sandbox.cwd,
                capture_output=True,
                text=True,
                check=False,
            )
            for _ in range(2)
        ]
        done = sorted((one.result(60) for one in started), key=lambda one: one.returncode)
    assert [one.returncode for one in done] == [0, 6], [one.stderr for one in done]
    assert "is running in" in done[1].stderr
    sandbox.view = json.loads(done[0].stdout)
    assert sandbox.status()["pid"] == sandbox.view["pid"]
    sandbox.down()
    sandbox.cli("down", code=3)


def test_garbage_at_the_front_door_is_refused_and_harms_nothing(nfe: Sandbox) -> None:
    port = int(nfe.endpoint.rsplit(":", 1)[1])
    for garbage in (
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \xff\r\nno colon\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as raw:
            raw.sendall(garbage)
            assert raw.recv(65536).startswith(b"HTTP/1.1 400"), garbage
    big = nfe.api("POST", "/api/v1/notas", content=b"x" * (10 * 1024 * 1024 + 1))
    assert big.status_code == 413
    deep = nfe.api("POST", "/api/v1/notas", content=b"[" * 100_000)
    assert deep.status_code == 400
    assert nfe.api("GET", "/no/such/path").status_code == 403
    assert nfe.api("GET", "/health").status_code == 200


def test_a_taken_port_is_refused_with_its_owner(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port()))
        other.listen()
        port = other.getsockname()[1]
        for detach in (["--detach"], []):
            refused = sandbox.cli("up", *detach, "--port", str(port), code=4)
            assert f"port {port} is taken" in refused.err
            assert f"process {os.getpid()}" in refused.err
            assert refused.out == ""
    sandbox.cli("status", code=3)


def test_foreign_hosts_and_origins_are_refused(nfe: Sandbox) -> None:
    list_queues = {"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"}
    foreign = httpx.post(nfe.endpoint, headers={**list_queues, "Host": "evil.example"}, content="{}")
    assert foreign.status_code == 403
    assert "evil.example" in foreign.text
    page = httpx.post(nfe.endpoint, headers={**list_queues, "Origin": "http://evil.example"}, content="{}")
    assert page.status_code == 403
    assert nfe.api("GET", "/health", headers={"Host": "rebound.example:4566"}).status_code == 403
    local = {**list_queues, "Origin": "http://localhost:3000"}
    assert httpx.post(nfe.endpoint, headers=local, content="{}").status_code == 200


def test_every_listener_is_on_loopback(nfe: Sandbox) -> None:
    nfe.aws("ssm").describe_parameters()  # the long tail runs
    nfe.api("GET", "/health")  # and a worker
    processes = nfe.processes()
    found = listeners(processes)
    assert len(processes) >= 5
    assert {address for address, _ in found} == {"127.0.0.1"}
    assert all(port < 32768 for _, port in found), found
    assert nfe.view["postgres"]["port"] in {port for _, port in found}


def test_state_survives_down_and_up_and_fresh_begins_empty(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    sandbox.up(str(NFE))
    produto = product(sandbox.http, 4)
    identifier = issue(sandbox.http, produto, 1)
    sandbox.aws("sqs").create_queue(QueueName="propria", Attributes={"VisibilityTimeout": "77"})
    before = sandbox.outputs
    sandbox.down()

    sandbox.up()
    assert sandbox.outputs.keys() == before.keys()
    assert _path(sandbox.outputs["ApiUrl"]) == _path(before["ApiUrl"])
    sqs = sandbox.aws("sqs")
    url = sqs.get_queue_url(QueueName="propria")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    assert attributes["Attributes"] == {"VisibilityTimeout": "77"}
    sandbox.advance("61s")
    assert settled(sandbox.http, identifier)["status"] == "CONFIRMADA"
    assert stock(sandbox.http, produto) == 3
    assert sandbox.rows("SELECT 1 FROM estoque.produtos WHERE produto_id = %s", produto)
    sandbox.down()

    view = sandbox.up("--fresh")
    assert view["stacks"] == []
    assert sandbox.aws("sqs").list_queues().get("QueueUrls", []) == []
    assert sandbox.cli("flow", "ls", "--json").json == []
    sandbox.down()


def test_no_seed_leaves_the_products_out(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    view = sandbox.up(str(NFE), "--no-seed")
    assert view["stacks"][0]["seed"] == {}
    assert sandbox.api("GET", "/api/v1/produtos").json()["produtos"] == []
    sandbox.cli("deploy", str(NFE))
    assert len(sandbox.api("GET", "/api/v1/produtos").json()["produtos"]) == 12


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_in_the_foreground_a_signal_ends_it_cleanly(sandboxes: Maker, number: signal.Signals) -> None:
    sandbox = sandboxes()
    words = [str(BIN / "sandbox"), "up", "--port", "0", "--state", str(sandbox.state)]
    with subprocess.Popen(
        words,
        env=sandbox.environment,
        cwd=sandbox.cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        said: list[str] = []
        for line in process.stderr:
            said.append(line)
            if "Ctrl-C" in line:
                break
        assert [line for line in said if "postgres" in line], said
        processes = sandbox.processes()
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in err
    assert err.endswith("stopped; the state stays, `sandbox up` goes on with it\n")
    assert "endpoint" in out
    gone([one for one in processes if one.pid != process.pid], "the signal")
    eventually(lambda: sandbox.state.joinpath("run").exists(), lambda there: not there, what="no run folder")


def test_what_is_followed_ends_well_with_the_sandbox(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    sandbox.up()
    logs = sandbox.aws("logs")
    logs.create_log_group(logGroupName="/g")
    logs.create_log_stream(logGroupName="/g", logStreamName="s")
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:/g"
    with (
        sandbox.stream("logs", "-f", "/g", "--json") as lines,
        sandbox.stream("flow", "tail", "--json") as tail,
    ):
        live = iter(logs.start_live_tail(logGroupIdentifiers=[arn])["responseStream"])
        assert "sessionStart" in next(live)
        eventually(lambda: _written(logs, lines, tail), what="a line of each")
        sandbox.down()
        for stream in (lines, tail):
            assert stream.ended() == (0, "the sandbox was stopped: nothing more comes\n")
        assert all("sessionUpdate" in event for event in live), "it ends without an error"


def _written(logs: Any, lines: Stream, tail: Stream) -> bool:
    """Writes a line, and a call that leaves a hop; whether both have been seen."""
    event = {"timestamp": int(time.time() * 1000), "message": "oi"}
    logs.put_log_events(logGroupName="/g", logStreamName="s", logEvents=[event])
    return lines.waiting() and tail.waiting()


def test_a_folder_of_something_else_is_not_taken_as_state(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    sandbox.state.mkdir()
    (sandbox.state / "tese.txt").write_text("important")
    refused = sandbox.cli("up", "--fresh", "--detach", "--port", "0", code=1)
    assert "is not a sandbox's state folder" in refused.err
    assert (sandbox.state / "tese.txt").read_text() == "important"


def test_status_env_and_down_say_when_nothing_runs(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    for words in (["status"], ["env"], ["down"], ["logs"], ["clock", "show"], ["flow", "ls"]):
        refused = sandbox.cli(*words, code=3)
        assert "no sandbox is running" in refused.err
        assert "sandbox up" in refused.err
        assert refused.out == ""
    services = sandbox.cli("services")
    assert "no sandbox is running" in services.err
    assert "sqs" in services.out


def _path(url: str) -> str:
    return httpx.URL(url).path


def test_the_name_of_a_system_is_looked_up_from_the_current_folder_upwards(sandboxes: Maker) -> None:
    sandbox = sandboxes(cwd=Path(NFE / "functions"))
    refused = sandbox.cli("up", "nfee", "--detach", "--port", "0", code=2)
    assert "nfe" in refused.err
