"""`sandbox saga` and `sandbox lint` on the real engine."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.harness import Sandbox
from tests.e2e.nfe_client import UNKNOWN, issue, product, settled
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e

STEPS = ("emissao", "reserva", "confirmacao", "compensacao")


def saga(sandbox: Sandbox, identifier: str) -> dict[str, Any]:
    found: dict[str, Any] = sandbox.cli("saga", "show", identifier, "--json").json
    return found


def ended(sandbox: Sandbox, identifier: str) -> dict[str, Any]:
    """The saga once it is settled and its last hop is recorded."""
    settled(sandbox, identifier)
    return eventually(
        lambda: saga(sandbox, identifier),
        lambda found: all(entry["to_at"] is not None for entry in found["timeline"]),
        what=f"the end of every stretch of saga {identifier}",
    )


def whats(found: dict[str, Any]) -> list[str]:
    return [entry["what"] for entry in found["timeline"]]


def listed(sandbox: Sandbox, *words: str) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in sandbox.cli("saga", "ls", "--json", "-n", "200", *words).json}


def test_a_saga_waits_in_the_outbox_until_its_next_run_and_is_confirmed(nfe: Sandbox) -> None:
    identifier = issue(nfe, product(nfe, 10), 1)
    found = saga(nfe, identifier)
    assert (found["saga"]["state"], found["saga"]["outcome"]) == ("PENDING", "running")
    assert found["steps"] == dict(zip(STEPS, ("current", "pending", "pending", "pending"), strict=True))
    (sentence,) = found["waiting_for"]
    assert sentence.startswith("next outbox run in ")
    assert sentence.endswith(": the event is in faturamento.eventos_outbox")
    assert identifier in listed(nfe, "--in", "PENDING")

    nfe.advance("61s")
    found = ended(nfe, identifier)
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
    row = listed(nfe)[identifier]
    assert (row["state"], row["attempts"], row["flow"]) == ("CONFIRMADA", 3, found["saga"]["flow"])
    assert identifier not in listed(nfe, "--in", "PENDING")


def test_a_saga_without_stock_is_compensated(nfe: Sandbox) -> None:
    identifier = issue(nfe, product(nfe, 1), 2)
    nfe.advance("61s")
    found = ended(nfe, identifier)
    assert (found["saga"]["state"], found["saga"]["outcome"]) == ("ERRO_ESTOQUE", "compensated")
    assert found["steps"] == dict(zip(STEPS, ("compensated", "done", "skipped", "done"), strict=True))
    assert found["compensation"] == ["emissao"]
    assert "in queue faturamento-compensacao" in whats(found)
    shown = nfe.cli("saga", "show", identifier).out
    assert "↺ ERRO_ESTOQUE (compensated)" in shown
    assert "compensated  emissao" in shown


def test_a_message_without_consequence_ends_as_a_dead_letter(nfe: Sandbox) -> None:
    key = "00000000-0000-4000-8000-00000000dead"
    url = nfe.outputs["EstoqueReservaQueueUrl"]
    nfe.aws("sqs").send_message(QueueUrl=url, MessageBody=f'{{"detail": {{"notaFiscalId": "{key}"}}}}')

    def failed(times: int) -> dict[str, Any]:
        return eventually(
            lambda: saga(nfe, key),
            lambda found: sum(not entry["ok"] for entry in found["timeline"]) == times,
            what=f"failure {times} of {key}",
        )

    found = failed(1)
    (sentence,) = found["waiting_for"]
    assert sentence.startswith("message in flight from estoque-reserva, visible again in ")
    assert found["steps"]["reserva"] == "current"
    for times in (2, 3):
        nfe.advance("91s")
        failed(times)
    nfe.advance("91s")
    found = failed(4)
    assert found["waiting_for"] == ["dead letter in estoque-reserva-dlq: somebody to redrive it"]
    assert (found["saga"]["outcome"], found["steps"]["reserva"]) == ("stuck", "failed")
    assert found["timeline"][-1]["error"].startswith("consumer.MensagemInvalidaError")
    assert listed(nfe, "--in", "stuck")[key]["state"] == ""
    nfe.aws("sqs").purge_queue(QueueUrl=nfe.outputs["EstoqueReservaDlqUrl"])
    (sentence,) = saga(nfe, key)["waiting_for"]
    assert sentence.startswith("dead letter gone from estoque-reserva-dlq")


def test_an_unknown_saga_suggests_near_ones(nfe: Sandbox) -> None:
    identifier = issue(nfe, product(nfe, 1), 1)
    assert f"did you mean {identifier}?" in nfe.cli("saga", "show", identifier[:-1], code=1).err
    assert "no saga has the id" in nfe.cli("saga", "show", UNKNOWN, code=1).err
    assert "Did you mean PENDING?" in nfe.cli("saga", "ls", "--in", "PENDIN", code=2).err


def test_invariants_are_checked_and_a_violation_is_shown(nfe: Sandbox) -> None:
    produto = product(nfe, 5)
    nfe.advance("61s")
    result = eventually(
        lambda: nfe.cli("saga", "check", "--json").json,
        lambda found: not found["skipped"],
        what="the end of every saga",
    )
    assert result["violations"] == []
    assert len(result["checked"]) == 5
    with nfe.database() as database:
        database.execute("UPDATE estoque.produtos SET quantidade = 4 WHERE produto_id = %s", (produto,))
        try:
            broken = nfe.cli("saga", "check", "--json", code=1).json
            said = nfe.cli("saga", "check", code=1).out
        finally:
            database.execute("UPDATE estoque.produtos SET quantidade = 5 WHERE produto_id = %s", (produto,))
    (violation,) = broken["violations"]
    assert (violation["invariant"], violation["count"]) == ("estoque-constante", 1)
    assert violation["rows"][0]["produto_id"] == produto
    assert f"produto_id={produto}  quantidade_inicial=5  quantidade=4" in said


def test_the_lints_of_nfe_are_suppressed_with_a_reason(nfe: Sandbox) -> None:
    issue(nfe, product(nfe, 5), 1)
    nfe.advance("61s")
    lints = [one for one in nfe.cli("lint", "--json").json if one["stack"] == "nfe"]
    assert {one["code"] for one in lints if one["suppressed"]} == {"visibility-under-six-timeouts"}
    assert {one["code"] for one in lints if not one["suppressed"]} <= {"rule-never-matched"}
    assert "90 s for a timeout of 30 s" in nfe.cli("lint", "--all").out


def test_a_drifted_queue_fails_the_lint(nfe: Sandbox) -> None:
    sqs, url = nfe.aws("sqs"), nfe.outputs["EstoqueReservaQueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "10"})
    lonely = sqs.create_queue(QueueName="lonely")["QueueUrl"]
    try:
        said = nfe.cli("lint", code=1).out
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "90"})
        sqs.delete_queue(QueueUrl=lonely)
    assert "✗ error estoque-reserva (nfe): function-timeout-over-visibility" in said
    assert "▲ warning lonely: queue-without-dead-letter-queue" in said
    assert "https://docs.aws.amazon.com/" in said


def test_looking_leaves_no_trace_in_the_journal(nfe: Sandbox) -> None:
    identifier = issue(nfe, product(nfe, 5), 1)
    before = saga(nfe, identifier)["timeline"]
    nfe.cli("lint")
    nfe.cli("saga", "ls")
    newest = nfe.cli("flow", "ls", "-n", "1", "--json").json[0]
    assert newest["keys"] == {"notaFiscalId": identifier}
    assert saga(nfe, identifier)["timeline"] == before
