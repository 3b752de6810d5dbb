"""The NF-e saga through its API, on the real engine: confirmed, compensated, and kept consistent."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from sandbox.testing import Aws, Clock, Flows, Sagas, Stack
from tests.e2e.harness import branches
from tests.e2e.nfe_client import CHAIN, UNKNOWN, issue, nota, order, product, step, stock
from tests.support.commands import Commands

pytestmark = [pytest.mark.e2e, pytest.mark.postgres, pytest.mark.sandbox("nfe")]

Database = psycopg.Connection[dict[str, Any]]


@pytest.fixture
def produto(http: httpx.Client) -> str:
    """A product with ten in stock."""
    return product(http, 10)


def test_an_invoice_is_confirmed_and_its_stock_reserved(
    http: httpx.Client, flows: Flows, sagas: Sagas, database: Database, produto: str
) -> None:
    identifier = issue(http, produto, 3)
    assert stock(http, produto) == 10
    flows.settle()
    found = nota(http, identifier)
    assert (found["status"], found["erroCodigo"], stock(http, produto)) == ("CONFIRMADA", None, 7)
    (reserva,) = database.execute("SELECT * FROM estoque.reservas").fetchall()
    assert str(reserva["nota_fiscal_id"]) == identifier
    assert (str(reserva["produto_id"]), reserva["quantidade_reservada"]) == (produto, 3)
    assert str(reserva["reserva_id"]) == found["reservaId"]
    sagas.assert_completed(identifier)
    sagas.assert_invariants()


def test_every_hop_of_an_invoice_has_its_cause(
    http: httpx.Client, flows: Flows, cli: Commands, produto: str
) -> None:
    identifier = issue(http, produto, 1)
    nota(http, identifier)  # to look at an invoice is not to cause what becomes of it
    flows.settle()
    text = cli("flow", "show", identifier).out
    found = branches(cli("flow", "show", identifier, "--json").json["tree"])
    assert CHAIN in [[step(one) for one in (*branch["above"], branch)] for branch in found], text
    assert {branch["hop"]["status"] for branch in found} == {"ok"}
    assert sum(branch["inferred"] for branch in found) == 1
    assert sum(branch["hop"]["kind"] == "message-deleted" for branch in found) == 2
    assert "POST /api/v1/notas" in text.splitlines()[0]
    assert "inferred by business key" in text
    assert [hop.id for hop in flows.of(identifier).hops] == sorted(branch["hop"]["id"] for branch in found)
    (listed,) = [
        flow
        for flow in cli("flow", "ls", "--json").json
        if flow["keys"].get("notaFiscalId") == identifier and flow["what"].startswith("POST")
    ]
    assert (listed["status"], listed["errors"], listed["dead_letters"]) == ("ok", 0, 0)


def test_a_quantity_above_stock_is_accepted_and_compensated(
    http: httpx.Client, flows: Flows, sagas: Sagas, database: Database, produto: str
) -> None:
    identifier = issue(http, produto, 11)
    flows.settle()
    found = nota(http, identifier)
    assert (found["status"], found["erroCodigo"]) == ("ERRO_ESTOQUE", "ESTOQUE_INSUFICIENTE")
    assert (found["reservaId"], found["confirmadaEm"], stock(http, produto)) == (None, None, 10)
    assert database.execute("SELECT * FROM estoque.reservas").fetchall() == []
    sagas.assert_compensated(identifier)


def test_an_unknown_product_is_compensated_with_the_whole_invoice(
    http: httpx.Client, flows: Flows, produto: str
) -> None:
    body = {"items": [{"produtoId": item, "quantidade": 1} for item in (produto, UNKNOWN)]}
    answer = http.post("/api/v1/notas", json=body)
    flows.settle()
    found = nota(http, answer.json()["notaFiscalId"])
    assert (found["status"], found["erroCodigo"]) == ("ERRO_ESTOQUE", "PRODUTO_INEXISTENTE")
    assert stock(http, produto) == 10


def test_an_idempotency_key_makes_one_invoice_of_repeated_requests(
    http: httpx.Client, flows: Flows, produto: str
) -> None:
    def post(quantity: int) -> httpx.Response:
        key = {"Idempotency-Key": "pedido-1"}
        return http.post("/api/v1/notas", json=order(produto, quantity), headers=key)

    first, second = post(4), post(4)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert post(5).status_code == 422
    flows.settle()
    assert nota(http, first.json()["notaFiscalId"])["status"] == "CONFIRMADA"
    assert stock(http, produto) == 6
    # After the saga too, the answer is that of the first time.
    again = post(4)
    assert (again.status_code, again.json()) == (201, first.json())


BAD = '{"items": [{"produtoId": "x", "quantidade": 0}, {"quantidade": "2"}]}'
BAD_FIELDS = {f"items[{line}].{name}" for line in (0, 1) for name in ("produtoId", "quantidade")}


def test_a_bad_invoice_names_every_faulty_field(http: httpx.Client) -> None:
    for body, fields in (
        ('{"items": ', {"body"}),
        ("[]", {"body"}),
        ("{}", {"items"}),
        ('{"items": []}', {"items"}),
        (BAD, BAD_FIELDS),
    ):
        answer = http.post("/api/v1/notas", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
        assert {error["field"] for error in answer.json()["errors"]} == fields


def test_what_does_not_exist_is_404(http: httpx.Client) -> None:
    for path in (f"/api/v1/notas/{UNKNOWN}", "/api/v1/notas/no-uuid", f"/api/v1/produtos/{UNKNOWN}"):
        assert http.get(path).status_code == 404, path


def test_products_are_created_listed_and_refused(stack: Stack, http: httpx.Client, produto: str) -> None:
    listed = http.get("/api/v1/produtos", params={"limit": "500"}).json()["produtos"]
    by_id = {item["produtoId"]: item for item in listed}
    assert by_id[produto] == {"produtoId": produto, "nome": "Caneta", "quantidade": 10}
    assert set(by_id) == {produto, *stack.seed["produtos"]}
    again = http.post("/api/v1/produtos", json={"produtoId": produto, "quantidade": 1})
    assert again.status_code == 409
    bad = http.post("/api/v1/produtos", json={"nome": "", "quantidade": -1})
    assert {error["field"] for error in bad.json()["errors"]} == {"nome", "quantidade"}


def test_the_list_of_invoices_is_filtered(http: httpx.Client, flows: Flows, produto: str) -> None:
    kept, refused = issue(http, produto, 1), issue(http, produto, 70)
    flows.settle()
    pending = issue(http, produto, 1)

    def listed(status: str) -> list[str]:
        answer = http.get("/api/v1/notas", params={"status": status, "limit": "100"})
        assert {found["status"] for found in answer.json()["notas"]} <= {status}
        return [found["notaFiscalId"] for found in answer.json()["notas"]]

    assert [listed(one) for one in ("PENDING", "CONFIRMADA", "ERRO_ESTOQUE")] == [
        [pending],
        [kept],
        [refused],
    ]
    wrong = http.get("/api/v1/notas", params={"status": "PAGA", "limit": "0"})
    assert wrong.status_code == 400
    assert {error["field"] for error in wrong.json()["errors"]} == {"status", "limit"}


def test_a_poison_message_ends_in_its_dead_letter_queue_intact(stack: Stack, aws: Aws, flows: Flows) -> None:
    body = '{"poison": "ação", "cut'
    attributes = {"origem": {"DataType": "String", "StringValue": "teste"}}
    queue = stack.queue("estoque-reserva")
    sent = aws.client("sqs").send_message(QueueUrl=queue.url, MessageBody=body, MessageAttributes=attributes)
    flows.settle()
    queue.assert_empty()
    (letter,) = stack.queue("estoque-reserva-dlq").messages()
    assert (letter.body, letter.message_id, letter.receive_count) == (body, sent["MessageId"], 3)
    assert letter.attributes["origem"]["StringValue"] == "teste"
    assert letter.source is not None
    assert letter.source.endswith(":estoque-reserva")
    kinds = [hop.kind.value for hop in flows.of(sent["MessageId"]).hops]
    assert [kinds.count(kind) for kind in ("message-received", "invoke-end", "dead-lettered")] == [3, 3, 1]


def test_the_same_event_delivered_again_takes_stock_once(
    stack: Stack, aws: Aws, http: httpx.Client, flows: Flows, sagas: Sagas, database: Database, produto: str
) -> None:
    identifier = issue(http, produto, 4)
    (row,) = database.execute("SELECT tipo, payload FROM faturamento.eventos_outbox").fetchall()
    entry = {
        "EventBusName": stack.outputs["EventBusName"],
        "Source": "nfe.faturamento",
        "DetailType": row["tipo"],
        "Detail": json.dumps(row["payload"]),
    }
    assert aws.client("events").put_events(Entries=[entry, entry])["FailedEntryCount"] == 0
    flows.settle()  # the outbox publishes it a third time
    assert nota(http, identifier)["status"] == "CONFIRMADA"
    stack.queue("estoque-reserva").assert_empty()
    assert stock(http, produto) == 6
    sagas.assert_invariants()
    stack.assert_idempotent("NotaFiscalCriada")


def test_twenty_invoices_at_once_share_scarce_stock_fairly(
    http: httpx.Client, flows: Flows, sagas: Sagas, produto: str
) -> None:
    with ThreadPoolExecutor(8) as pool:
        identifiers = list(pool.map(lambda _: issue(http, produto, 1), range(20)))
    flows.settle()
    states = [nota(http, identifier)["status"] for identifier in identifiers]
    assert sorted(states) == ["CONFIRMADA"] * 10 + ["ERRO_ESTOQUE"] * 10
    assert stock(http, produto) == 0
    sagas.assert_invariants()


def test_the_api_throttles_a_burst_and_recovers_with_time(
    http: httpx.Client, clock: Clock, flows: Flows
) -> None:
    codes = [http.get(f"/api/v1/produtos/{UNKNOWN}").status_code for _ in range(205)]
    assert codes == [404] * 200 + [429] * 5
    refused = http.get("/health")
    assert (refused.status_code, refused.json()) == (429, {"message": "Too Many Requests"})
    flow = flows.of(refused.headers["x-amzn-RequestId"])
    assert "throttled: the token bucket is empty; it fills with the sandbox's time" in flow.tree
    assert "clock.advance(1) in a test" in flow.tree
    clock.advance(5)
    assert http.get("/health").json()["status"] == "ok"
