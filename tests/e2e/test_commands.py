"""The commands of a running sandbox, as people and programs use them."""

from __future__ import annotations

import json
import sys

import psycopg
import pytest

from tests.e2e.harness import BIN, ROOT, Sandbox
from tests.e2e.nfe_client import UNKNOWN, issue, product, settled
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e


def test_env_lets_a_shell_reach_the_sandbox(nfe: Sandbox) -> None:
    script = (
        'eval "$(sandbox env --state "$1")" && '
        "python -c \"import boto3, psycopg; print(len(boto3.client('sqs').list_queues()['QueueUrls'])); "
        "print(psycopg.connect().execute('SELECT current_database()').fetchone()[0])\""
    )
    done = nfe.run("sh", "-c", script, "sh", str(nfe.state))
    queues, database = done.out.split()
    assert (int(queues) >= 6, database) == (True, "nfe")
    variables = nfe.cli("env", "--json").json
    assert variables["AWS_ENDPOINT_URL"] == nfe.endpoint
    with psycopg.connect(
        host=variables["PGHOST"],
        port=int(variables["PGPORT"]),
        dbname=variables["PGDATABASE"],
        user=variables["PGUSER"],
        password=variables["PGPASSWORD"],
    ) as connection:
        assert connection.execute("SELECT count(*) >= 12 FROM estoque.produtos").fetchone() == (True,)


def test_services_tell_what_each_does_and_what_is_not_checked(nfe: Sandbox) -> None:
    services = {service["service"]: service for service in nfe.cli("services", "--json").json}
    assert {"sqs", "events", "lambda", "apigateway", "logs", "sts", "iam", "rds"} <= set(services)
    sqs = {operation["name"]: operation["provision"] for operation in services["sqs"]["operations"]}
    assert sqs["SendMessage"] == "native"
    assert set(sqs.values()) <= {"native", "long tail", "refused"}
    (iam,) = nfe.cli("services", "iam", "--json").json
    assert iam["not_checked"], "permissions are not checked, and that is said"
    (s3,) = nfe.cli("services", "s3", "--json").json
    assert s3["counts"]["long tail"] > 0
    assert "long tail" in nfe.cli("services", "s3").out
    assert "sqs" in nfe.cli("services").out


def test_a_refused_operation_says_so_by_name(nfe: Sandbox) -> None:
    events = nfe.aws("events")
    with pytest.raises(events.exceptions.ClientError) as refused:
        events.create_archive(
            ArchiveName="a", EventSourceArn="arn:aws:events:us-east-1:000000000000:event-bus/x"
        )
    assert "CreateArchive" in str(refused.value)


def test_invoke_runs_a_function_and_shows_its_log(nfe: Sandbox) -> None:
    plain = nfe.cli("invoke", "outbox")
    assert set(json.loads(plain.out)) == {"publicados", "falhas", "interrompido"}
    assert "REPORT RequestId" in plain.err
    answer = nfe.cli("invoke", "nfe-outbox-dev", "{}", "--json").json
    assert (answer["status"], answer["error"]) == (200, None)
    assert "START RequestId" in answer["log"]
    queued = nfe.cli("invoke", "outbox", "--async", "--json").json
    assert queued["status"] == 202
    event = {
        "resource": "/health",
        "path": "/health",
        "httpMethod": "GET",
        "requestContext": {},
        "headers": {},
    }
    piped = nfe.cli("invoke", "faturamento", "-", stdin=json.dumps(event))
    assert json.loads(piped.out)["statusCode"] == 200
    failed = nfe.cli("invoke", "faturamento", '{"nonsense": 1}', "--json", code=1)
    assert failed.json["error"] == "Unhandled"
    assert json.loads(failed.json["payload"])["errorType"]


def test_wrong_words_are_answered_with_a_way_out(nfe: Sandbox) -> None:
    unknown = nfe.cli("invoke", "nfe-faturamente-dev", code=1)
    assert "there is no function nfe-faturamente-dev" in unknown.err
    assert "nfe-faturamento-dev" in unknown.err.split("do:")[1]
    several = nfe.cli("invoke", "nfe", code=1)
    assert "several functions" in several.err
    assert "not JSON" in nfe.cli("invoke", "outbox", "{", code=2).err
    near = nfe.run(str(BIN / "sandbox"), "stauts", code=2)
    assert "sandbox status" in near.err
    assert nfe.cli("clock", "advance", "soon", code=2).err.count("do:") == 1
    assert nfe.cli("clock", "advance", "1s", "--sped", code=2).err
    assert "no flow" in nfe.cli("flow", "show", UNKNOWN, code=1).err
    assert "do:  Did you mean sqs?" in nfe.cli("services", "sqz", code=2).err
    assert "say one of these" in nfe.cli("invoke", "foo", code=1).err
    assert "nfe" in nfe.cli("deploy", "nfee", code=2, cwd=ROOT).err.split("do:")[1]
    for words in (["--help"], ["up", "--help"], ["clock", "advance", "--help"], ["flow", "--help"]):
        assert "Example" in nfe.run(str(BIN / "sandbox"), *words).out
    as_module = nfe.run(sys.executable, "-m", "sandbox", "--version")
    assert as_module.out.startswith("sandbox ")


