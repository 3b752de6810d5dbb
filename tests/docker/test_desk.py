"""The message desk on the Docker engine: dead letters of LocalStack's queues, one by one."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.docker.harness import DockerSandbox
from tests.e2e.nfe_client import FINAL, issue, nota, product
from tests.e2e.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

_QUEUE, _DEAD = "estoque-reserva", "estoque-reserva-dlq"


def _letters(nfe: DockerSandbox) -> dict[str, Any]:
    return {one["message"]["message_id"]: one for one in nfe.cli("dlq", "show", _DEAD, "--json").json}


def _poison(nfe: DockerSandbox, *bodies: str) -> list[str]:
    """Sends messages that cannot be read, and waits until they are dead letters."""
    url = nfe.outputs["EstoqueReservaQueueUrl"]
    nfe.aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    sent = [
        nfe.cli("queue", "send", _QUEUE, body, "--attribute", "cor=azul", "--json").json["message_id"]
        for body in bodies
    ]
    eventually(
        lambda: _letters(nfe), lambda found: set(sent) <= set(found), what="the dead letters", seconds=90
    )
    return sent


def test_dead_letters_are_edited_redriven_and_dropped_by_id(nfe: DockerSandbox) -> None:
    edited, redriven, dropped, kept = _poison(nfe, '{"a', '{"b', '{"c', '{"d')
    eventually(
        lambda: [_letters(nfe)[edited][name] for name in ("source", "attempts", "function")],
        lambda told: told == [_QUEUE, 3, "nfe-estoque-dev"],
        what="where the dead letter comes from",
    )

    produto = product(nfe.http, 5)
    invoice = issue(nfe.http, produto, 2)
    detail = {
        "notaFiscalId": invoice,
        "eventoId": str(uuid4()),
        "items": [{"produtoId": produto, "quantidade": 2}],
    }
    body = json.dumps({"id": str(uuid4()), "detail-type": "NotaFiscalCriada", "detail": detail})
    moved = nfe.cli("dlq", "resend", _DEAD, edited[:13], "--body", body, "--json").json
    assert (moved["moved"], moved["kept"]) == (1, {})
    settled = eventually(
        lambda: nota(nfe.http, invoice), lambda found: found["status"] in FINAL, what="the end", seconds=60
    )
    assert settled["status"] == "CONFIRMADA"
    kinds = eventually(
        lambda: [branch["hop"]["kind"] for branch in nfe.flow(edited)],
        lambda kinds: {"dead-lettered", "redriven"} <= set(kinds),
        what="its death and its redrive in the journal",
    )
    assert kinds.index("dead-lettered") < kinds.index("redriven")

    assert nfe.cli("dlq", "drop", _DEAD, dropped, "--yes", "--json").json["moved"] == 1
    again = nfe.cli("dlq", "redrive", _DEAD, redriven, "nenhuma", "--json", code=1).json
    assert again["moved"] == 1
    assert "not in the queue" in again["kept"]["nenhuma"]
    # It is as broken as it was: it comes back as another message, and the journal knows which it was.
    (anew,) = again["message_ids"]
    found = eventually(lambda: _letters(nfe), lambda found: anew in found, what="its return", seconds=90)
    assert set(found) == {anew, kept}
    assert found[anew]["message"]["attributes"]["cor"]["StringValue"] == "azul"
    nfe.cli("dlq", "drop", _DEAD, anew, kept, "--yes")
    assert _letters(nfe) == {}
    url = nfe.outputs["EstoqueReservaQueueUrl"]
    nfe.aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "90"})
