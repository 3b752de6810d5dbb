"""Targets of rules, as AWS was recorded to deliver to them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conformance.bus_world import HERE, ROLE, BusWorld, arn, bus_arn
from tests.conformance.recorded import recorded

#: The forms that the URL of a queue may have; the names are those of the recording.
URLS = {
    "standard": "http://sqs.us-east-1.localhost.localstack.cloud:4566/000000000000/fila",
    "domain": "http://us-east-1.queue.localhost.localstack.cloud:4566/000000000000/fila",
    "path": "http://127.0.0.1:4566/queue/us-east-1/000000000000/fila",
}
FORMS = pytest.mark.parametrize("url", URLS.values(), ids=URLS)


def whole(body: dict[str, Any], detail: Any) -> None:
    """The document of an event, as it was put."""
    assert body.pop("id")
    assert body.pop("time").endswith("Z")
    assert list(body) == ["version", "detail-type", "source", "account", "region", "resources", "detail"]
    assert body == {
        "version": "0",
        "detail-type": "Pedido",
        "source": "loja",
        "account": HERE.account,
        "region": HERE.region,
        "resources": [],
        "detail": detail,
    }


@recorded(
    "events_targets",
    "TestEventsTargetSqs::test_put_events_with_target_sqs",
    "test_put_events_with_target_sqs",
)
def test_a_queue_gets_the_event(buses: BusWorld) -> None:
    buses.rule()
    buses.put({"pedido": {"itens": [1, 2]}})
    (body,) = buses.bodies()
    whole(body, {"pedido": {"itens": [1, 2]}})


@recorded(
    "events_targets",
    "TestEventsTargetSqs::test_put_events_with_target_sqs_event_detail_match",
    "test_put_events_with_target_sqs_event_detail_match",
)
def test_a_queue_gets_the_details_that_match(buses: BusWorld) -> None:
    buses.rule(pattern={"detail": {"estado": ["pago", "entregue"]}}, InputPath="$.detail")
    for state in ("pago", "aberto"):
        buses.put({"estado": state})
    assert buses.bodies() == [{"estado": "pago"}]


FUNCTION = arn("lambda", "function:conta")
COMPLEX = {
    "pedido": {
        "cliente": 7,
        "pago": True,
        "entregas": [
            {"peso": 1},
            {"id": "e1", "passos": [{"tipo": "AVISO", "para": [], "texto": ""}]},
            {"volume": 2},
        ],
    }
}
PATTERN = {"detail": {"pedido": {"entregas": {"id": [{"exists": True}], "passos": {"tipo": ["AVISO"]}}}}}


@recorded("events_targets", "TestEventsTargetLambda::test_put_events_with_target_lambda")
def test_a_function_gets_the_event(buses: BusWorld) -> None:
    buses.rule(target=FUNCTION)
    buses.put({"n": 1})
    (delivery,) = buses.invoked
    whole(json.loads(delivery.body), {"n": 1})


@recorded(
    "events_targets",
    "TestEventsTargetLambda::test_put_events_with_target_lambda_list_entry",
    "TestEventsTargetLambda::test_put_events_with_target_lambda_list_entries_partial_match",
    "test_put_events_with_target_lambda_list_entry",
    "test_put_events_with_target_lambda_list_entries_partial_match",
)
def test_elements_of_lists_match_and_the_event_stays_whole(buses: BusWorld) -> None:
    buses.rule(pattern=PATTERN, target=FUNCTION)
    one = {"pedido": {**COMPLEX["pedido"], "entregas": COMPLEX["pedido"]["entregas"][1:2]}}  # type: ignore[index]
    buses.put(one)
    buses.put(COMPLEX)
    buses.put({"pedido": {"entregas": [{"id": "e1"}, {"passos": [{"tipo": "AVISO"}]}]}})
    found = [json.loads(delivery.body)["detail"] for delivery in buses.invoked]
    assert found == [one, COMPLEX]


@recorded("events_targets", "TestEventsTargetEvents::test_put_events_with_target_events")
@pytest.mark.parametrize(
    ("first", "second"),
    [("default", "custom"), ("custom", "custom"), ("custom", "default")],
    ids=["bus_combination0", "bus_combination1", "bus_combination2"],
)
def test_a_bus_gets_the_event(buses: BusWorld, first: str, second: str) -> None:
    origin, target = buses.bus(first, "um"), buses.bus(second, "dois")
    buses.rule("adiante", bus=origin, target=bus_arn(target), RoleArn=ROLE)
    buses.rule("fim", bus=target)
    buses.put({"n": 1}, bus=origin)
    (body,) = buses.bodies("fim")
    whole(body, {"n": 1})


@recorded("events_targets", "TestEventsTargetSns::test_put_events_with_target_sns")
@FORMS
def test_a_topic_gets_the_event(buses: BusWorld, url: str) -> None:
    topic = buses.sns("CreateTopic", Name="avisos")["TopicArn"]
    buses.sns("Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=buses.queue())
    buses.rule(target=topic)
    buses.put({"n": 1})
    (notification,) = [json.loads(text) for text in buses.received(url)]
    assert (notification["Type"], notification["TopicArn"]) == ("Notification", topic)
    whole(json.loads(notification["Message"]), {"n": 1})


@recorded("events_targets", "TestEventsTargetCloudWatchLogs::test_put_events_with_target_cloudwatch_logs")
def test_a_log_group_gets_the_event(buses: BusWorld) -> None:
    bus = buses.bus("custom")
    group = "/aws/events/pedidos"
    buses.logs("CreateLogGroup", logGroupName=group)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": arn("logs", "log-group:/aws/events/*:*"),
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    buses.logs("PutResourcePolicy", policyName="regras", policyDocument=policy)
    buses.rule(bus=bus, target=arn("logs", f"log-group:{group}"))
    published = buses.put({"n": 1}, bus=bus)
    (event,) = buses.logs("FilterLogEvents", logGroupName=group)["events"]
    message = json.loads(event["message"])
    assert message["id"] == published
    whole(message, {"n": 1})


@recorded("events_targets", "TestEventsTargetApiGateway::test_put_events_with_target_api_gateway")
def test_an_api_gets_what_it_is_told(buses: BusWorld) -> None:
    bus = buses.bus("custom")
    rule = buses.rule(
        bus=bus,
        target=arn("execute-api", "a1b2c3/teste/POST/notas"),
        RoleArn=ROLE,
        Input=json.dumps({"mensagem": "olá"}),
    )
    buses.put(bus=bus)
    buses.advance(0)
    ((api_id, stage, request),) = buses.apis.asked
    assert (api_id, stage, request.method, request.path) == ("a1b2c3", "teste", "POST", "/notas")
    assert json.loads(request.body) == {"mensagem": "olá"}
    assert request.header("content-type") == "application/json"
    assert request.header("x-amz-source-arn") == rule
    assert request.header("x-amz-source-account") == HERE.account
