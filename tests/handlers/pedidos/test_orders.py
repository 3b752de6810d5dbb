"""Pedidos on the sandbox, through its API, its queue and its stream; every test gets it fresh."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from sandbox.testing import Flows, Stack

pytestmark = [pytest.mark.e2e, pytest.mark.sandbox("pedidos")]

ORDER = {"clienteId": "dora", "itens": [{"sku": "A-1", "quantidade": 2, "precoCentavos": 1990}]}


@pytest.fixture
def api(stack: Stack) -> Iterator[httpx.Client]:
    """A client that may read and write."""
    token = stack.token("dora", scopes=["pedidos:read", "pedidos:write"])
    with stack.http() as client:
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def create(api: httpx.Client, **headers: str) -> dict[str, Any]:
    answer = api.post("/pedidos", json=ORDER, headers=headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def summary(stack: Stack, cliente: str) -> dict[str, Any]:
    """The projection's item of a customer."""
    key = {"pk": {"S": f"CLIENTE#{cliente}"}, "sk": {"S": "RESUMO"}}
    found = stack.aws.client("dynamodb").get_item(TableName=stack.outputs["TableName"], Key=key)
    item: dict[str, Any] = found.get("Item", {})
    return item


def test_an_order_is_received_and_processed(stack: Stack, api: httpx.Client, flows: Flows) -> None:
    made = create(api)
    assert made["status"] == "RECEBIDO"
    flows.settle()
    order = api.get(f"/pedidos/{made['pedidoId']}").json()
    assert (order["status"], order["totalCentavos"], order["itens"]) == ("PROCESSADO", 3980, ORDER["itens"])
    kept = summary(stack, "dora")
    assert (kept["totalCentavos"], kept["PROCESSADO"]) == ({"N": "3980"}, {"N": "1"})
    stack.assert_no_dead_letters()


@pytest.mark.parametrize(
    ("scopes", "authorized", "status"),
    [
        (None, "", 401),
        (None, "Bearer x.y.z", 401),
        ([], None, 403),
        (["pedidos:read"], None, 403),
        (["pedidos:write"], None, 201),
    ],
)
def test_a_token_with_the_scope_is_needed(
    stack: Stack, http: httpx.Client, scopes: list[str] | None, authorized: str | None, status: int
) -> None:
    header = authorized if scopes is None else f"Bearer {stack.token('dora', scopes=scopes)}"
    answer = http.post("/pedidos", json=ORDER, headers={"Authorization": header} if header else {})
    assert answer.status_code == status


def test_a_token_expires_by_the_clock(stack: Stack, api: httpx.Client) -> None:
    create(api)
    stack.clock.advance(hours=2)
    assert api.post("/pedidos", json=ORDER).status_code == 401


def test_a_repeated_request_is_one_order(stack: Stack, api: httpx.Client, flows: Flows) -> None:
    headers = {"Idempotency-Key": "pedido-7"}
    first = create(api, **headers)
    flows.settle()
    assert create(api, **headers) == first
    other = {**ORDER, "itens": [{"sku": "B", "quantidade": 1, "precoCentavos": 1}]}
    assert api.post("/pedidos", json=other, headers=headers).status_code == 422
    assert len(api.get("/pedidos", params={"clienteId": "dora"}).json()["pedidos"]) == 1


def test_the_same_key_at_the_same_time_is_one_order(api: httpx.Client) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: create(api, **{"Idempotency-Key": "k"}), range(8)))
    assert len({answer["pedidoId"] for answer in answers}) == 1


def test_every_faulty_field_is_named(api: httpx.Client) -> None:
    wrong = {"clienteId": "", "itens": [{"sku": "A", "quantidade": 0}], "desconto": 1}
    answer = api.post("/pedidos", json=wrong)
    assert answer.status_code == 400
    fields = {fault["field"] for fault in answer.json()["errors"]}
    assert fields == {"clienteId", "desconto", "itens[0].quantidade", "itens[0].precoCentavos"}
    assert api.post("/pedidos", content=b"{").json()["errors"][0]["message"] == "must be JSON"


def test_orders_of_a_customer_newest_first_in_pages(stack: Stack, api: httpx.Client) -> None:
    made = [create(api)["pedidoId"] for _ in range(5)]
    seen: list[str] = []
    params: dict[str, str] = {"clienteId": "dora", "limite": "2"}
    while True:
        page = api.get("/pedidos", params=params).json()
        seen += [order["pedidoId"] for order in page["pedidos"]]
        if not page["nextToken"]:
            break
        params["nextToken"] = page["nextToken"]
    assert seen == made[::-1]
    seeded = api.get("/pedidos", params={"clienteId": "ana"}).json()["pedidos"]
    assert {order["pedidoId"] for order in seeded} <= set(stack.seed["pedidos"])
    foreign = {"clienteId": "ana", "nextToken": params["nextToken"]}
    assert api.get("/pedidos", params=foreign).status_code == 400


def test_an_order_is_cancelled_before_it_is_processed(stack: Stack, api: httpx.Client, flows: Flows) -> None:
    faults = stack.faults
    faults.delay(queue="pedidos-processar", seconds=60)
    made = create(api)
    answer = api.post(f"/pedidos/{made['pedidoId']}/cancelamento")
    assert (answer.status_code, answer.json()["status"]) == (200, "CANCELADO")
    flows.settle()
    assert api.get(f"/pedidos/{made['pedidoId']}").json()["status"] == "CANCELADO"
    assert api.post(f"/pedidos/{made['pedidoId']}/cancelamento").status_code == 200
    assert summary(stack, "dora")["totalCentavos"] == {"N": "0"}


def test_a_processed_order_stays(api: httpx.Client, flows: Flows) -> None:
    made = create(api)
    flows.settle()
    assert api.post(f"/pedidos/{made['pedidoId']}/cancelamento").status_code == 409
    assert api.post("/pedidos/nenhum/cancelamento").status_code == 404


def test_duplicates_change_nothing(stack: Stack, api: httpx.Client, flows: Flows) -> None:
    stack.faults.duplicate(queue="pedidos-processar", times=3)
    made = create(api)
    flows.settle()
    order = api.get(f"/pedidos/{made['pedidoId']}").json()
    assert order["status"] == "PROCESSADO"
    assert summary(stack, "dora")["PROCESSADO"] == {"N": "1"}
    stack.assert_no_dead_letters()


def test_a_poisoned_message_alone_is_dead_lettered(stack: Stack, api: httpx.Client, flows: Flows) -> None:
    sqs, url = stack.aws.client("sqs"), stack.outputs["ProcessarQueueUrl"]
    entries = [
        {"Id": "poison", "MessageBody": "not json"},
        {"Id": "unknown", "MessageBody": json.dumps({"pedidoId": "nenhum"})},
    ]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
    made = create(api)
    flows.settle()
    assert api.get(f"/pedidos/{made['pedidoId']}").json()["status"] == "PROCESSADO"
    dead = stack.queue("pedidos-processar-dlq")
    assert len(dead.messages()) == 2
