"""The event of a Lambda proxy, and the answers that are one."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from sandbox.model.apis.messages import matches_type
from sandbox.model.apis.proxy_answer import MalformedAnswerError, read_rest_answer
from sandbox.model.http import HttpRequest
from sandbox.model.scope import Scope
from sandbox.services.apigateway.definition import Definition, Method, Resource
from sandbox.services.apigateway.execution_log import ExecutionLog
from sandbox.services.apigateway.live import LiveStage
from sandbox.services.apigateway.proxy import build_event
from sandbox.services.apigateway.request_context import Exchange
from sandbox.services.apigateway.routing import Match, Router
from sandbox.services.request_hops import Arrived

TRACE = "Root=1-6553f100-000000000000000000000001"


def stage(**changes: Any) -> LiveStage:
    values: dict[str, Any] = {
        "scope": Scope("111111111111", "us-east-1"),
        "api_id": "abcdef1234",
        "name": "dev",
        "deployment_id": "d1",
        "variables": changes.get("variables", {}),
        "definition": Definition(resources={}, binary_media_types=changes.get("binary_types", [])),
        "router": Router([]),
    }
    return LiveStage(**values)


def event(
    path: str = "/proxy-value",
    proxy: str = "proxy-value",
    at: LiveStage | None = None,
    **changes: Any,
) -> dict[str, Any]:
    match = Match(
        Resource(id="res123", path="/{proxy+}"),
        Method(http_method="ANY"),
        {"proxy": proxy} if proxy else {},
    )
    live = at or stage()
    request = HttpRequest(**{"method": "GET", "path": path, **changes})
    arrived = Arrived(
        live.scope, live.api_id, live.name, request, "r-1", TRACE, hop=1, began=0, now=1_700_000_000.25
    )
    exchange = Exchange(live, match, arrived, ExecutionLog())
    decoded: dict[str, Any] = json.loads(build_event(exchange, match))
    return decoded


def answer(document: Any, accept: str = "", binary: tuple[str, ...] = ()) -> Any:
    encoded = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_rest_answer(encoded, accept, binary)


# --- the event -------------------------------------------------------------------------------------------
def test_has_the_members_that_aws_sends_and_no_others() -> None:
    made = event()
    assert set(made) == {
        "resource",
        "path",
        "httpMethod",
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
        "requestContext",
        "body",
        "isBase64Encoded",
    }
    assert set(made["requestContext"]) == {
        "accountId",
        "apiId",
        "deploymentId",
        "domainName",
        "domainPrefix",
        "extendedRequestId",
        "httpMethod",
        "identity",
        "path",
        "protocol",
        "requestId",
        "requestTime",
        "requestTimeEpoch",
        "resourceId",
        "resourcePath",
        "stage",
    }
    assert set(made["requestContext"]["identity"]) == {
        "accessKey",
        "accountId",
        "caller",
        "cognitoAuthenticationProvider",
        "cognitoAuthenticationType",
        "cognitoIdentityId",
        "cognitoIdentityPoolId",
        "principalOrgId",
        "sourceIp",
        "user",
        "userAgent",
        "userArn",
    }


def test_what_is_not_there_is_null() -> None:
    made = event(proxy="")
    for name in (
        "body",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
    ):
        assert made[name] is None
    assert made["isBase64Encoded"] is False
    assert made["requestContext"]["identity"]["userAgent"] is None


def test_the_request_context() -> None:
    context = event()["requestContext"]
    assert (context["accountId"], context["apiId"], context["stage"]) == ("111111111111", "abcdef1234", "dev")
    assert context["path"] == "/dev/proxy-value"
    assert context["resourcePath"] == "/{proxy+}"
    assert context["requestTime"] == "14/Nov/2023:22:13:20 +0000"
    assert context["requestTimeEpoch"] == 1_700_000_000_250
    assert context["domainName"] == "abcdef1234.execute-api.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("raw", "path", "context"),
    [
        ("/proxy-value/", "/proxy-value/", "/dev/proxy-value/"),
        ("/a//b", "/a//b", "/dev/a//b"),
        ("//proxy-value", "/proxy-value", "/dev//proxy-value"),
        ("/test%2Balias@x.com", "/test%2Balias@x.com", "/dev/test%2Balias@x.com"),
    ],
)
def test_paths_as_aws_passes_them_on(raw: str, path: str, context: str) -> None:
    made = event(raw)
    assert (made["path"], made["requestContext"]["path"]) == (path, context)


def test_query_strings_are_decoded_and_the_last_value_counts() -> None:
    made = event(query="a=1&a=2&mais=x%2By+z&vazio=&url=https%3A%2F%2Fx.com%2F")
    assert made["queryStringParameters"] == {
        "a": "2",
        "mais": "x+y z",
        "vazio": "",
        "url": "https://x.com/",
    }
    assert made["multiValueQueryStringParameters"]["a"] == ["1", "2"]


def test_headers_have_the_names_that_the_client_wrote() -> None:
    headers = (("host", "127.0.0.1:4566"), ("test-header", "aValUE"), ("accept", "*/*"))
    made = event(headers=headers, names=("Host", "tEsT-HEADeR", "Accept"))
    assert made["headers"]["tEsT-HEADeR"] == "aValUE"
    assert made["multiValueHeaders"]["Host"] == ["127.0.0.1:4566"]
    assert made["headers"]["X-Forwarded-Port"] == "4566"
    assert made["headers"]["X-Forwarded-Proto"] == "http"
    assert made["headers"]["X-Forwarded-For"] == "127.0.0.1"


def test_headers_whose_writing_is_unknown_have_the_usual_one() -> None:
    made = event(headers=(("user-agent", "curl"), ("x-correlation-id", "7")))
    assert made["headers"]["User-Agent"] == "curl"
    assert made["headers"]["X-Correlation-Id"] == "7"
    assert made["requestContext"]["identity"]["userAgent"] == "curl"


def test_headers_of_the_connection_are_left_out_and_the_trace_is_ours() -> None:
    made = event(
        headers=(("connection", "close"), ("content-length", "2"), ("x-amzn-trace-id", "Root=x;Sampled=1"))
    )
    assert {"Connection", "Content-Length"}.isdisjoint(made["headers"])
    assert made["multiValueHeaders"]["X-Amzn-Trace-Id"] == [TRACE]


def test_a_header_sent_twice() -> None:
    made = event(headers=(("x-a", "1"), ("x-a", "2")))
    assert made["headers"]["X-A"] == "2"
    assert made["multiValueHeaders"]["X-A"] == ["1", "2"]


def test_bodies_are_text_unless_their_type_is_binary() -> None:
    headers = (("content-type", "image/png"),)
    assert event(method="POST", body=b"abc", headers=headers)["body"] == "abc"
    binary = event(method="POST", body=b"\xff\x00", headers=headers, at=stage(binary_types=["image/*"]))
    assert (binary["body"], binary["isBase64Encoded"]) == (base64.b64encode(b"\xff\x00").decode(), True)


def test_stage_variables() -> None:
    assert event(at=stage(variables={"cor": "azul"}))["stageVariables"] == {"cor": "azul"}


# --- the answer ------------------------------------------------------------------------------------------
def test_an_answer() -> None:
    made = answer({"statusCode": 201, "headers": {"X-Nota": "7", "X-Sim": True, "X-N": 3}, "body": "{}"})
    assert (made.status, made.body) == (201, b"{}")
    assert made.headers == [
        ("X-Nota", "7"),
        ("X-Sim", "true"),
        ("X-N", "3"),
        ("Content-Type", "application/json"),
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"statusCode": 200},
        {"headers": {"x": "y"}},
        {"statusCode": "200", "headers": None, "multiValueHeaders": None, "body": None},
    ],
)
def test_members_may_be_missing(document: dict[str, Any]) -> None:
    made = answer(document)
    assert (made.status, made.body) == (200, b"")


@pytest.mark.parametrize(
    "document",
    [
        "text",
        None,
        {},
        [],
        7,
        {"statusCode": 200, "wrong": 1},
        {"statusCode": 200, "cookies": []},
        {"statusCode": "abc"},
        {"statusCode": 99},
        {"statusCode": 1000},
        {"statusCode": True},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "headers": []},
        {"statusCode": 200, "headers": {"a": {}}},
        {"statusCode": 200, "multiValueHeaders": {"a": "b"}},
        {"statusCode": 200, "headers": {"a": "b\r\nSet-Cookie: c"}},
        b"not json",
    ],
)
def test_what_is_no_answer(document: Any) -> None:
    with pytest.raises(MalformedAnswerError):
        answer(document)


def test_headers_of_both_kinds_are_all_sent() -> None:
    made = answer({"statusCode": 200, "headers": {"t": "solo"}, "multiValueHeaders": {"t": ["um", "dois"]}})
    assert [value for name, value in made.headers if name == "t"] == ["um", "dois", "solo"]


def test_headers_that_api_gateway_keeps_for_itself_are_renamed_or_left_out() -> None:
    made = answer({"statusCode": 401, "headers": {"WWW-Authenticate": "Basic", "Content-Length": "7"}})
    names = [name for name, _ in made.headers]
    assert names == ["x-amzn-Remapped-WWW-Authenticate", "Content-Type"]


def test_base64_is_decoded_only_for_binary_types() -> None:
    document = {"statusCode": 200, "body": base64.b64encode(b"\x00\x01").decode(), "isBase64Encoded": True}
    assert answer(document).body == b"AAE="
    assert answer(document, "image/png", ("image/png",)).body == b"\x00\x01"
    assert answer(document, "image/png, */*", ("*/*",)).body == b"\x00\x01"
    assert answer(document, "text/html", ("image/png",)).body == b"AAE="
    with pytest.raises(MalformedAnswerError):
        answer({**document, "body": "não é base64"}, "image/png", ("*/*",))


@pytest.mark.parametrize(
    ("media", "patterns", "wanted"),
    [
        ("image/png", ["image/*"], True),
        ("image/png; q=1", ["image/png"], True),
        ("IMAGE/PNG", ["image/png"], True),
        ("text/plain", ["image/*"], False),
        ("", ["*/*"], True),
        ("text/plain", [], False),
    ],
)
def test_media_types(media: str, patterns: list[str], wanted: bool) -> None:
    assert matches_type(media, patterns) is wanted