def test_logs_show_lines_and_follow_new_ones(nfe: Sandbox) -> None:
    produto = product(nfe.http, 1)
    with nfe.stream("logs", "-f", "estoque", "--json") as logs:
        other = product(nfe.http, 1)
        line = logs.until(lambda item: other in item["message"], what="line of the new product")
        assert (line["group"], set(line)) == (
            "/aws/lambda/nfe-estoque-dev",
            {"at", "time", "group", "stream", "message", "hop"},
        )
        code, said = logs.interrupt()
        assert code == 130
        assert "Traceback" not in said
    lines = nfe.cli("logs", "estoque", "-n", "500").out
    assert produto in lines
    assert "REPORT RequestId" in lines
    assert len(nfe.cli("logs", "-n", "3", "--json").out.splitlines()) == 3
    assert "there is no function" in nfe.cli("logs", "nothing", code=1).err


def test_flow_tail_gives_every_hop_as_it_happens(nfe: Sandbox) -> None:
    with nfe.stream("flow", "tail", "--json") as tail:
        sts = nfe.aws("sts")
        eventually(lambda: (sts.get_caller_identity(), tail.waiting())[1], what="a line of `flow tail`")
        identifier = issue(nfe.http, product(nfe.http, 1), 1)
        hop = tail.until(
            lambda item: item.get("keys", {}).get("notaFiscalId") == identifier, what="hop of the invoice"
        )
        assert hop["kind"] in ("http-request", "invoke-end")
        code, said = tail.interrupt()
        assert code == 130
        assert "Traceback" not in said
    nfe.advance("61s")
    settled(nfe.http, identifier)


def test_the_clock_is_shown_moved_stopped_and_sped_up(nfe: Sandbox) -> None:
    first = nfe.cli("clock", "show", "--json").json
    assert first["speed"] == 0
    assert any(timer["label"] == "rule nfe-outbox-dev" for timer in first["next"])
    moved = nfe.cli("clock", "advance", "1m30s", "--json").json
    assert moved["fired"] >= 1
    assert moved["clock"]["now"] == pytest.approx(first["now"] + 90)
    assert nfe.cli("clock", "show", "--json").json["now"] == moved["clock"]["now"]
    try:
        assert nfe.cli("clock", "speed", "10x", "--json").json["speed"] == 10
        assert nfe.cli("clock", "resume", "--json").json["speed"] == 1
        running = nfe.cli("clock", "show", "--json").json["now"]
        eventually(
            lambda: nfe.cli("clock", "show", "--json").json["now"],
            lambda now: now > running,
            what="a later time",
        )
        assert "behind" not in nfe.cli("clock", "speed", "-1", code=2).err
    finally:
        stopped = nfe.cli("clock", "pause", "--json").json
    assert stopped["speed"] == 0
    assert "stopped" in nfe.cli("clock", "show").out


def test_doctor_examines_this_machine(nfe: Sandbox) -> None:
    findings = {finding["check"]: finding for finding in nfe.cli("doctor", "--json").json}
    assert findings["sandbox"]["text"].startswith(f"running at {nfe.endpoint}")
    assert all(finding["remedy"] for finding in findings.values() if finding["result"] != "ok")
    assert "postgres" in nfe.cli("doctor").out


def test_doctor_needs_no_docker_daemon(nfe: Sandbox) -> None:
    words = (str(BIN / "sandbox"), "doctor", "--json", "--state", str(nfe.state))
    found = nfe.run(*words, extra={"DOCKER_HOST": f"unix://{nfe.folder}/none.sock"}).json
    (docker,) = [finding for finding in found if finding["check"] == "docker"]
    assert docker["result"] == "ok"
    assert "not needed by the embedded engine: no Docker daemon answers" in docker["text"]


def test_status_in_words_names_what_runs(nfe: Sandbox) -> None:
    nfe.api("GET", "/health")
    words = nfe.cli("status").out
    for word in (nfe.endpoint, "stack nfe", "ApiUrl", "postgres", "nfe-faturamento-dev"):
        assert word in words
