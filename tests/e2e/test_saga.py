"""The NF-e saga through its API, on the real engine: confirmed, compensated, and kept consistent."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.harness import Sandbox
from tests.e2e.nfe_client import UNKNOWN, issue, nota, order, product, settled, stock, violations
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e

#: What leads from the request to the confirmation, hop by hop.
CHAIN = [
    ("http-request", "POST /api/v1/notas", False),
    ("invoke-start", "nfe-faturamento-dev", False),
    ("invoke-end", "nfe-faturamento-dev", False),
    ("event-put", "NotaFiscalCriada", True),
    ("rule-matched", "nfe-nota-fiscal-criada-dev", False),
    ("delivered", "estoque-reserva", False),
    ("message-sent", "estoque-reserva", False),
    ("message-received", "estoque-reserva", False),
    ("invoke-start", "nfe-estoque-dev", False),
    ("api-call", "PutEvents", False),
    ("event-put", "ReservaConfirmada", False),
    ("rule-matched", "nfe-reserva-confirmada-dev", False),
    ("delivered", "faturamento-confirmacao", False),
    ("message-sent", "faturamento-confirmacao", False),
    ("message-received", "faturamento-confirmacao", False),
    ("invoke-start", "nfe-faturamento-dev", False),
    ("invoke-end", "nfe-faturamento-dev", False),
]


def test_an_invoice_is_confirmed_and_its_stock_reserved(nfe: Sandbox) -> None:
    produto = product(nfe, 10)
    identifier = issue(nfe, produto, 3)
    assert nota(nfe, identifier)["status"] == "PENDING"
    assert stock(nfe, produto) == 10
    nfe.advance("61s")
    found = settled(nfe, identifier)
    assert (found["status"], found["erroCodigo"], stock(nfe, produto)) == ("CONFIRMADA", None, 7)
    (reserva,) = nfe.rows("SELECT * FROM estoque.reservas WHERE nota_fiscal_id = %s", identifier)
    assert (str(reserva["produto_id"]), reserva["quantidade_reservada"]) == (produto, 3)
    assert str(reserva["reserva_id"]) == found["reservaId"]
    assert not violations(nfe)


def test_the_flow_of_an_invoice_shows_every_hop_with_its_cause(nfe: Sandbox) -> None:
    identifier = issue(nfe, product(nfe, 10), 1)
    nota(nfe, identifier)  # to look at an invoice is not to cause what becomes of it
    nfe.advance("61s")
    settled(nfe, identifier)
    branches = eventually(
        lambda: nfe.flow(identifier),
        lambda found: sum(branch["hop"]["kind"] == "message-deleted" for branch in found) == 2,
        what="both messages deleted in the flow",
    )
    text = nfe.cli("flow", "show", identifier).out
    paths = [[step(step) for step in (*branch["above"], branch)] for branch in branches]
    assert CHAIN in paths, text
    assert {branch["hop"]["status"] for branch in branches} == {"ok"}
    assert sum(branch["inferred"] for branch in branches) == 1
    assert "POST /api/v1/notas" in text.splitlines()[0]
    assert "inferred by business key" in text
    (listed,) = [
        flow
        for flow in nfe.cli("flow", "ls", "--json").json
        if flow["keys"].get("notaFiscalId") == identifier and flow["what"].startswith("POST")
    ]
    assert (listed["status"], listed["errors"], listed["dead_letters"]) == ("ok", 0, 0)


def test_a_quantity_above_stock_is_accepted_and_compensated(nfe: Sandbox) -> None:
    produto = product(nfe, 2)
    identifier = issue(nfe, produto, 3)
    nfe.advance("61s")
    found = settled(nfe, identifier)
    assert (found["status"], found["erroCodigo"]) == ("ERRO_ESTOQUE", "ESTOQUE_INSUFICIENTE")
    assert (found["reservaId"], found["confirmadaEm"], stock(nfe, produto)) == (None, None, 2)
    assert nfe.rows("SELECT * FROM estoque.reservas WHERE nota_fiscal_id = %s", identifier) == []


def test_an_unknown_product_is_compensated_with_the_whole_invoice(nfe: Sandbox) -> None:
    produto = product(nfe, 5)
    body = {"items": [{"produtoId": item, "quantidade": 1} for item in (produto, UNKNOWN)]}
    answer = nfe.api("POST", "/api/v1/notas", json=body)
    nfe.advance("61s")
    found = settled(nfe, answer.json()["notaFiscalId"])
    assert (found["status"], found["erroCodigo"]) == ("ERRO_ESTOQUE", "PRODUTO_INEXISTENTE")
    assert stock(nfe, produto) == 5


def test_an_idempotency_key_makes_one_invoice_of_repeated_requests(nfe: Sandbox) -> None:
    produto = product(nfe, 10)
    key = {"Idempotency-Key": f"pedido-{produto}"}
    first, second = (nfe.api("POST", "/api/v1/notas", json=order(produto, 4), headers=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    other = nfe.api("POST", "/api/v1/notas", json=order(produto, 5), headers=key)
    assert other.status_code == 422
    nfe.advance("61s")
    assert settled(nfe, first.json()["notaFiscalId"])["status"] == "CONFIRMADA"
    assert stock(nfe, produto) == 6
    # After the saga too, the answer is that of the first time.
    again = nfe.api("POST", "/api/v1/notas", json=order(produto, 4), headers=key)
    assert (again.status_code, again.json()) == (201, first.json())


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ('{"items": ', {"body"}),
        ("[]", {"body"}),
        ("{}", {"items"}),
        ('{"items": []}', {"items"}),
        (
            '{"items": [{"produtoId": "x", "quantidade": 0}, {"quantidade": "2"}]}',
            {"items[0].produtoId", "items[0].quantidade", "items[1].produtoId", "items[1].quantidade"},
        ),
    ],
)
def test_a_bad_invoice_names_every_faulty_field(nfe: Sandbox, body: str, fields: set[str]) -> None:
    headers = {"Content-Type": "application/json"}
    answer = nfe.api("POST", "/api/v1/notas", content=body, headers=headers)
    assert answer.status_code == 400
    assert {error["field"] for error in answer.json()["errors"]} == fields


def test_what_does_not_exist_is_404(nfe: Sandbox) -> None:
    for path in (f"/api/v1/notas/{UNKNOWN}", "/api/v1/notas/no-uuid", f"/api/v1/produtos/{UNKNOWN}"):
        assert nfe.api("GET", path).status_code == 404, path


def test_products_are_created_listed_and_refused(nfe: Sandbox) -> None:
    seeded = nfe.view["stacks"][0]["seed"]["produtos"]
    produto = product(nfe, 9)
    listed = nfe.api("GET", "/api/v1/produtos", params={"limit": "500"}).json()["produtos"]
    by_id = {item["produtoId"]: item for item in listed}
    assert by_id[produto] == {"produtoId": produto, "nome": "Caneta", "quantidade": 9}
    assert set(seeded) <= set(by_id)
    again = nfe.api("POST", "/api/v1/produtos", json={"produtoId": produto, "quantidade": 1})
    assert again.status_code == 409
    bad = nfe.api("POST", "/api/v1/produtos", json={"nome": "", "quantidade": -1})
    assert {error["field"] for error in bad.json()["errors"]} == {"nome", "quantidade"}


def test_the_list_of_invoices_is_filtered(nfe: Sandbox) -> None:
    produto = product(nfe, 1)
    kept, refused = issue(nfe, produto, 1), issue(nfe, produto, 7)
    nfe.advance("61s")
    settled(nfe, kept)
    settled(nfe, refused)
    pending = issue(nfe, produto, 1)

    def listed(status: str) -> set[str]:
        answer = nfe.api("GET", "/api/v1/notas", params={"status": status, "limit": "100"})
        assert {found["status"] for found in answer.json()["notas"]} <= {status}
        return {found["notaFiscalId"] for found in answer.json()["notas"]}

    assert pending in listed("PENDING")
    assert kept in listed("CONFIRMADA")
    assert refused in listed("ERRO_ESTOQUE")
    wrong = nfe.api("GET", "/api/v1/notas", params={"status": "PAGA", "limit": "0"})
    assert wrong.status_code == 400
    assert {error["field"] for error in wrong.json()["errors"]} == {"status", "limit"}
    nfe.advance("61s")
    settled(nfe, pending)


def test_a_poison_message_ends_in_its_dead_letter_queue_intact(nfe: Sandbox) -> None:
    sqs = nfe.aws("sqs")
    body = '{"poison": "ação", "cut'
    attributes = {"origem": {"DataType": "String", "StringValue": "teste"}}
    sent = sqs.send_message(
        QueueUrl=nfe.outputs["EstoqueReservaQueueUrl"], MessageBody=body, MessageAttributes=attributes
    )
    for count in (1, 2, 3):
        received = eventually(
            lambda: nfe.hops(sent["MessageId"], "message-received"),
            lambda hops, count=count: len(hops) == count,  # type: ignore[misc]
            what=f"receive {count} of the poison message",
        )
        assert received[-1]["detail"].get("receive_count", 1) == count
        eventually(
            lambda: nfe.hops(sent["MessageId"], "invoke-end"),
            lambda hops, count=count: len(hops) == count,  # type: ignore[misc]
            what=f"the end of invocation {count}",
        )
        nfe.advance("90s")
    dlq = nfe.outputs["EstoqueReservaDlqUrl"]
    (letter,) = sqs.receive_message(
        QueueUrl=dlq, WaitTimeSeconds=10, AttributeNames=["All"], MessageAttributeNames=["All"]
    )["Messages"]
    assert (letter["Body"], letter["MessageId"]) == (body, sent["MessageId"])
    assert letter["MessageAttributes"]["origem"]["StringValue"] == "teste"
    assert letter["Attributes"]["DeadLetterQueueSourceArn"].endswith(":estoque-reserva")
    sqs.delete_message(QueueUrl=dlq, ReceiptHandle=letter["ReceiptHandle"])
    assert len(nfe.hops(sent["MessageId"], "dead-lettered")) == 1
    assert _depth(nfe, "EstoqueReservaQueueUrl") == 0


def test_the_same_event_delivered_again_takes_stock_once(nfe: Sandbox) -> None:
    produto = product(nfe, 10)
    identifier = issue(nfe, produto, 4)
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
    nfe.advance("61s")  # the outbox publishes it a third time
    assert settled(nfe, identifier)["status"] == "CONFIRMADA"
    for entry_result in answer["Entries"]:
        eventually(
            lambda event=entry_result["EventId"]: nfe.hops(event, "message-deleted"),  # type: ignore[misc]
            what="the duplicate taken from the queue",
        )
    eventually(lambda: _depth(nfe, "EstoqueReservaQueueUrl"), lambda depth: depth == 0, what="an empty queue")
    assert stock(nfe, produto) == 6
    assert not violations(nfe, ("always",))


def test_twenty_invoices_at_once_share_scarce_stock_fairly(nfe: Sandbox) -> None:
    produto = product(nfe, 10)
    with ThreadPoolExecutor(8) as pool:
        identifiers = list(pool.map(lambda _: issue(nfe, produto, 1), range(20)))
    nfe.advance("61s")
    states = [settled(nfe, identifier)["status"] for identifier in identifiers]
    assert sorted(states) == ["CONFIRMADA"] * 10 + ["ERRO_ESTOQUE"] * 10
    assert stock(nfe, produto) == 0
    assert not violations(nfe, ("always",))


def test_the_api_throttles_a_burst_and_recovers_with_time(nfe: Sandbox) -> None:
    nfe.advance("5s")  # the bucket is full
    codes = [nfe.api("GET", f"/api/v1/produtos/{UNKNOWN}").status_code for _ in range(205)]
    assert codes == [404] * 200 + [429] * 5
    refused = nfe.api("GET", "/health")
    assert (refused.status_code, refused.json()) == (429, {"message": "Too Many Requests"})
    nfe.advance("5s")
    assert nfe.api("GET", "/health").json()["status"] == "ok"


def step(branch: dict[str, Any]) -> tuple[str, str, bool]:
    """A hop as `CHAIN` has it."""
    hop = branch["hop"]
    if hop["kind"] == "event-put":
        where = hop["detail"]["detailType"]
    elif hop["kind"] in ("http-request", "api-call"):
        where = hop["operation"]
    else:
        where = hop["resource"].rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    return hop["kind"], where, branch["inferred"]


def _depth(sandbox: Sandbox, output: str) -> int:
    counts = sandbox.aws("sqs").get_queue_attributes(
        QueueUrl=sandbox.outputs[output],
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    return sum(int(count) for count in counts.values())
