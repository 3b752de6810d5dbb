"""Connections, API destinations, and APIs as targets of rules.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
"""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from sandbox.model.hops import HopKind
from sandbox.model.http import HttpResponse
from tests.contract.events.harness import START, World, arn

URL = "http://127.0.0.1:9000/notas"
TOKENS = "http://localhost:9001/token"
KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "x-chave", "ApiKeyValue": "s3gredo"}}
BASIC = {"BasicAuthParameters": {"Username": "ana", "Password": "s3nha"}}
OAUTH: dict[str, Any] = {
    "OAuthParameters": {
        "ClientParameters": {"ClientID": "cliente", "ClientSecret": "s3gredo"},
        "AuthorizationEndpoint": TOKENS,
        "HttpMethod": "POST",
        "OAuthHttpParameters": {
            "BodyParameters": [{"Key": "audience", "Value": "notas", "IsValueSecret": False}]
        },
    }
}


def connection(world: World, kind: str = "API_KEY", parameters: Any = KEY, name: str = "conexao") -> str:
    answer = world.call("CreateConnection", Name=name, AuthorizationType=kind, AuthParameters=parameters)
    return str(answer["ConnectionArn"])


def destination(world: World, given: str, **members: Any) -> str:
    params = {"InvocationEndpoint": URL, "HttpMethod": "POST", **members}
    answer = world.call("CreateApiDestination", Name="destino", ConnectionArn=given, **params)
    return str(answer["ApiDestinationArn"])


def rule(world: World, target: str, **members: Any) -> None:
    world.call("PutRule", Name="regra", EventPattern='{"source": ["nfe"]}')
    members = {"Id": "http", "Arn": target, "RoleArn": "arn:aws:iam::000000000000:role/r", **members}
    world.call("PutTargets", Rule="regra", Targets=[members])


def put(world: World, **entry: Any) -> None:
    """Puts an event and lets calls be made."""
    world.put(**entry)
    world.advance(0)


def token(value: str = "abc", **members: Any) -> HttpResponse:
    return HttpResponse(200, body=json.dumps({"access_token": value, **members}).encode())


# --- connections -----------------------------------------------------------------------------------------
def test_a_connection_tells_everything_but_its_secrets(world: World) -> None:
    parameters = {
        **KEY,
        "InvocationHttpParameters": {
            "HeaderParameters": [
                {"Key": "x-a", "Value": "visível", "IsValueSecret": False},
                {"Key": "x-b", "Value": "escondido", "IsValueSecret": True},
            ]
        },
    }
    given = connection(world, parameters=parameters)
    assert given.startswith("arn:aws:events:us-east-1:000000000000:connection/conexao/")
    described = world.call("DescribeConnection", Name="conexao")
    assert described.pop("SecretArn").startswith("arn:aws:secretsmanager:")
    assert described == {
        "ConnectionArn": given,
        "Name": "conexao",
        "ConnectionState": "AUTHORIZED",
        "AuthorizationType": "API_KEY",
        "CreationTime": START,
        "LastModifiedTime": START,
        "LastAuthorizedTime": START,
        "AuthParameters": {
            "ApiKeyAuthParameters": {"ApiKeyName": "x-chave"},
            "InvocationHttpParameters": {
                "HeaderParameters": [
                    {"Key": "x-a", "Value": "visível", "IsValueSecret": False},
                    {"Key": "x-b", "IsValueSecret": True},
                ]
            },
        },
    }
    (listed,) = world.call("ListConnections", NamePrefix="con")["Connections"]
    assert listed["ConnectionState"] == "AUTHORIZED"
    assert world.call("ListConnections", ConnectionState="DEAUTHORIZED") == {"Connections": []}


