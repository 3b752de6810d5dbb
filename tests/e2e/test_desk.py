"""The message desk of a running sandbox: a poison message is found, edited, resent, and succeeds."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from sandbox.control.client import ControlClient
from tests.e2e.harness import Sandbox
from tests.e2e.nfe_client import issue, product, settled
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e

QUEUE, DEAD = "estoque-reserva", "estoque-reserva-dlq"


def letters(nfe: Sandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = nfe.cli("dlq", "show", DEAD, "--json").json
    return found


def given_up(nfe: Sandbox, message_id: str) -> dict[str, Any]:
    """Lets time pass until a message has had all its receives."""

    def look() -> list[dict[str, Any]]:
        nfe.advance("91s")
        return [letter for letter in letters(nfe) if letter["message"]["message_id"] == message_id]

    (letter,) = eventually(look, bool, what=f"message {message_id} in {DEAD}")
    return letter


def test_a_poison_message_is_edited_resent_and_succeeds(nfe: Sandbox) -> None:
    poison = json.dumps({"detail-type": "NotaFiscalCriada", "detail": {"notaFiscalId": "errado"}})
    sent = nfe.cli("queue", "send", QUEUE, poison, "--attribute", "cor=azul", "--json").json["message_id"]
    letter = given_up(nfe, sent)
    assert (letter["source"], letter["attempts"], letter["function"]) == (QUEUE, 3, "nfe-estoque-dev")
    assert "MensagemInvalidaError" in letter["error"]
    assert any("parse_pedido" in frame for frame in letter["stack_trace"])
    assert "MensagemInvalidaError" in nfe.cli("flow", "show", sent, "--no-log").out

    produto = product(nfe, 5)
    nota = issue(nfe, produto, 2)
    detail = {
        "notaFiscalId": nota,
        "eventoId": str(uuid4()),
        "items": [{"produtoId": produto, "quantidade": 2}],
    }
    body = json.dumps({"id": str(uuid4()), "detail-type": "NotaFiscalCriada", "detail": detail})
    moved = nfe.cli("dlq", "resend", DEAD, sent, "--body", body, "--json").json
    assert (moved["moved"], moved["kept"]) == (1, {})
    assert settled(nfe, nota)["status"] == "CONFIRMADA"
    # The edit carries the invoice's key, so the message is part of the invoice's flow from there on.
    anew = [branch for branch in nfe.flow(nota) if branch["hop"].get("message_id") == moved["message_ids"][0]]
    assert anew[0]["inferred"]
    kinds = [branch["hop"]["kind"] for branch in nfe.flow(sent)]
    assert kinds[-3:] == ["dead-lettered", "redriven", "message-sent"]
    (redriven,) = nfe.hops(sent, "redriven")
    assert redriven["detail"] == {"source": _arn(DEAD), "original_id": sent, "changed": ["body"]}


def test_dead_letters_are_redriven_and_dropped(nfe: Sandbox) -> None:
    for text in ("um", "dois"):
        nfe.cli("queue", "send", DEAD, text)
    first, second = [
        letter["message"]["message_id"]
        for letter in letters(nfe)
        if letter["message"]["body"] in ("um", "dois")
    ]
    dropped = nfe.cli("dlq", "drop", DEAD, first[:8], "--yes", "--json").json
    assert dropped["message_ids"] == [first]
    redriven = nfe.cli("dlq", "redrive", DEAD, second, "--json").json
    assert redriven["moved"] == 1
    assert nfe.cli("dlq", "redrive", DEAD, second, code=1).out.startswith("0 redriven")
    given_up(nfe, redriven["message_ids"][0])
    nfe.cli("dlq", "drop", DEAD, redriven["message_ids"][0], "--yes")


def test_a_redrive_that_nobody_listens_to_any_more_stops_and_loses_nothing(nfe: Sandbox) -> None:
    texts = [f"espera {number}" for number in range(4)]
    sent = {nfe.cli("queue", "send", DEAD, text, "--json").json["message_id"] for text in texts}
    with ControlClient(nfe.state) as client:
        told = client.stream("dlq_redrive", queue=DEAD, message_ids=sorted(sent), rate=0.01)
        assert next(told) == {"done": 0, "of": 4, "result": None}

    def look() -> list[dict[str, Any]]:
        nfe.advance("91s")
        return [letter for letter in letters(nfe) if letter["message"]["body"] in texts]

    back = eventually(look, lambda found: len(found) == 4, what=f"all four messages in {DEAD}")
    stayed = [letter["message"]["message_id"] for letter in back if letter["message"]["message_id"] in sent]
    assert 2 <= len(stayed) < 4
    nfe.cli("dlq", "drop", DEAD, *(letter["message"]["message_id"] for letter in back), "--yes")


def test_buses_and_rules_say_what_matches(nfe: Sandbox) -> None:
    event = json.dumps({"source": "nfe.estoque", "detail-type": "ReservaFalhou", "detail": {}})
    verdicts = {one["rule"]: one for one in nfe.cli("rule", "test", "nfe-events-dev", event, "--json").json}
    assert verdicts["nfe-reserva-falhou-dev"]["matched"]
    assert verdicts["nfe-nota-fiscal-criada-dev"]["path"] == "source"
    assert nfe.cli("rule", "test", '{"source": [', event, code=2).err
    nota = issue(nfe, product(nfe, 1), 1)
    nfe.advance("61s")
    settled(nfe, nota)
    newest = nfe.cli("bus", "events", "nfe-events-dev", "-n", "1", "--json").json[0]
    assert newest["detail"]["matched"] == ["nfe-event-log-dev", "nfe-reserva-confirmada-dev"]
    out = nfe.cli("flow", "show", nota, "--near-misses", "--no-log").out
    assert 'nfe-reserva-falhou-dev: detail-type is "ReservaConfirmada"' in out


def test_the_archive_is_replayed_to_one_rule_without_a_second_effect(nfe: Sandbox) -> None:
    nota = issue(nfe, product(nfe, 1), 1)
    nfe.advance("61s")
    settled(nfe, nota)
    (archive,) = nfe.cli("bus", "archives", "--json").json
    assert (archive["name"], archive["retention_days"]) == ("nfe-events-dev", 90)
    assert archive["events"] >= 2
    rule = "nfe-reserva-confirmada-dev"
    started = nfe.cli("bus", "replay", "nfe", "--from", "90s", "--rule", rule, "--json").json
    assert started["state"] == "STARTING"
    nfe.advance("2s")
    newest = nfe.cli("bus", "replays", "--json").json[0]
    assert (newest["name"], newest["state"], newest["rules"]) == (started["name"], "COMPLETED", [rule])
    assert newest["replayed"] >= 2
    assert "replayed" in nfe.cli("flow", "show", nota, "--no-log").out
    settled(nfe, nota)
    unknown = nfe.cli("bus", "cancel", "nenhum", code=2)
    assert "there is no replay nenhum" in unknown.err
    assert "`sandbox bus replays` lists them" in unknown.err
    said = nfe.cli("bus", "replay", "nfe", "--rule", "nenhuma", code=2)
    assert rule in said.err


def _arn(queue: str) -> str:
    return f"arn:aws:sqs:us-east-1:000000000000:{queue}"
