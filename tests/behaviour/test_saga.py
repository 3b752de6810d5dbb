"""The NF-e saga: confirmed, compensated, dead-lettered and redriven, and kept consistent."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.behaviour.aws import PATIENCE
from tests.e2e.harness import Sandbox
from tests.e2e.nfe_client import (
    CHAIN,
    FINAL,
    UNKNOWN,
    issue,
    nota,
    order,
    product,
    step,
    stock,
    violations,
)
from tests.e2e.waiting import eventually


def settled(nfe: Sandbox, identifier: str) -> dict[str, Any]:
    """An invoice once its saga has ended: the outbox is invoked, not waited for."""
    report = nfe.cli("invoke", "nfe-outbox-dev", "--json").json
    assert report["error"] is None, report
    return eventually(
        lambda: nota(nfe.http, identifier),
        lambda found: found["status"] in FINAL,
        what=f"a final state of invoice {identifier}",
        seconds=PATIENCE,
    )


def test_an_invoice_is_confirmed_and_its_stock_reserved(nfe: Sandbox) -> None:
    produto = product(nfe.http, 10)
    identifier = issue(nfe.http, produto, 3)
    found = settled(nfe, identifier)
    assert (found["status"], found["erroCodigo"], stock(nfe.http, produto)) == ("CONFIRMADA", None, 7)
    (reserva,) = nfe.rows("SELECT * FROM estoque.reservas WHERE nota_fiscal_id = %s", identifier)
    assert (str(reserva["produto_id"]), reserva["quantidade_reservada"]) == (produto, 3)


def test_a_quantity_above_stock_is_accepted_and_compensated(nfe: Sandbox) -> None:
    produto = product(nfe.http, 2)
    identifier = issue(nfe.http, produto, 3)
    found = settled(nfe, identifier)
    assert (found["status"], found["erroCodigo"]) == ("ERRO_ESTOQUE", "ESTOQUE_INSUFICIENTE")
    assert (found["reservaId"], stock(nfe.http, produto)) == (None, 2)
    assert nfe.rows("SELECT * FROM estoque.reservas WHERE nota_fiscal_id = %s", identifier) == []


def test_an_unknown_product_is_compensated_with_the_whole_invoice(nfe: Sandbox) -> None:
    produto = product(nfe.http, 5)
    body = {"items": [{"produtoId": item, "quantidade": 1} for item in (produto, UNKNOWN)]}
    answer = nfe.api("POST", "/api/v1/notas", json=body)
    found = settled(nfe, answer.json()["notaFiscalId"])
    assert (found["status"], found["erroCodigo"]) == ("ERRO_ESTOQUE", "PRODUTO_INEXISTENTE")
    assert stock(nfe.http, produto) == 5


def test_an_idempotency_key_makes_one_invoice_of_repeated_requests(nfe: Sandbox) -> None:
    key = {"Idempotency-Key": f"pedido-{UNKNOWN}"}
    produto = product(nfe.http, 10)
    first, second = (nfe.api("POST", "/api/v1/notas", json=order(produto, 4), headers=key) for _ in range(2))
    assert first.json() == second.json()
    assert nfe.api("POST", "/api/v1/notas", json=order(produto, 5), headers=key).status_code == 422
    assert settled(nfe, first.json()["notaFiscalId"])["status"] == "CONFIRMADA"
    assert stock(nfe.http, produto) == 6


def test_the_flow_of_an_invoice_shows_every_hop_with_its_cause(nfe: Sandbox) -> None:
    identifier = issue(nfe.http, product(nfe.http, 10), 1)
    settled(nfe, identifier)

    def told(branches: list[dict[str, Any]]) -> bool:
        paths = [[step(one) for one in (*branch["above"], branch)] for branch in branches]
        deleted = sum(branch["hop"]["kind"] == "message-deleted" for branch in branches)
        return deleted == 2 and CHAIN in paths

    branches = eventually(
        lambda: nfe.flow(identifier), told, what="the whole chain with both messages deleted in the flow"
    )
    assert sum(branch["inferred"] for branch in branches) == 1


def test_the_same_event_delivered_again_takes_stock_once(nfe: Sandbox) -> None:
    produto = product(nfe.http, 10)
    identifier = issue(nfe.http, produto, 4)
    (row,) = nfe.rows(
        "SELECT tipo, payload FROM faturamento.eventos_outbox WHERE nota_fiscal_id = %s", identifier
    )
    entry = {
        "EventBusName": nfe.outputs["EventBusName"],
        "Source": "nfe.faturamento",
        "DetailType": row["tipo"],
        "Detail": json.dumps(row["payload"]),
    }
    answer = nfe.aws("events").put_events(Entries=[entry, entry])
    assert answer["FailedEntryCount"] == 0
    assert settled(nfe, identifier)["status"] == "CONFIRMADA"
    for event in answer["Entries"]:
        eventually(
            lambda event=event["EventId"]: nfe.hops(event, "message-deleted"),  # type: ignore[misc]
            what="the duplicate taken from the queue",
            seconds=PATIENCE,
        )
    assert stock(nfe.http, produto) == 6
    assert not violations(nfe, ("always",))


def test_invoices_at_once_share_scarce_stock_fairly(nfe: Sandbox) -> None:
    produto = product(nfe.http, 3)
    with ThreadPoolExecutor(3) as pool:
        identifiers = list(pool.map(lambda _: issue(nfe.http, produto, 1), range(6)))
    states = [settled(nfe, identifier)["status"] for identifier in identifiers]
    assert sorted(states) == ["CONFIRMADA"] * 3 + ["ERRO_ESTOQUE"] * 3
    assert stock(nfe.http, produto) == 0
    assert not violations(nfe, ("always",))


def test_a_poison_message_is_dead_lettered_intact_and_redriven(nfe: Sandbox) -> None:
    sqs = nfe.aws("sqs")
    url, letters = nfe.outputs["EstoqueReservaQueueUrl"], nfe.outputs["EstoqueReservaDlqUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    body = '{"poison": "ação", "cut'
    given = {"origem": {"DataType": "String", "StringValue": "teste"}}
    sent = sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=given)
    letter = _letter(nfe, letters)
    assert (letter["Body"], letter["MessageId"]) == (body, sent["MessageId"])
    assert letter["MessageAttributes"]["origem"]["StringValue"] == "teste"
    assert letter["Attributes"]["DeadLetterQueueSourceArn"].endswith(":estoque-reserva")
    dead = eventually(
        lambda: nfe.hops(sent["MessageId"], "dead-lettered"), what="the dead letter in the journal"
    )
    assert dead[0]["detail"]["receive_count"] == 3
    arn = sqs.get_queue_attributes(QueueUrl=letters, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.start_message_move_task(SourceArn=arn)
    eventually(
        lambda: len(nfe.hops(sent["MessageId"], "dead-lettered")),
        lambda times: times == 2,
        what="its second death, after its redrive",
        seconds=PATIENCE,
    )
    assert nfe.hops(sent["MessageId"], "redriven")
    sqs.purge_queue(QueueUrl=letters)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "90"})


def _letter(nfe: Sandbox, url: str) -> dict[str, Any]:
    """A dead letter, left where it is."""
    found = eventually(
        lambda: (
            nfe.aws("sqs")
            .receive_message(
                QueueUrl=url,
                WaitTimeSeconds=2,
                VisibilityTimeout=0,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            .get("Messages")
        ),
        what="the dead letter",
        seconds=PATIENCE,
    )
    assert found is not None
    letter: dict[str, Any] = found[0]
    return letter
