"""Function URLs: their configuration, and what a request to one becomes."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.model.call import Call
from sandbox.model.hops import HopKind
from sandbox.model.http import HttpRequest, HttpResponse
from tests.contract.lambda_.fakes import Failure
from tests.contract.lambda_.harness import World, arn

ENDPOINT = "http://127.0.0.1:4566"


def make(world: World, name: str = "estoque", **params: Any) -> str:
    """Gives a function a URL and returns its id."""
    world.function()
    given = {"AuthType": "NONE", **params}
    answer = world.call("CreateFunctionUrlConfig", FunctionName=name, **given)
    return str(answer["FunctionUrl"].removeprefix("https://").partition(".")[0])


def ask(world: World, url: str, method: str = "GET", path: str = "/", **more: Any) -> HttpResponse:
    headers = [(name, value) for name, value in more.pop("headers", {}).items()]
    request = HttpRequest(method, path, headers=headers, **more)
    return world.run(lambda: world.service.handle_url(url, request))


def answer_with(world: World, answer: Any) -> None:
    world.executor.handlers["estoque"] = lambda event: answer


def test_a_url_is_shown_as_aws_shows_it(world: World) -> None:
    world.function()
    cors = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "MaxAge": 60}
    made = world.call("CreateFunctionUrlConfig", FunctionName="estoque", AuthType="AWS_IAM", Cors=cors)
    url = made["FunctionUrl"]
    assert url.startswith("https://")
    assert url.endswith(".lambda-url.us-east-1.on.aws/")
    assert made == {
        "FunctionUrl": url,
        "FunctionArn": str(arn()),
        "AuthType": "AWS_IAM",
        "Cors": cors,
        "CreationTime": "2023-11-14T22:13:20.000+0000",
        "InvokeMode": "BUFFERED",
    }
    shown = world.call("GetFunctionUrlConfig", FunctionName="estoque")
    assert shown == {**made, "LastModifiedTime": "2023-11-14T22:13:20.000+0000"}


def test_a_client_gets_the_url_of_the_front_door(world: World) -> None:
    url = make(world)
    call = Call(endpoint=ENDPOINT)
    got = world.run(lambda: world.service.call("GetFunctionUrlConfig", call, {"FunctionName": "estoque"}))
    assert got["FunctionUrl"] == f"{ENDPOINT}/_aws/lambda-url/{url}/"


def test_a_url_is_changed_listed_and_taken_away(world: World) -> None:
    url = make(world, Cors={"AllowOrigins": ["*"]})
    world.advance(5)
    changed = world.call("UpdateFunctionUrlConfig", FunctionName="estoque", AuthType="AWS_IAM")
    assert (changed["AuthType"], changed["Cors"]) == ("AWS_IAM", {"AllowOrigins": ["*"]})
    assert changed["LastModifiedTime"] > changed["CreationTime"]
    assert "Cors" not in world.call("UpdateFunctionUrlConfig", FunctionName="estoque", Cors={})
    world.call("PublishVersion", FunctionName="estoque")
    world.call("CreateAlias", FunctionName="estoque", Name="prod", FunctionVersion="1")
    world.call("CreateFunctionUrlConfig", FunctionName="estoque", Qualifier="prod", AuthType="NONE")
    listed = world.call("ListFunctionUrlConfigs", FunctionName="estoque")["FunctionUrlConfigs"]
    assert [item["FunctionArn"] for item in listed] == [str(arn()), f"{arn()}:prod"]
    world.call("DeleteFunctionUrlConfig", FunctionName="estoque")
    assert ask(world, url).status == 403
    gone = world.refused("GetFunctionUrlConfig", FunctionName="estoque")
    assert (gone.code, gone.message) == (
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    )


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        ({"FunctionName": "nada"}, "ResourceNotFoundException", "Function does not exist"),
        ({"Qualifier": "nada"}, "ResourceNotFoundException", "Function does not exist"),
        ({"Qualifier": "1"}, "ValidationException", "at 'qualifier' failed"),
        ({"Qualifier": "$LATEST"}, "ValidationException", "at 'qualifier' failed"),
        ({"AuthType": "X"}, "ValidationException", "at 'authType' failed"),
        ({"InvokeMode": "RESPONSE_STREAM"}, "NotImplemented", "InvokeMode=RESPONSE_STREAM"),
        ({"Cors": {"AllowMethods": ["OPTIONS"]}}, "ValidationException", "at 'cors.allowMethods'"),
    ],
)
def test_wrong_urls_are_refused(world: World, params: dict[str, Any], code: str, message: str) -> None:
    world.function()
    error = world.refused(
        "CreateFunctionUrlConfig", **{"FunctionName": "estoque", "AuthType": "NONE", **params}
    )
    assert error.code == code
    assert message in error.message


def test_there_is_one_url_for_each_qualifier(world: World) -> None:
    make(world)
    again = world.refused("CreateFunctionUrlConfig", FunctionName="estoque", AuthType="NONE")
    assert (again.code, again.message) == (
        "ResourceConflictException",
        f"Failed to create function url config for [functionArn = {arn()}]. Error message:  "
        "FunctionUrlConfig exists for this Lambda function",
    )


def test_a_request_becomes_an_event_of_format_2(world: World) -> None:
    url = make(world)
    answer_with(world, {"statusCode": 201, "headers": {"X-A": "1"}, "cookies": ["a=1"], "body": "feito"})
    response = ask(
        world,
        url,
        "POST",
        "/notas/a%20b",
        query="x=1&x=2&y=",
        headers={
            "content-type": "application/json",
            "cookie": "c=1; d=2",
            "user-agent": "teste",
            "host": "h",
        },
        body=b'{"n": 1}',
    )
    assert (response.status, response.body) == (201, b"feito")
    assert ("X-A", "1") in response.headers
    assert ("set-cookie", "a=1") in response.headers
    (event,) = world.executor.events
    context = event.pop("requestContext")
    assert {key: event[key] for key in event if key != "headers"} == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/notas/a b",
        "rawQueryString": "x=1&x=2&y=",
        "cookies": ["c=1", "d=2"],
        "queryStringParameters": {"x": "1,2", "y": ""},
        "body": '{"n": 1}',
        "isBase64Encoded": False,
    }
    assert event["headers"]["content-type"] == "application/json"
    assert "cookie" not in event["headers"]
    assert (context["apiId"], context["accountId"], context["stage"]) == (url, "anonymous", "$default")
    assert context["http"] == {
        "method": "POST",
        "path": "/notas/a b",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "teste",
    }
    request, start = world.hops.of(HopKind.HTTP_REQUEST)[0], world.hops.of(HopKind.INVOKE_START)[0]
    assert (start.cause, request.operation, request.resource) == (
        request.id,
        "POST /notas/a%20b",
        str(arn()),
    )


def test_binary_bodies_are_base64(world: World) -> None:
    url = make(world)
    data = base64.b64encode(b"\xff\x00").decode()
    answer_with(world, {"statusCode": 200, "body": data, "isBase64Encoded": True})
    response = ask(world, url, "PUT", body=b"\x00\xff", headers={"content-type": "image/png"})
    (event,) = world.executor.events
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\x00\xff", True)
    assert response.body == b"\xff\x00"


def test_a_plain_result_is_the_body(world: World) -> None:
    url = make(world)
    answer_with(world, {"nota": 1})
    response = ask(world, url)
    assert (response.status, json.loads(response.body)) == (200, {"nota": 1})
    assert ("content-type", "application/json") in response.headers


def test_a_function_that_fails_is_a_bad_gateway(world: World) -> None:
    def fail(event: Any) -> None:
        raise Failure("sem estoque")

    url = make(world)
    world.executor.handlers["estoque"] = fail
    assert ask(world, url).status == 502
    answer_with(world, {"statusCode": "x"})
    response = ask(world, url)
    assert (response.status, json.loads(response.body)) == (502, {"Message": "Internal Server Error"})
    world.call("PutFunctionConcurrency", FunctionName="estoque", ReservedConcurrentExecutions=0)
    assert ask(world, url).status == 429
    assert ask(world, "nada").status == 403


def test_cors_is_answered_before_the_function(world: World) -> None:
    url = make(world, Cors={"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "MaxAge": 60})
    headers = {"origin": "https://a.example", "access-control-request-method": "GET"}
    preflight = ask(world, url, "OPTIONS", headers=headers)
    assert ("access-control-allow-origin", "https://a.example") in preflight.headers
    assert world.executor.events == []
    answer_with(world, {"statusCode": 200, "headers": {"access-control-allow-origin": "de dentro"}})
    response = ask(world, url, headers={"origin": "https://a.example"})
    allowed = [value for name, value in response.headers if name == "access-control-allow-origin"]
    assert allowed == ["https://a.example"]
    foreign = ask(world, url, headers={"origin": "https://b.example"})
    assert not any(name == "access-control-allow-origin" for name, _ in foreign.headers)


def test_urls_survive_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    with World(tmp_path, state) as world:
        url = make(world)
    with World(tmp_path, state) as world:
        assert ask(world, url).status == 200


def test_a_client_that_leaves_is_in_the_journal_and_the_function_runs_on(world: World) -> None:
    url = make(world)
    world.executor.hold("estoque")
    asked = world.begin(lambda: world.service.handle_url(url, HttpRequest("GET", "/longe")))

    async def leave() -> None:
        asked.cancel()

    world.run(leave)
    (request,) = world.hops.of(HopKind.HTTP_REQUEST)
    assert (request.status, request.error) == ("error", "the client left before the answer")
    assert world.hops.of(HopKind.INVOKE_START)[0].cause == request.id
    world.executor.release("estoque")
    world.settle()
    assert len(world.hops.of(HopKind.INVOKE_END)) == 1