def test_a_connection_is_changed_deauthorized_and_deleted(world: World) -> None:
    target = destination(world, connection(world))
    world.advance(5)
    world.call("UpdateConnection", Name="conexao", AuthorizationType="BASIC", AuthParameters=BASIC)
    described = world.call("DescribeConnection", Name="conexao")
    assert described["AuthParameters"] == {"BasicAuthParameters": {"Username": "ana"}}
    assert described["LastModifiedTime"] == START + 5
    assert world.call("DeauthorizeConnection", Name="conexao")["ConnectionState"] == "DEAUTHORIZED"
    assert world.call("DescribeApiDestination", Name="destino")["ApiDestinationState"] == "INACTIVE"
    rule(world, target, DeadLetterConfig={"Arn": arn("mortas")})
    put(world)
    (letter,) = world.targets.to("mortas")
    assert letter.attributes["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    assert world.call("DeleteConnection", Name="conexao")["ConnectionState"] == "DELETING"
    assert world.refused("DescribeConnection", Name="conexao")[0] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [("BASIC", KEY), ("API_KEY", {**KEY, **BASIC}), ("OAUTH_CLIENT_CREDENTIALS", {})],
)
def test_parameters_are_those_of_the_type(world: World, kind: str, parameters: Any) -> None:
    code, _ = world.refused("CreateConnection", Name="c", AuthorizationType=kind, AuthParameters=parameters)
    assert code == "ValidationException"


def test_names_are_taken_once(world: World) -> None:
    given = connection(world)
    destination(world, given)
    taken: dict[str, Any] = {"Name": "conexao", "AuthorizationType": "API_KEY", "AuthParameters": KEY}
    assert world.refused("CreateConnection", **taken)[0] == "ResourceAlreadyExistsException"
    taken = {"Name": "destino", "ConnectionArn": given, "InvocationEndpoint": URL, "HttpMethod": "POST"}
    assert world.refused("CreateApiDestination", **taken)[0] == "ResourceAlreadyExistsException"


# --- API destinations ------------------------------------------------------------------------------------
def test_an_api_destination_is_described_listed_changed_and_deleted(world: World) -> None:
    given = connection(world)
    made = destination(world, given, Description="notas", InvocationRateLimitPerSecond=5)
    described = world.call("DescribeApiDestination", Name="destino")
    assert described == {
        "ApiDestinationArn": made,
        "ApiDestinationState": "ACTIVE",
        "Name": "destino",
        "ConnectionArn": given,
        "InvocationEndpoint": URL,
        "HttpMethod": "POST",
        "InvocationRateLimitPerSecond": 5,
        "CreationTime": START,
        "LastModifiedTime": START,
        "Description": "notas",
    }
    world.call("UpdateApiDestination", Name="destino", HttpMethod="PUT")
    (listed,) = world.call("ListApiDestinations", ConnectionArn=given)["ApiDestinations"]
    assert (listed["HttpMethod"], listed["InvocationRateLimitPerSecond"]) == ("PUT", 5)
    world.call("DeleteApiDestination", Name="destino")
    assert world.refused("DescribeApiDestination", Name="destino")[0] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "url", ["https://api.example.com/x", "http://10.0.0.1/", "http://127.0.0.1.evil.com/"]
)
def test_other_machines_are_refused_by_name(world: World, url: str) -> None:
    given = connection(world)
    params: dict[str, Any] = {
        "Name": "d",
        "ConnectionArn": given,
        "InvocationEndpoint": url,
        "HttpMethod": "POST",
    }
    code, message = world.refused("CreateApiDestination", **params)
    assert code == "NotImplemented"
    assert url in message
    oauth = json.loads(json.dumps(OAUTH))
    oauth["OAuthParameters"]["AuthorizationEndpoint"] = url
    params = {"Name": "c", "AuthorizationType": "OAUTH_CLIENT_CREDENTIALS", "AuthParameters": oauth}
    assert world.refused("CreateConnection", **params)[0] == "NotImplemented"


def test_the_event_is_posted_with_the_key(world: World) -> None:
    rule(world, destination(world, connection(world)))
    put(world)
    (request,) = world.web.to(URL)
    assert request.method == "POST"
    assert request.header("x-chave") == "s3gredo"
    assert request.header("content-type") == "application/json; charset=utf-8"
    assert json.loads(request.body)["detail"] == {"n": 1}
    assert len(world.hops.of(HopKind.DELIVERED)) == 1
    assert "s3gredo" not in str(world.hops.hops)


