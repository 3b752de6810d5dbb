"""Pedidos on either engine: its API with JWT, its table, its queue, its stream; the clock is the real one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.behaviour.aws import PATIENCE, received
from tests.e2e.harness import ROOT, Sandbox
from tests.e2e.waiting import eventually

ITEMS = [{"sku": "A-1", "quantidade": 2, "precoCentavos": 1990}]
_BOTH = ("pedidos:read", "pedidos:write")

Api = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def pedidos(nfe: Sandbox) -> dict[str, str]:
    """The outputs of the system."""
    nfe.cli("deploy", str(ROOT / "handlers" / "pedidos"))
    (stack,) = [one for one in nfe.status()["stacks"] if one["name"] == "pedidos"]
    outputs: dict[str, str] = stack["outputs"]
    return outputs


@pytest.fixture(scope="module")
def api(nfe: Sandbox, pedidos: dict[str, str]) -> Api:
    """Asks its API, by default with a token that may read and write."""

    def ask(
        method: str, path: str, *, scopes: tuple[str, ...] | None = _BOTH, **options: Any
    ) -> httpx.Response:
        headers = dict(options.pop("headers", {}))
        if scopes is not None:
            words = [word for scope in scopes for word in ("--scope", scope)]
            headers["Authorization"] = f"Bearer {nfe.cli('token', '--sub', 'dora', *words).out.strip()}"
        url = f"{pedidos['ApiUrl']}{path}"
        return httpx.request(method, url, headers=headers, timeout=PATIENCE, trust_env=False, **options)

    return ask


def _create(api: Api, cliente: str, **headers: str) -> str:
    answer = api("POST", "/pedidos", json={"clienteId": cliente, "itens": ITEMS}, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["pedidoId"])


def _order(api: Api, identifier: str) -> dict[str, Any]:
    found: dict[str, Any] = api("GET", f"/pedidos/{identifier}").json()
    return found


def _summary(nfe: Sandbox, table: str, cliente: str) -> dict[str, Any]:
    key = {"pk": {"S": f"CLIENTE#{cliente}"}, "sk": {"S": "RESUMO"}}
    found: dict[str, Any] = nfe.aws("dynamodb").get_item(TableName=table, Key=key).get("Item", {})
    return found


def _processed(api: Api, identifier: str) -> dict[str, Any]:
    return eventually(
        lambda: _order(api, identifier),
        lambda order: order.get("status") == "PROCESSADO",
        what=f"the processing of order {identifier}",
        seconds=PATIENCE,
    )


def test_an_order_is_received_processed_and_summed_up(
    nfe: Sandbox, api: Api, pedidos: dict[str, str]
) -> None:
    identifier = _create(api, "dora")
    order = _processed(api, identifier)
    assert (order["totalCentavos"], order["itens"]) == (3980, ITEMS)
    kept = eventually(
        lambda: _summary(nfe, pedidos["TableName"], "dora"),
        lambda summary: summary.get("PROCESSADO") == {"N": "1"},
        what="the summary of the customer",
        seconds=PATIENCE,
    )
    assert kept["totalCentavos"] == {"N": "3980"}


def test_a_token_with_the_scope_is_needed(api: Api) -> None:
    body = {"clienteId": "eva", "itens": ITEMS}
    forged = {"Authorization": "Bearer x.y.z"}
    assert api("POST", "/pedidos", scopes=None, json=body).status_code == 401
    assert api("POST", "/pedidos", scopes=None, json=body, headers=forged).status_code == 401
    assert api("POST", "/pedidos", scopes=("pedidos:read",), json=body).status_code == 403
    assert api("GET", "/pedidos?clienteId=eva", scopes=("pedidos:write",)).status_code == 403
    assert api("POST", "/pedidos", scopes=("pedidos:write",), json=body).status_code == 201


def test_a_repeated_request_is_one_order(api: Api) -> None:
    first = _create(api, "flor", **{"Idempotency-Key": "uma"})
    assert _create(api, "flor", **{"Idempotency-Key": "uma"}) == first
    listed = api("GET", "/pedidos?clienteId=flor").json()["pedidos"]
    assert [order["pedidoId"] for order in listed] == [first]


def test_orders_of_a_customer_newest_first_in_pages(api: Api) -> None:
    made = [_create(api, "gil") for _ in range(3)]
    page = api("GET", "/pedidos?clienteId=gil&limite=2").json()
    rest = api("GET", f"/pedidos?clienteId=gil&limite=2&nextToken={page['nextToken']}").json()
    listed = [order["pedidoId"] for order in (*page["pedidos"], *rest["pedidos"])]
    assert sorted(listed) == sorted(made)
    times = [order["criadoEm"] for order in (*page["pedidos"], *rest["pedidos"])]
    assert times == sorted(times, reverse=True)


def test_a_processed_order_cannot_be_cancelled(api: Api) -> None:
    identifier = _create(api, "hugo")
    _processed(api, identifier)
    assert api("POST", f"/pedidos/{identifier}/cancelamento").status_code == 409
    assert api("POST", "/pedidos/nenhum/cancelamento").status_code == 404


def test_a_poisoned_message_alone_is_dead_lettered(nfe: Sandbox, api: Api, pedidos: dict[str, str]) -> None:
    sqs, url = nfe.aws("sqs"), pedidos["ProcessarQueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    # A receive that waits already holds what comes for as long as was said when it began to wait.
    _processed(api, _create(api, "ivo"))
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"pedidoId": "nenhum"}))
    identifier = _create(api, "ivo")
    _processed(api, identifier)
    (letter,) = received(nfe, pedidos["ProcessarDlqUrl"])
    assert json.loads(letter["Body"]) == {"pedidoId": "nenhum"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "90"})


def test_the_flow_of_an_order_has_its_change_and_the_projection(nfe: Sandbox, api: Api) -> None:
    identifier = _create(api, "joca")
    _processed(api, identifier)

    def told() -> set[str]:
        return {
            f"{branch['hop']['kind']} {str(branch['hop'].get('function', '')).rpartition(':')[2]}".strip()
            for branch in nfe.flow(identifier)
        }

    wanted = {
        "http-request",
        "item-changed",
        "message-sent",
        "invoke-end pedidos-api-dev",
        "invoke-end pedidos-worker-dev",
        "invoke-end pedidos-projecao-dev",
    }
    eventually(told, lambda kinds: wanted <= kinds, what="the whole flow of an order", seconds=PATIENCE)
