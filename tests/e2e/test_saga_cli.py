"""`sandbox saga` and `sandbox lint` on the real engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from sandbox.testing import Aws, Clock, Flows, Sandbox, Stack
from tests.e2e.nfe_client import UNKNOWN, issue, product
from tests.support.commands import Commands

pytestmark = [pytest.mark.e2e, pytest.mark.postgres, pytest.mark.sandbox("nfe")]

STEPS = ("emissao", "reserva", "confirmacao", "compensacao")
Found = dict[str, Any]


@pytest.fixture
def saga(cli: Commands) -> Callable[[str], Found]:
    """Asks for one saga."""

    def show(identifier: str) -> Found:
        found: Found = cli("saga", "show", identifier, "--json").json
        return found

    return show


@pytest.fixture
def listed(cli: Commands) -> Callable[..., dict[str, Found]]:
    """Asks for the list of sagas; each by its id."""
    return lambda *words: {one["id"]: one for one in cli("saga", "ls", "--json", "-n", "200", *words).json}


def whats(found: Found) -> list[str]:
    return [entry["what"] for entry in found["timeline"]]


def test_a_saga_waits_in_the_outbox_until_its_next_run_and_is_confirmed(
    http: httpx.Client,
    flows: Flows,
    saga: Callable[[str], Found],
    listed: Callable[..., dict[str, Found]],
) -> None:
    identifier = issue(http, product(http, 10), 1)
    found = saga(identifier)
    assert (found["saga"]["state"], found["saga"]["outcome"]) == ("PENDING", "running")
    assert found["steps"] == dict(zip(STEPS, ("current", "pending", "pending", "pending"), strict=True))
    (sentence,) = found["waiting_for"]
    assert sentence.startswith("next outbox run in ")
    assert sentence.endswith(": the event is in faturamento.eventos_outbox")
    assert identifier in listed("--in", "PENDING")

    flows.settle()
    found = saga(identifier)
    assert all(entry["to_at"] is not None for entry in found["timeline"])
    assert (found["saga"]["state"], found["saga"]["outcome"]) == ("CONFIRMADA", "completed")
    assert (found["saga"]["step"], found["saga"]["attempts"]) == ("confirmacao", 3)
    assert found["steps"] == dict(zip(STEPS, ("done", "done", "done", "skipped"), strict=True))
    assert found["waiting_for"] == []
    assert whats(found) == [
        "function nfe-faturamento-dev",
        "in outbox faturamento.eventos_outbox",
        "in queue estoque-reserva",
        "function nfe-estoque-dev",
        "in queue faturamento-confirmacao",
        "function nfe-faturamento-dev",
    ]
    assert 0 < found["waited_seconds"] <= 61
    assert found["worked_ms"] > 0
    row = listed()[identifier]
    assert (row["state"], row["attempts"], row["flow"]) == ("CONFIRMADA", 3, found["saga"]["flow"])
    assert identifier not in listed("--in", "PENDING")


def test_a_saga_without_stock_is_compensated(
    http: httpx.Client, flows: Flows, cli: Commands, saga: Callable[[str], Found]
) -> None:
    identifier = issue(http, product(http, 1), 2)
    flows.settle()
    found = saga(identifier)
    assert (found["saga"]["state"], found["saga"]["outcome"]) == ("ERRO_ESTOQUE", "compensated")
    assert found["steps"] == dict(zip(STEPS, ("compensated", "done", "skipped", "done"), strict=True))
    assert found["compensation"] == ["emissao"]
    assert "in queue faturamento-compensacao" in whats(found)
    shown = cli("saga", "show", identifier).out
    assert "↺ ERRO_ESTOQUE (compensated)" in shown
    assert "compensated  emissao" in shown


def test_a_message_without_consequence_ends_as_a_dead_letter(
    stack: Stack,
    aws: Aws,
    clock: Clock,
    flows: Flows,
    saga: Callable[[str], Found],
    listed: Callable[..., dict[str, Found]],
) -> None:
    key = "00000000-0000-4000-8000-00000000dead"
    stack.queue("estoque-reserva").send({"detail": {"notaFiscalId": key}})

    def failed(times: int) -> Found:
        flows.wait_for(lambda: sum(not entry["ok"] for entry in saga(key)["timeline"]) == times)
        return saga(key)

    found = failed(1)
    (sentence,) = found["waiting_for"]
    assert sentence.startswith("message in flight from estoque-reserva, visible again in ")
    assert found["steps"]["reserva"] == "current"
    for times in (2, 3):
        clock.advance(91)
        failed(times)
    clock.advance(91)
    found = failed(4)
    assert found["waiting_for"] == ["dead letter in estoque-reserva-dlq: somebody to redrive it"]
    assert (found["saga"]["outcome"], found["steps"]["reserva"]) == ("stuck", "failed")
    assert found["timeline"][-1]["error"].startswith("consumer.MensagemInvalidaError")
    assert listed("--in", "stuck")[key]["state"] == ""
    aws.client("sqs").purge_queue(QueueUrl=stack.outputs["EstoqueReservaDlqUrl"])
    (sentence,) = saga(key)["waiting_for"]
    assert sentence.startswith("dead letter gone from estoque-reserva-dlq")


def test_an_unknown_saga_suggests_near_ones(http: httpx.Client, cli: Commands) -> None:
    identifier = issue(http, product(http, 1), 1)
    assert f"did you mean {identifier}?" in cli("saga", "show", identifier[:-1], code=1).err
    assert "no saga has the id" in cli("saga", "show", UNKNOWN, code=1).err
    assert "Did you mean PENDING?" in cli("saga", "ls", "--in", "PENDIN", code=2).err


def test_invariants_are_checked_and_a_violation_is_shown(
    http: httpx.Client, flows: Flows, cli: Commands, database: psycopg.Connection[dict[str, Any]]
) -> None:
    produto = product(http, 5)
    flows.settle()
    result = cli("saga", "check", "--json").json
    assert (result["violations"], result["skipped"], len(result["checked"])) == ([], [], 5)
    database.execute("UPDATE estoque.produtos SET quantidade = 4 WHERE produto_id = %s", (produto,))
    (violation,) = cli("saga", "check", "--json", code=1).json["violations"]
    assert (violation["invariant"], violation["count"]) == ("estoque-constante", 1)
    assert violation["rows"][0]["produto_id"] == produto
    assert f"produto_id={produto}  quantidade_inicial=5  quantidade=4" in cli("saga", "check", code=1).out


def test_the_lints_of_nfe_are_suppressed_with_a_reason(
    http: httpx.Client, flows: Flows, cli: Commands
) -> None:
    issue(http, product(http, 5), 1)
    flows.settle()
    lints = [one for one in cli("lint", "--json").json if one["stack"] == "nfe"]
    assert {one["code"] for one in lints if one["suppressed"]} == {"visibility-under-six-timeouts"}
    assert {one["code"] for one in lints if not one["suppressed"]} <= {"rule-never-matched"}
    assert "90 s for a timeout of 30 s" in cli("lint", "--all").out


def test_lints_know_nothing_of_what_was_taken_back(
    sandbox: Sandbox, http: httpx.Client, flows: Flows, cli: Commands
) -> None:
    def told() -> set[tuple[str, str]]:
        return {(one["code"], one["subject"]) for one in cli("lint", "--json").json}

    unmatched = ("rule-never-matched", "nfe-nota-fiscal-criada-dev")
    issue(http, product(http, 5), 1)
    flows.settle()
    assert unmatched not in told()
    sandbox.stack("nfe", cwd=Path(__file__).parent)
    bus = "nfe-events-dev"
    sandbox.aws.client("events").put_events(
        Entries=[{"EventBusName": bus, "Source": "outra", "DetailType": "Outra", "Detail": "{}"}]
    )
    assert unmatched in told()


def test_a_drifted_queue_fails_the_lint(stack: Stack, aws: Aws, cli: Commands) -> None:
    sqs, url = aws.client("sqs"), stack.outputs["EstoqueReservaQueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "10"})
    sqs.create_queue(QueueName="lonely")
    said = cli("lint", code=1).out
    assert "✗ error estoque-reserva (nfe): function-timeout-over-visibility" in said
    assert "▲ warning lonely: queue-without-dead-letter-queue" in said
    assert "https://docs.aws.amazon.com/" in said


def test_looking_leaves_no_trace_in_the_journal(
    http: httpx.Client, cli: Commands, saga: Callable[[str], Found]
) -> None:
    identifier = issue(http, product(http, 5), 1)
    before = saga(identifier)["timeline"]
    cli("lint")
    cli("saga", "ls")
    newest = cli("flow", "ls", "-n", "1", "--json").json[0]
    assert newest["keys"] == {"notaFiscalId": identifier}
    assert saga(identifier)["timeline"] == before