def test_basic_authorization(world: World) -> None:
    rule(world, destination(world, connection(world, "BASIC", BASIC)))
    put(world)
    (request,) = world.web.to(URL)
    assert request.header("authorization") == "Basic " + b64encode(b"ana:s3nha").decode()


def test_parameters_of_connection_and_target_meet(world: World) -> None:
    def one(key: str, value: str) -> list[dict[str, Any]]:
        return [{"Key": key, "Value": value, "IsValueSecret": False}]

    parameters = {
        **KEY,
        "InvocationHttpParameters": {
            "HeaderParameters": one("X-Ambos", "da conexão"),
            "QueryStringParameters": one("q", "da conexão"),
            "BodyParameters": one("extra", "sim"),
        },
    }
    given = connection(world, parameters=parameters)
    target = destination(world, given, InvocationEndpoint=f"{URL}/*/itens/*")
    http = {
        "PathParameterValues": ["$.detail.nota", "um dois"],
        "HeaderParameters": {"X-Ambos": "do alvo", "X-Seu": "$.detail.n"},
        "QueryStringParameters": {"q": "do alvo", "r": "$.detail.falta"},
    }
    rule(world, target, HttpParameters=http, InputPath="$.detail")
    put(world, Detail='{"nota": "a/b", "n": 1.50}')
    ((url, request),) = world.web.asked
    assert url == f"{URL}/a%2Fb/itens/um%20dois?q=da+conex%C3%A3o&r="
    assert (request.header("x-ambos"), request.header("x-seu")) == ("da conexão", "1.50")
    assert json.loads(request.body) == {"nota": "a/b", "n": 1.5, "extra": "sim"}


def test_a_get_has_no_body(world: World) -> None:
    rule(world, destination(world, connection(world), HttpMethod="GET"))
    put(world)
    assert [(request.method, request.body) for request in world.web.to(URL)] == [("GET", b"")]


@pytest.mark.parametrize(
    ("answer", "again"),
    [
        (HttpResponse(500), True),
        (HttpResponse(503), True),
        (HttpResponse(429), True),
        (HttpResponse(409), True),
        (TimeoutError("lento"), True),
        (ConnectionError("ninguém"), True),
        (HttpResponse(400), False),
        (HttpResponse(404), False),
        (HttpResponse(302), False),
    ],
)
def test_what_is_tried_again(world: World, answer: HttpResponse | Exception, again: bool) -> None:
    world.web.answers[URL] = [answer, HttpResponse(200)]
    rule(world, destination(world, connection(world)), DeadLetterConfig={"Arn": arn("mortas")})
    put(world)
    world.advance(60)
    assert len(world.web.to(URL)) == 1 + again
    assert len(world.targets.to("mortas")) == (not again)


def test_a_target_that_asks_for_time_gets_it(world: World) -> None:
    busy = HttpResponse(429, [("Retry-After", "30")])
    world.web.answers[URL] = [busy, HttpResponse(200)]
    rule(world, destination(world, connection(world)))
    put(world)
    world.advance(29)
    assert len(world.web.to(URL)) == 1
    world.advance(1)
    assert len(world.web.to(URL)) == 2


def test_the_rate_is_kept_on_the_clock(world: World) -> None:
    rule(world, destination(world, connection(world), InvocationRateLimitPerSecond=2))
    for number in range(5):
        put(world, Detail=json.dumps({"n": number}))
    assert len(world.web.to(URL)) == 2
    world.advance(1)
    assert len(world.web.to(URL)) == 4
    world.advance(1)
    assert [json.loads(request.body)["detail"]["n"] for request in world.web.to(URL)] == [0, 1, 2, 3, 4]


def test_calls_that_wait_outlive_a_restart(tmp_path: Path) -> None:
    with World(tmp_path / "s.db") as world:
        world.web.answers[URL] = [HttpResponse(500)]
        rule(world, destination(world, connection(world)))
        put(world)
    with World(tmp_path / "s.db", start=START) as again:
        again.advance(1)
        assert len(again.web.to(URL)) == 1


