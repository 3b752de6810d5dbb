"""Requests to the stages of HTTP APIs: routed, throttled, answered, logged, recorded."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from tests.contract.apigatewayv2.harness import FUNCTION, HttpApis, header, message
from tests.support.world import START

GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:/pedidos"


# --- payload format 2.0 ----------------------------------------------------------------------------------
def test_the_event_of_format_2(apis: HttpApis) -> None:
    api = apis.routed("GET /pedidos/{id}")
    apis.request(
        api,
        "/pedidos/7",
        query="a=1&a=2&b=x%20y",
        headers={"User-Agent": "teste", "Cookie": "um=1; dois=2", "X-Nome": "ana", "Host": "localhost:4566"},
    )
    (event,) = apis.functions.events
    trace = event["headers"].pop("x-amzn-trace-id")
    request_id = event["requestContext"].pop("requestId")
    assert trace.startswith("Root=1-")
    assert request_id
    assert event == {
        "version": "2.0",
        "routeKey": "GET /pedidos/{id}",
        "rawPath": "/pedidos/7",
        "rawQueryString": "a=1&a=2&b=x%20y",
        "cookies": ["um=1", "dois=2"],
        "headers": {
            "content-length": "0",
            "host": "localhost:4566",
            "user-agent": "teste",
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-port": "4566",
            "x-forwarded-proto": "http",
            "x-nome": "ana",
        },
        "queryStringParameters": {"a": "1,2", "b": "x y"},
        "pathParameters": {"id": "7"},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": api,
            "domainName": f"{api}.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": api,
            "http": {
                "method": "GET",
                "path": "/pedidos/7",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "teste",
            },
            "routeKey": "GET /pedidos/{id}",
            "stage": "$default",
            "time": "14/Nov/2023:22:13:20 +0000",
            "timeEpoch": int(START * 1000),
        },
        "isBase64Encoded": False,
    }
    assert apis.functions.functions == [FUNCTION]


def test_paths_are_decoded_and_slashes_at_the_end_are_kept(apis: HttpApis) -> None:
    api = apis.routed("GET /{proxy+}")
    apis.request(api, "/a%20b/c%2Fd/")
    (event,) = apis.functions.events
    assert (event["rawPath"], event["pathParameters"]) == ("/a b/c/d/", {"proxy": "a b/c/d/"})


@pytest.mark.parametrize(
    ("kind", "encoded"),
    [
        ("application/json; charset=utf-8", False),
        ("text/csv", False),
        ("application/xml", False),
        ("application/javascript", False),
        ("application/x-www-form-urlencoded", True),
        ("application/vnd.api+json", True),
        ("application/octet-stream", True),
        ("", True),
    ],
)
def test_bodies_that_are_no_text_are_base64(apis: HttpApis, kind: str, encoded: bool) -> None:
    api = apis.routed("POST /pedidos")
    headers = {"Content-Type": kind} if kind else {}
    apis.request(api, method="POST", body=b"a=1", headers=headers)
    (event,) = apis.functions.events
    body = base64.b64encode(b"a=1").decode() if encoded else "a=1"
    assert (event["isBase64Encoded"], event["body"]) == (encoded, body)


@pytest.mark.parametrize(
    ("answer", "status", "kind", "body"),
    [
        ({"nome": "ana"}, 200, "application/json", b'{"nome": "ana"}'),
        ("texto", 200, "application/json", b"texto"),
        (None, 200, "application/json", b"null"),
        ([1, 2], 200, "application/json", b"[1, 2]"),
        ({"statusCode": 201, "body": "x"}, 201, "text/plain;charset=UTF-8", b"x"),
        ({"statusCode": "404"}, 404, "text/plain;charset=UTF-8", b""),
        ({"statusCode": 200, "headers": {"Content-Type": "a/b"}, "body": "x"}, 200, "a/b", b"x"),
        ({"statusCode": 200, "body": "eA==", "isBase64Encoded": True}, 200, "text/plain;charset=UTF-8", b"x"),
    ],
)
def test_answers_of_format_2(apis: HttpApis, answer: Any, status: int, kind: str, body: bytes) -> None:
    apis.functions.answer = lambda event: answer
    response = apis.request(apis.routed())
    assert (response.status, header(response, "content-type"), response.body) == (status, kind, body)
    assert header(response, "apigw-requestid")


def test_cookies_of_an_answer(apis: HttpApis) -> None:
    apis.functions.answer = lambda event: {"statusCode": 200, "cookies": ["a=1", "b=2"]}
    response = apis.request(apis.routed())
    assert [value for name, value in response.headers if name == "set-cookie"] == ["a=1", "b=2"]


@pytest.mark.parametrize(
    "answer",
    [
        b"no json",
        {"statusCode": "x"},
        {"statusCode": 99},
        {"statusCode": None},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "headers": []},
        {"statusCode": 200, "headers": {"a": {}}},
        {"statusCode": 200, "cookies": "a=1"},
        {"statusCode": 200, "body": "é", "isBase64Encoded": True},
        {"statusCode": 200, "headers": {"a": "b\r\nc: d"}},
    ],
)
def test_an_answer_that_is_none_is_500(apis: HttpApis, answer: Any) -> None:
    apis.functions.answer = lambda event: answer
    response = apis.request(apis.routed())
    assert (response.status, message(response)) == (500, "Internal Server Error")
    assert apis.hops.of(HopKind.HTTP_REQUEST)[0].error.startswith("the function's answer is none")


# --- payload format 1.0 ----------------------------------------------------------------------------------
def test_format_1(apis: HttpApis) -> None:
    apis.functions.answer = lambda event: {
        "statusCode": 200,
        "multiValueHeaders": {"X-A": ["1", "2"]},
        "body": event["path"],
    }
    api = apis.routed("ANY /pedidos/{id}", integration={"PayloadFormatVersion": "1.0"})
    response = apis.request(api, "/pedidos/7", "PUT", query="a=1&a=2", body=b"x")
    assert (response.body, [v for n, v in response.headers if n == "X-A"]) == (b"/pedidos/7", ["1", "2"])
    (event,) = apis.functions.events
    assert (event["version"], event["resource"], event["httpMethod"]) == ("1.0", "/pedidos/{id}", "PUT")
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"]}
    assert event["queryStringParameters"] == {"a": "2"}
    assert (event["pathParameters"], event["stageVariables"]) == ({"id": "7"}, None)
    assert event["requestContext"]["resourceId"] == "ANY /pedidos/{id}"
    assert (event["body"], event["isBase64Encoded"]) == ("eA==", True)


def test_format_1_needs_a_status(apis: HttpApis) -> None:
    apis.functions.answer = lambda event: {"nome": "ana"}
    api = apis.routed(integration={"PayloadFormatVersion": "1.0"})
    assert apis.request(api).status == 500


# --- stages ----------------------------------------------------------------------------------------------
def test_a_stage_with_a_name_is_the_first_part_of_the_path(apis: HttpApis) -> None:
    api = apis.routed("GET /pedidos", "GET /dev/pedidos")
    apis.call("CreateStage", ApiId=api, StageName="dev", AutoDeploy=True, StageVariables={"cor": "azul"})
    apis.request(api, "/dev/pedidos")
    (event,) = apis.functions.events
    assert (event["routeKey"], event["rawPath"]) == ("GET /pedidos", "/dev/pedidos")
    assert event["stageVariables"] == {"cor": "azul"}
    apis.call("DeleteStage", ApiId=api, StageName="dev")
    apis.request(api, "/dev/pedidos")
    assert apis.functions.events[1]["routeKey"] == "GET /dev/pedidos"


def test_what_is_not_there_is_404(apis: HttpApis) -> None:
    api = apis.routed()
    for response in (apis.request(api, "/outra"), apis.request(api, method="POST"), apis.request("nenhuma")):
        assert (response.status, message(response)) == (404, "Not Found")
    apis.call("UpdateApi", ApiId=api, DisableExecuteApiEndpoint=True)
    assert apis.request(api).status == 404


def test_a_stage_serves_what_was_deployed_to_it(apis: HttpApis) -> None:
    api = apis.call("CreateApi", Name="x", ProtocolType="HTTP")["ApiId"]
    apis.call("CreateStage", ApiId=api, StageName="$default")
    apis.call("CreateRoute", ApiId=api, RouteKey="GET /pedidos", Target=apis.integration(api))
    assert apis.request(api).status == 404
    made = apis.call("CreateDeployment", ApiId=api, StageName="$default")
    assert made["DeploymentStatus"] == "DEPLOYED"
    assert apis.request(api).status == 200


def test_stages_are_served_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    with HttpApis(file) as before:
        api, token = before.protected(), before.token()
    with HttpApis(file) as after:
        assert after.request(api, headers={"Authorization": token}).status == 200


# --- what goes wrong -------------------------------------------------------------------------------------
def test_a_function_that_fails_is_500(apis: HttpApis) -> None:
    apis.functions.function_error = "Unhandled"
    assert apis.request(apis.routed()).status == 500
    apis.functions.refusal = AwsError("ResourceNotFoundException", "Function not found", status=404)
    assert apis.request(apis.routed()).status == 500


def test_a_function_that_is_too_slow_is_503_and_goes_on(apis: HttpApis) -> None:
    api = apis.routed(integration={"TimeoutInMillis": 50})
    apis.functions.hold()
    response = apis.request(api)
    assert (response.status, message(response)) == (503, "Service Unavailable")
    apis.do(apis.functions.release)
    assert (apis.functions.finished, apis.functions.cancelled) == (1, 0)


def test_a_body_that_is_too_large_is_413(apis: HttpApis) -> None:
    api = apis.routed("POST /pedidos")
    assert apis.request(api, method="POST", body=b"x" * (10 * 1024 * 1024 + 1)).status == 413


def test_a_route_without_an_integration_is_500(apis: HttpApis) -> None:
    api = apis.made()
    apis.call("CreateRoute", ApiId=api, RouteKey="GET /pedidos")
    assert apis.request(api).status == 500


# --- throttling ------------------------------------------------------------------------------------------
def test_more_than_the_burst_is_429(apis: HttpApis) -> None:
    api = apis.routed("GET /pedidos", "GET /notas")
    limits = {"ThrottlingRateLimit": 10.0, "ThrottlingBurstLimit": 2}
    apis.call("UpdateStage", ApiId=api, StageName="$default", DefaultRouteSettings=limits)
    own = {"GET /notas": {"ThrottlingBurstLimit": 1}}
    apis.call("UpdateStage", ApiId=api, StageName="$default", RouteSettings=own)
    assert [apis.request(api).status for _ in range(3)] == [200, 200, 429]
    assert [apis.request(api, "/notas").status for _ in range(2)] == [200, 429]
    assert message(apis.request(api)) == "Too Many Requests"
    refused = apis.hops.of(HopKind.HTTP_REQUEST)[-1]
    assert refused.status == "throttled"
    assert "it fills with the sandbox's time" in refused.error
    apis.advance(0.1)
    assert [apis.request(api).status for _ in range(2)] == [200, 429]


# --- CORS ------------------------------------------------------------------------------------------------
CORS = {
    "AllowOrigins": ["https://app.example", "https://*.dev.example"],
    "AllowMethods": ["GET", "POST"],
    "AllowHeaders": ["Authorization"],
    "ExposeHeaders": ["x-id"],
    "AllowCredentials": True,
    "MaxAge": 60,
}


def preflight(apis: HttpApis, api: str, origin: str, method: str = "POST") -> dict[str, str]:
    headers = {"Origin": origin, "Access-Control-Request-Method": method}
    response = apis.request(api, "/nada", "OPTIONS", headers=headers)
    assert (response.status, response.body) == (204, b"")
    return {name: value for name, value in response.headers if name.startswith("access-control-")}


def test_preflights_are_answered_whatever_the_route(apis: HttpApis) -> None:
    api = apis.routed()
    apis.call("UpdateApi", ApiId=api, CorsConfiguration=CORS)
    assert preflight(apis, api, "https://app.example") == {
        "access-control-allow-origin": "https://app.example",
        "access-control-allow-methods": "GET,POST",
        "access-control-allow-headers": "Authorization",
        "access-control-max-age": "60",
        "access-control-expose-headers": "x-id",
        "access-control-allow-credentials": "true",
    }
    assert preflight(apis, api, "https://evil.example") == {}
    assert preflight(apis, api, "https://app.example", "DELETE") == {}
    assert "access-control-allow-origin" in preflight(apis, api, "https://a.dev.example")
    assert apis.functions.events == []


def test_cors_headers_of_the_api_replace_those_of_the_function(apis: HttpApis) -> None:
    apis.functions.answer = lambda event: {
        "statusCode": 200,
        "headers": {"Access-Control-Allow-Origin": "*", "x-id": "1"},
    }
    api = apis.routed()
    assert header(apis.request(api), "access-control-allow-origin") == "*"
    apis.call("UpdateApi", ApiId=api, CorsConfiguration=CORS)
    response = apis.request(api, headers={"Origin": "https://app.example"})
    assert header(response, "access-control-allow-origin") == "https://app.example"
    assert header(response, "x-id") == "1"
    assert header(apis.request(api), "access-control-allow-origin") is None
    apis.call("DeleteCorsConfiguration", ApiId=api)
    assert header(apis.request(api), "access-control-allow-origin") == "*"


# --- the journal and the access log ----------------------------------------------------------------------
def test_a_request_is_one_hop_and_the_cause_of_its_invocation(apis: HttpApis) -> None:
    api = apis.routed("POST /pedidos")
    apis.request(api, method="POST", body=b"{}")
    (hop,) = apis.hops.hops
    assert (hop.kind, hop.operation, hop.status) == (HopKind.HTTP_REQUEST, "POST /pedidos", "ok")
    assert hop.resource == f"arn:aws:execute-api:us-east-1:000000000000:{api}/$default/POST/pedidos"
    assert hop.detail == {"http_status": 200, "request": "{}", "route": "POST /pedidos"}
    assert apis.functions.causes == [hop.id]


def test_the_access_log(apis: HttpApis) -> None:
    api = apis.protected()
    text = (
        '{"id":"$context.requestId","route":"$context.routeKey","status":$context.status,'
        '"ip":"$context.identity.sourceIp","sub":"$context.authorizer.claims.sub",'
        '"why":"$context.error.message","bytes":$context.responseLength,"none":"$context.nada",'
        '"at":"$context.requestTime","integration":"$context.integration.status"}'
    )
    settings = {"DestinationArn": GROUP, "Format": text}
    apis.call("UpdateStage", ApiId=api, StageName="$default", AccessLogSettings=settings)
    apis.functions.answer = lambda event: {"statusCode": 200, "body": "abc"}
    apis.request(api, headers={"Authorization": apis.token()})
    apis.request(api)
    good, bad = (json.loads(write.lines[0][1]) for write in apis.logs.writes)
    assert [write.group for write in apis.logs.writes] == ["/pedidos"] * 2
    assert apis.logs.writes[0].cause == apis.hops.hops[0].id
    assert good["id"] == apis.functions.events[0]["requestContext"]["requestId"]
    assert (good["route"], good["status"], good["sub"], good["bytes"]) == ("GET /pedidos", 200, "ana", 3)
    assert (good["integration"], good["none"], good["at"]) == ("200", "-", "14/Nov/2023:22:13:20 +0000")
    assert (bad["status"], bad["sub"], bad["why"]) == (401, "-", "there is no token")
    apis.call("DeleteAccessLogSettings", ApiId=api, StageName="$default")
    apis.request(api)
    assert len(apis.logs.writes) == 2


def test_an_options_request_that_is_no_preflight_reaches_its_route(apis: HttpApis) -> None:
    api = apis.routed("OPTIONS /pedidos")
    apis.call("UpdateApi", ApiId=api, CorsConfiguration=CORS)
    response = apis.request(api, method="OPTIONS", headers={"Origin": "https://app.example"})
    assert (response.status, len(apis.functions.events)) == (200, 1)
    assert header(response, "access-control-allow-origin") == "https://app.example"
