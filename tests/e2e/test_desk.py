"""The message desk of a running sandbox: a poison message is found, edited, resent, and succeeds."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from sandbox.control.client import ControlClient
from sandbox.testing import Flows, Sandbox
from tests.e2e.harness import branches
from tests.e2e.nfe_client import issue, nota, product
from tests.support.commands import Commands

pytestmark = [pytest.mark.e2e, pytest.mark.postgres, pytest.mark.sandbox("nfe")]

QUEUE, DEAD = "estoque-reserva", "estoque-reserva-dlq"


def letters(cli: Commands) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cli("dlq", "show", DEAD, "--json").json
    return found


def flow(cli: Commands, reference: str) -> list[dict[str, Any]]:
    return branches(cli("flow", "show", reference, "--json").json["tree"])


def confirmed(http: httpx.Client, flows: Flows, identifier: str) -> bool:
    flows.settle()
    return bool(nota(http, identifier)["status"] == "CONFIRMADA")


def test_a_poison_message_is_edited_resent_and_succeeds(
    http: httpx.Client, flows: Flows, cli: Commands
) -> None:
    poison = json.dumps({"detail-type": "NotaFiscalCriada", "detail": {"notaFiscalId": "errado"}})
    sent = cli("queue", "send", QUEUE, poison, "--attribute", "cor=azul", "--json").json["message_id"]
    flows.settle()
    (letter,) = letters(cli)
    assert letter["message"]["message_id"] == sent
    assert (letter["source"], letter["attempts"], letter["function"]) == (QUEUE, 3, "nfe-estoque-dev")
    assert "MensagemInvalidaError" in letter["error"]
    assert any("parse_pedido" in frame for frame in letter["stack_trace"])
    assert "MensagemInvalidaError" in cli("flow", "show", sent, "--no-log").out

    produto = product(http, 5)
    identifier = issue(http, produto, 2)
    detail = {
        "notaFiscalId": identifier,
        "eventoId": str(uuid4()),
        "items": [{"produtoId": produto, "quantidade": 2}],
    }
    body = json.dumps({"id": str(uuid4()), "detail-type": "NotaFiscalCriada", "detail": detail})
    moved = cli("dlq", "resend", DEAD, sent, "--body", body, "--json").json
    assert (moved["moved"], moved["kept"]) == (1, {})
    assert confirmed(http, flows, identifier)
    # The edit carries the invoice's key, so the message is part of the invoice's flow from there on.
    anew = [
        branch
        for branch in flow(cli, identifier)
        if branch["hop"].get("message_id") == moved["message_ids"][0]
    ]
    assert anew[0]["inferred"]
    kinds = [branch["hop"]["kind"] for branch in flow(cli, sent)]
    assert kinds[-3:] == ["dead-lettered", "redriven", "message-sent"]
    (redriven,) = [branch["hop"] for branch in flow(cli, sent) if branch["hop"]["kind"] == "redriven"]
    assert redriven["detail"] == {"source": _arn(DEAD), "original_id": sent, "changed": ["body"]}


def test_dead_letters_are_redriven_and_dropped(flows: Flows, cli: Commands) -> None:
    for text in ("um", "dois"):
        cli("queue", "send", DEAD, text)
    first, second = [letter["message"]["message_id"] for letter in letters(cli)]
    dropped = cli("dlq", "drop", DEAD, first[:8], "--yes", "--json").json
    assert dropped["message_ids"] == [first]
    redriven = cli("dlq", "redrive", DEAD, second, "--json").json
    assert redriven["moved"] == 1
    assert cli("dlq", "redrive", DEAD, second, code=1).out.startswith("0 redriven")
    flows.settle()
    (letter,) = letters(cli)
    assert letter["message"]["message_id"] == redriven["message_ids"][0]
    cli("dlq", "drop", DEAD, letter["message"]["message_id"], "--yes")
    assert letters(cli) == []


def test_a_redrive_that_nobody_listens_to_any_more_stops_and_loses_nothing(
    sandbox: Sandbox, flows: Flows, cli: Commands
) -> None:
    texts = [f"espera {number}" for number in range(4)]
    sent = {cli("queue", "send", DEAD, text, "--json").json["message_id"] for text in texts}
    with ControlClient(sandbox.folder) as client:
        told = client.stream("dlq_redrive", queue=DEAD, message_ids=sorted(sent), rate=0.01)
        assert next(told) == {"done": 0, "of": 4, "result": None}
    flows.settle()
    back = letters(cli)
    assert sorted(letter["message"]["body"] for letter in back) == texts
    stayed = [letter["message"]["message_id"] for letter in back if letter["message"]["message_id"] in sent]
    assert 2 <= len(stayed) < 4


def test_buses_and_rules_say_what_matches(http: httpx.Client, flows: Flows, cli: Commands) -> None:
    event = json.dumps({"source": "nfe.estoque", "detail-type": "ReservaFalhou", "detail": {}})
    verdicts = {one["rule"]: one for one in cli("rule", "test", "nfe-events-dev", event, "--json").json}
    assert verdicts["nfe-reserva-falhou-dev"]["matched"]
    assert verdicts["nfe-nota-fiscal-criada-dev"]["path"] == "source"
    assert cli("rule", "test", '{"source": [', event, code=2).err
    (part,) = cli("rule", "test", "reserva-falhou", event, "--json").json
    assert part["rule"] == "nfe-reserva-falhou-dev"
    assert "say nfe-reserva-falhou-dev" in cli("rule", "test", "nfe-reserva-falho-dev", event, code=2).err
    assert "there is no bus nada" in cli("bus", "events", "nada", code=2).err
    identifier = issue(http, product(http, 1), 1)
    assert confirmed(http, flows, identifier)
    newest = cli("bus", "events", "nfe-events-dev", "-n", "1", "--json").json[0]
    assert newest["detail"]["matched"] == ["nfe-event-log-dev", "nfe-reserva-confirmada-dev"]
    out = cli("flow", "show", identifier, "--near-misses", "--no-log").out
    assert 'nfe-reserva-falhou-dev: detail-type is "ReservaConfirmada"' in out


def test_the_archive_is_replayed_to_one_rule_without_a_second_effect(
    http: httpx.Client, flows: Flows, cli: Commands
) -> None:
    identifier = issue(http, product(http, 1), 1)
    assert confirmed(http, flows, identifier)
    (archive,) = cli("bus", "archives", "--json").json
    assert (archive["name"], archive["retention_days"]) == ("nfe-events-dev", 90)
    assert archive["events"] >= 2
    rule = "nfe-reserva-confirmada-dev"
    started = cli("bus", "replay", "nfe", "--rule", rule, "--json").json
    assert started["state"] == "STARTING"
    flows.settle()
    newest = cli("bus", "replays", "--json").json[0]
    assert (newest["name"], newest["state"], newest["rules"]) == (started["name"], "COMPLETED", [rule])
    assert newest["replayed"] >= 2
    assert "replayed" in cli("flow", "show", identifier, "--no-log").out
    assert confirmed(http, flows, identifier)
    unknown = cli("bus", "cancel", "nenhum", code=2)
    assert "there is no replay nenhum" in unknown.err
    assert "`sandbox bus replays` lists them" in unknown.err
    said = cli("bus", "replay", "nfe", "--rule", "nenhuma", code=2)
    assert rule in said.err


def _arn(queue: str) -> str:
    return f"arn:aws:sqs:us-east-1:000000000000:{queue}"


def test_only_dead_letter_queues_are_redriven(flows: Flows, cli: Commands) -> None:
    said = cli("dlq", "redrive", QUEUE, "--all", code=2).err
    assert f"{QUEUE} is no dead-letter queue" in said
    assert f"sandbox dlq redrive {DEAD} --all" in said