def test_an_api_destination_that_is_gone(world: World) -> None:
    target = destination(world, connection(world))
    rule(world, target, DeadLetterConfig={"Arn": arn("mortas")})
    world.call("DeleteApiDestination", Name="destino")
    put(world)
    (letter,) = world.targets.to("mortas")
    assert letter.attributes["ERROR_CODE"]["StringValue"] == "NO_RESOURCE"


def test_http_parameters_are_for_http_targets(world: World) -> None:
    world.call("PutRule", Name="r", EventPattern='{"source": ["nfe"]}')
    target = world.target(HttpParameters={"HeaderParameters": {"a": "b"}})
    assert world.refused("PutTargets", Rule="r", Targets=[target])[0] == "ValidationException"


# --- OAuth -----------------------------------------------------------------------------------------------
def test_a_token_is_fetched_once_and_sent(world: World) -> None:
    world.web.answers[TOKENS] = [token()]
    rule(world, destination(world, connection(world, "OAUTH_CLIENT_CREDENTIALS", OAUTH)))
    put(world)
    put(world)
    assert [dict(request.headers)["authorization"] for request in world.web.to(URL)] == ["Bearer abc"] * 2
    (asked,) = world.web.to(TOKENS)
    assert asked.body == (
        b"grant_type=client_credentials&client_id=cliente&client_secret=s3gredo&audience=notas"
    )


def test_a_token_that_has_expired_is_fetched_anew(world: World) -> None:
    world.web.answers[TOKENS] = [token("um", expires_in=60), token("dois", token_type="Bearer")]
    rule(world, destination(world, connection(world, "OAUTH_CLIENT_CREDENTIALS", OAUTH)))
    put(world)
    world.advance(60)
    put(world)
    sent = [dict(request.headers)["authorization"] for request in world.web.to(URL)]
    assert sent == ["Bearer um", "Bearer dois"]


def test_a_token_that_is_refused_is_fetched_anew_at_once(world: World) -> None:
    world.web.answers[TOKENS] = [token("velho"), token("novo")]
    world.web.answers[URL] = [HttpResponse(401), HttpResponse(200)]
    rule(world, destination(world, connection(world, "OAUTH_CLIENT_CREDENTIALS", OAUTH)))
    put(world)
    sent = [dict(request.headers)["authorization"] for request in world.web.to(URL)]
    assert sent == ["Bearer velho", "Bearer novo"]
    assert len(world.hops.of(HopKind.DELIVERED)) == 1


@pytest.mark.parametrize(
    "answer",
    [HttpResponse(403), HttpResponse(200, body=b"{}"), HttpResponse(200, body=b"<x>"), TimeoutError("lento")],
)
def test_without_a_token_the_connection_is_not_authorized(
    world: World, answer: HttpResponse | Exception
) -> None:
    world.web.answers[TOKENS] = [answer]
    connection(world, "OAUTH_CLIENT_CREDENTIALS", OAUTH)
    described = world.call("DescribeConnection", Name="conexao")
    assert described["ConnectionState"] == "DEAUTHORIZED"
    assert TOKENS in described["StateReason"]
    assert "s3gredo" not in str(described)


# --- APIs ------------------------------------------------------------------------------------------------
API = "arn:aws:execute-api:us-east-1:000000000000:abc123/dev/POST/notas/*"


def test_a_deployed_api_is_called(world: World) -> None:
    http = {"PathParameterValues": ["$.detail.n"], "QueryStringParameters": {"a": "1"}}
    rule(world, API, HttpParameters=http, Input='{"olá": 1}')
    put(world)
    ((api_id, stage, request),) = world.web.apis
    assert (api_id, stage, request.method, request.path, request.query) == (
        "abc123",
        "dev",
        "POST",
        "/notas/1",
        "a=1",
    )
    assert request.body == '{"olá": 1}'.encode()
    assert request.header("x-amz-source-arn").endswith(":rule/regra")
    assert request.header("x-amz-source-account") == "000000000000"
    (delivered,) = world.hops.of(HopKind.DELIVERED)
    assert request.cause == delivered.id


def test_an_api_that_fails_is_called_again(world: World) -> None:
    rule(world, API.replace("abc123", "quebrada"))
    put(world)
    world.advance(3)
    assert len(world.web.apis) == 3
