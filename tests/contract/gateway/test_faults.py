"""Calls that are throttled, fail or take longer at the front door, because a fault says so."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from sandbox.gateway.inprocess import InProcessClient
from sandbox.gateway.server import HttpServer
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.hops import HopKind
from tests.contract.gateway.fakes import House, a_listener

SEND = {"QueueUrl": "http://e/000000000000/fila", "MessageBody": "b"}
FUNCTION = {"FunctionName": "f", "Payload": b"1"}
ASK = "/restapis/a1/dev/_user_request_/notas"


def calls(house: House, *wanted: tuple[str, str, dict[str, Any]]) -> list[str]:
    """Makes calls one after the other; what each led to: `ok` or an error code."""

    async def go() -> list[str]:
        client = InProcessClient(house.gateway.dispatcher, house.gateway.wire)
        found = []
        for service, operation, params in wanted:
            try:
                await client.call(service, operation, params, Call(hop=42))
                found.append("ok")
            except AwsError as error:
                found.append(f"{error.code} {error.status}")
        return found

    return asyncio.run(go())


def planned(house: House, *args: Any, **when: Any) -> None:
    async def go() -> None:
        house.faults.add(*args, **when)

    asyncio.run(go())


def test_a_throttled_call_never_reaches_its_service() -> None:
    house = House()
    planned(
        house, "throttle", {"service": "sqs", "operation": "SendMessage", "resource": "fila"}, {}, times=2
    )
    other = {**SEND, "QueueUrl": "http://e/000000000000/outra"}
    found = calls(house, *[("sqs", "SendMessage", body) for body in (SEND, other, SEND, SEND)])
    assert found == ["RequestThrottled 400", "ok", "RequestThrottled 400", "ok"]
    assert [params for _, _, params in house.sqs.calls] == [other, SEND]


@pytest.mark.parametrize(
    ("service", "operation", "params", "settings", "answer"),
    [
        ("sqs", "CreateQueue", {"QueueName": "q"}, {}, "InternalError 500"),
        ("events", "PutEvents", {"Entries": [{}]}, {}, "InternalException 500"),
        ("lambda", "Invoke", {"FunctionName": "f", "Payload": b"1"}, {}, "ServiceException 500"),
        (
            "lambda",
            "Invoke",
            {"FunctionName": "f", "Payload": b"1"},
            {"status": 503},
            "ServiceUnavailable 503",
        ),
        ("dynamodb", "ListTables", {}, {"code": "Own", "status": 502}, "Own 502"),
    ],
)
def test_a_failure_has_the_code_of_its_service(
    service: str, operation: str, params: dict[str, Any], settings: dict[str, Any], answer: str
) -> None:
    house = House()
    planned(house, "error", {"service": service}, settings)
    wanted = (service, operation, params)
    assert calls(house, wanted, wanted) == [answer, "ok"]
    fault = next(hop for hop in house.recorder.hops if hop["kind"] is HopKind.FAULT_INJECTED)
    failed = next(hop for hop in house.recorder.hops if hop["kind"] is HopKind.API_CALL)
    assert (fault["operation"], fault["cause"]) == ("error", failed["hop"])
    assert failed["status"] == "error"


def test_an_answer_can_be_lost_after_the_work_was_done() -> None:
    house = House()
    planned(house, "error", {"operation": "PutEvents"}, {"done": True})
    assert calls(house, ("events", "PutEvents", {"Entries": [{}]})) == ["InternalException 500"]
    assert len(house.events.calls) == 1


def test_latency_holds_a_call_and_lets_it_through() -> None:
    house = House()
    planned(house, "latency", {"service": "sqs"}, {"seconds": 0.01})
    assert calls(house, ("sqs", "SendMessage", SEND)) == ["ok"]
    (fault,) = [hop for hop in house.recorder.hops if hop["kind"] is HopKind.FAULT_INJECTED]
    ((_, call, _),) = house.sqs.calls
    assert call.hop == fault["hop"], "what the call does follows from the fault"


def test_requests_to_deployed_apis_fail_as_api_gateway_fails() -> None:
    house = House()
    planned(house, "error", {"service": "execute-api", "operation": "GET /notas"}, {"status": 504})
    planned(house, "throttle", {"service": "execute-api", "operation": "GET /notas"}, {}, nth=2)

    async def ask() -> list[tuple[int, bytes]]:
        server = HttpServer(house.gateway, house.gateway.limit, listener := a_listener())
        await server.start()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
            found = [await client.get(ASK) for _ in range(3)]
        await server.stop()
        return [(response.status_code, response.content) for response in found]

    assert asyncio.run(ask()) == [
        (504, b'{"message":"Endpoint request timed out"}'),
        (429, b'{"message":"Too Many Requests"}'),
        (201, b"made"),
    ]
    assert len(house.api.requests) == 1


def test_a_call_of_the_sandbox_itself_is_not_struck() -> None:
    house = House()
    planned(house, "error", {"service": "*"}, {}, times=None)

    async def go() -> None:
        client = InProcessClient(house.gateway.dispatcher, house.gateway.wire, own=True)
        await client.call("sqs", "SendMessage", SEND)
        await client.look("sqs", "SendMessage", SEND)
        with pytest.raises(AwsError, match="NoSuchBucket"):  # what the long tail of this house answers
            await client.call("s3", "ListBuckets", {})

    asyncio.run(go())
    assert house.faults.all()[0].struck == 0
    assert len(house.sqs.calls) == 2


def test_events_of_one_bus_are_struck() -> None:
    house = House()
    planned(house, "throttle", {"service": "events", "resource": "pedidos"}, {}, times=None)
    entry = {"Source": "loja", "DetailType": "Pedido", "Detail": "{}"}
    buses = ("pedidos", "arn:aws:events:us-east-1:000000000000:event-bus/pedidos", "outro")
    wanted = [("events", "PutEvents", {"Entries": [{**entry, "EventBusName": bus}]}) for bus in buses]
    wanted.append(("events", "PutEvents", {"Entries": [entry]}))
    assert calls(house, *wanted) == ["ThrottlingException 400"] * 2 + ["ok"] * 2
