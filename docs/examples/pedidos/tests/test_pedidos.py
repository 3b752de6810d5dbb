"""The kitchen, tested as a whole: real functions, real queues, no account, no waiting."""

import json

import pytest

pytestmark = pytest.mark.sandbox("template.yaml")


def flow_of_order(flows, answer):
    """The flow that an answer of the API began."""
    return flows.of(answer.headers["x-amzn-requestid"])


def test_an_order_is_cooked(stack, http, flows):
    answer = http.post("/pedidos", json={"prato": "moqueca"})
    assert answer.status_code == 202
    flows.settle()
    flow_of_order(flows, answer).assert_went(
        "POST /pedidos", "PedidoFeito", "pedidos", "cozinha", "PratoPronto"
    )
    stack.queue("pedidos").assert_empty()
    stack.assert_no_dead_letters()


def test_what_is_not_on_the_menu_ends_as_a_dead_letter(stack, http, flows):
    answer = http.post("/pedidos", json={"prato": "fondue"})
    waited = flows.settle()
    assert waited.total_seconds() >= 120, "three receives, each hidden for a minute: none of it was slept"
    (letter,) = stack.queue("pedidos-dlq").messages()
    assert letter.json["detail"]["prato"] == "fondue"
    flow = flow_of_order(flows, answer)
    flow.assert_not_went("PratoPronto")
    assert any("not on the menu" in line for line in flow.log)


def test_a_dead_letter_stays_for_four_days(stack, http, flows, clock):
    http.post("/pedidos", json={"prato": "fondue"})
    flows.settle()
    clock.advance(days=3)
    assert len(stack.queue("pedidos-dlq")) == 1
    clock.advance(days=2)
    stack.queue("pedidos-dlq").assert_empty()


def test_with_the_sdk_alone(stack, aws, flows):
    detail = json.dumps({"pedidoId": "1", "prato": "feijoada"})
    entry = {"Source": "balcao", "DetailType": "PedidoFeito", "EventBusName": "cardapio", "Detail": detail}
    put = aws.client("events").put_events(Entries=[entry])
    flows.settle()
    assert flows.of(put["Entries"][0]["EventId"]).events == ["PedidoFeito", "PratoPronto"]


def test_an_order_outlives_its_cook(stack, http, flows, faults):
    killed = faults.kill(function="cozinha", at="start")
    answer = http.post("/pedidos", json={"prato": "moqueca"})
    flows.settle()
    killed.assert_struck(1)
    assert flow_of_order(flows, answer).events == ["PedidoFeito", "PratoPronto"]
