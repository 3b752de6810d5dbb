"""Calls within the process behave as calls at the front door."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from sandbox.gateway.catalogue import Catalogue, Provision
from sandbox.gateway.dispatch import ServiceLike
from sandbox.gateway.inprocess import InProcessClient, InProcessHttp
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.scope import Scope
from sandbox.services.base import Service
from tests.contract.gateway.fakes import House

HERE = Call(scope=Scope("444444444444", "eu-west-1"), endpoint="http://e", hop=42, trace="Root=1")


def run(
    house: House, service: str, operation: str, call: Call | None = HERE, **params: Any
) -> dict[str, Any]:
    client = InProcessClient(house.gateway.dispatcher, house.gateway.wire)
    return asyncio.run(client.call(service, operation, params, call))


def test_native_calls_keep_scope_and_cause() -> None:
    house = House()
    assert run(house, "sqs", "CreateQueue", QueueName="q") == {"QueueUrl": "http://e/444444444444/q"}
    (hop,) = house.recorder.hops
    assert (hop["cause"], hop["resource"], hop["trace"]) == (42, "q", "Root=1")
    assert house.stored == 1


@pytest.mark.parametrize(
    ("service", "operation", "params", "code"),
    [
        ("sqs", "CreateQueue", {}, "MissingParameter"),
        ("sqs", "CreateQueue", {"QueueName": 1}, "SerializationException"),
        ("sqs", "CreateQueue", {"Wrong": 1}, "NotImplemented"),
        ("sqs", "ListQueues", {}, "NotImplemented"),
        ("sqs", "Nope", {}, "UnknownOperationException"),
        ("nope", "Nope", {}, "UnknownService"),
        ("s3", "PutBucketNotificationConfiguration", {}, "NotImplemented"),
        ("s3", "ListObjectsV2", {"Bucket": "b"}, "NoSuchBucket"),
    ],
)
def test_refusals(service: str, operation: str, params: dict[str, Any], code: str) -> None:
    with pytest.raises(AwsError) as caught:
        run(House(), service, operation, **params)
    assert caught.value.code == code


def test_the_long_tail() -> None:
    house = House()
    assert run(house, "dynamodb", "ListTables") == {"TableNames": ["t"]}
    assert run(house, "s3", "GetObject", Bucket="b", Key="a b")["Body"] == b"stored"
    _, _, request = house.upstream.requests[1]
    assert (request.method, request.path) == ("GET", "/b/a%20b")
    assert "Credential=444444444444/20200101/eu-west-1/s3/aws4_request" in request.header("authorization")
    assert [hop["cause"] for hop in house.recorder.hops] == [42, 42]


def test_a_mixed_service_passes_on_what_it_lacks() -> None:
    house = House(mixed=("sqs",))
    with pytest.raises(AwsError):  # the fake upstream answers 404 to what it does not know
        run(house, "sqs", "ListQueues")
    assert house.upstream.requests[0][:2] == ("sqs", "ListQueues")


def test_failures_that_a_user_can_act_on_say_how() -> None:
    with pytest.raises(AwsError, match="plug it in") as caught:
        run(House(), "sqs", "GetQueueUrl", QueueName="q")
    assert caught.value.code == "InternalFailure"


def test_default_scope() -> None:
    assert run(House(), "sts", "GetCallerIdentity", None)["Account"] == "000000000000"


def test_catalogue() -> None:
    house = House()
    catalogue = Catalogue(house.gateway.dispatcher, house.gateway.wire)
    assert [entry.name for entry in catalogue.entries()] == ["events", "lambda", "sqs", "sts"]
    sqs = catalogue.entry("sqs")
    by_name = {entry.name: entry for entry in sqs.operations}
    assert by_name["SendMessage"].provision is Provision.NATIVE
    assert "MessageGroupId" in by_name["SendMessage"].refused_parameters
    assert by_name["ListQueues"].provision is Provision.REFUSED
    assert sqs.not_checked == ("Queue policies are stored, not checked.",)
    s3 = catalogue.entry("s3")
    assert not s3.native
    assert s3.count(Provision.REFUSED) == 1
    assert s3.count(Provision.LONG_TAIL) == len(s3.operations) - 1
    assert "s3" in catalogue.names()


def test_services_of_the_engine_fit_the_gateway() -> None:
    def fits(service: Service) -> ServiceLike:
        return service

    assert callable(fits)


# --- requests in a service's own protocol ----------------------------------------------------------------
def send(house: House, service: str, request: HttpRequest, action: str = "") -> HttpResponse:
    inside = InProcessHttp(house.gateway.dispatcher, house.gateway.wire)
    return asyncio.run(inside.send(service, request, HERE, action))


def test_a_request_is_served_as_at_the_front_door() -> None:
    house = House()
    headers = [("content-type", "application/x-www-form-urlencoded")]
    body = b"Action=SendMessage&QueueUrl=http%3A%2F%2Fe%2F444444444444%2Fq&MessageBody=oi"
    answer = send(house, "sqs", HttpRequest("POST", "/", headers=headers, body=body))
    assert (answer.status, b"<MessageId>m-1</MessageId>" in answer.body) == (200, True)
    _, call, params = house.sqs.calls[-1]
    assert (call.scope, call.hop, call.trace) == (HERE.scope, 42, "Root=1")
    assert params["MessageBody"] == "oi"


def test_a_queue_is_named_by_the_path_of_its_url() -> None:
    house = House()
    headers = [("content-type", "application/x-www-form-urlencoded")]
    body = b"Action=SendMessage&MessageBody=oi"
    answer = send(house, "sqs", HttpRequest("POST", "/444444444444/q", headers=headers, body=body))
    assert (answer.status, b"<MessageId>m-1</MessageId>" in answer.body) == (200, True), answer.body
    assert house.sqs.calls[-1][2]["QueueUrl"] == "http://e/444444444444/q"


def test_an_action_is_put_where_the_protocol_has_it() -> None:
    house = House()
    entry = {"Source": "a", "DetailType": "b", "Detail": "{}"}
    body = json.dumps({"Entries": [entry]}).encode()
    answer = send(house, "events", HttpRequest("PUT", "/", body=body), "PutEvents")
    assert answer.status == 200
    assert house.events.calls[-1][2] == {"Entries": [entry]}
    form = [("content-type", "application/x-www-form-urlencoded")]
    made = send(house, "sqs", HttpRequest("POST", "/", "QueueName=q", form), "CreateQueue")
    assert b"444444444444/q" in made.body


def test_refusals_are_answers() -> None:
    house = House()
    missing = b'{"QueueUrl": "http://e/1/missing", "MessageBody": "x"}'
    headers = [
        ("x-amz-target", "AmazonSQS.SendMessage"),
        ("content-type", "application/x-amz-json-1.0"),
    ]
    answer = send(house, "sqs", HttpRequest("POST", "/", headers=headers, body=missing))
    assert (answer.status, b"QueueDoesNotExist" in answer.body) == (400, True)
    assert send(house, "sqs", HttpRequest("POST", "/")).status == 400
    assert send(house, "nada", HttpRequest("POST", "/"), "Nada").status >= 400


def test_the_long_tail_is_reached_too() -> None:
    house = House()
    answer = send(house, "dynamodb", HttpRequest("POST", "/", body=b"{}"), "ListTables")
    assert (answer.status, json.loads(answer.body)) == (200, {"TableNames": ["t"]})
