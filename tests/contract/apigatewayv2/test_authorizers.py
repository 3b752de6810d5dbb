"""Lambda authorizers: "Control access to HTTP APIs with AWS Lambda authorizers"."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.model.awserror import AwsError
from tests.contract.apigatewayv2.harness import AUTHORIZER, HttpApis, header, message, uri


def guarded(apis: HttpApis, **changes: Any) -> str:
    """An API whose route GET /pedidos asks a Lambda authorizer with simple answers."""
    api = apis.made()
    params = {
        "Name": "porteiro",
        "AuthorizerType": "REQUEST",
        "AuthorizerUri": uri(AUTHORIZER),
        "AuthorizerPayloadFormatVersion": "2.0",
        "EnableSimpleResponses": True,
        "IdentitySource": ["$request.header.Authorization"],
    }
    authorizer = apis.call("CreateAuthorizer", ApiId=api, **{**params, **changes})["AuthorizerId"]
    for key in ("GET /pedidos", "GET /notas"):
        apis.call(
            "CreateRoute",
            ApiId=api,
            RouteKey=key,
            Target=apis.integration(api),
            AuthorizationType="CUSTOM",
            AuthorizerId=authorizer,
        )
    return api


def answers(apis: HttpApis, answer: Any) -> None:
    """What the authorizer answers; the function behind the route answers 200."""
    apis.functions.answer = lambda event: answer if event.get("type") == "REQUEST" else {"statusCode": 200}


def policy(effect: str, *resources: str) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": list(resources)}
    return {
        "principalId": "ana",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"nivel": 3},
    }


KEY = {"Authorization": "chave"}


def test_a_simple_answer_lets_in_and_its_context_is_passed_on(apis: HttpApis) -> None:
    api = guarded(apis)
    answers(apis, {"isAuthorized": True, "context": {"nivel": 3, "papeis": ["a"]}})
    assert apis.request(api, headers=KEY, query="a=1").status == 200
    asked, event = apis.functions.events
    assert apis.functions.functions[0] == AUTHORIZER
    assert (asked["version"], asked["type"], asked["identitySource"]) == ("2.0", "REQUEST", ["chave"])
    assert asked["routeArn"] == f"arn:aws:execute-api:us-east-1:000000000000:{api}/$default/GET/pedidos"
    assert (asked["routeKey"], asked["queryStringParameters"]) == ("GET /pedidos", {"a": "1"})
    assert event["requestContext"]["authorizer"] == {"lambda": {"nivel": 3, "papeis": ["a"]}}


def test_a_denial_is_403(apis: HttpApis) -> None:
    api = guarded(apis)
    answers(apis, {"isAuthorized": False})
    response = apis.request(api, headers=KEY)
    assert (response.status, message(response)) == (403, "Forbidden")
    assert len(apis.functions.events) == 1


def test_without_its_identity_the_authorizer_is_not_asked(apis: HttpApis) -> None:
    response = apis.request(guarded(apis))
    assert (response.status, message(response)) == (401, "Unauthorized")
    assert header(response, "www-authenticate") is None
    assert apis.functions.events == []


@pytest.mark.parametrize(
    "answer", [{}, {"isAuthorized": "yes"}, [], "x", b"{", {"isAuthorized": True, "context": 1}]
)
def test_an_answer_that_is_none_is_500(apis: HttpApis, answer: Any) -> None:
    api = guarded(apis)
    answers(apis, answer)
    response = apis.request(api, headers=KEY)
    assert (response.status, message(response)) == (500, "Internal Server Error")


def test_an_authorizer_that_cannot_be_asked_is_500(apis: HttpApis) -> None:
    api = guarded(apis)
    apis.functions.refusal = AwsError("ResourceNotFoundException", "gone", status=404)
    assert apis.request(api, headers=KEY).status == 500


def test_answers_are_kept_by_the_clock(apis: HttpApis) -> None:
    api = guarded(apis, AuthorizerResultTtlInSeconds=60)
    answers(apis, {"isAuthorized": True})
    for path in ("/pedidos", "/notas", "/pedidos"):
        assert apis.request(api, path, headers=KEY).status == 200
    assert apis.functions.functions.count(AUTHORIZER) == 1
    apis.request(api, headers={"Authorization": "outra"})
    assert apis.functions.functions.count(AUTHORIZER) == 2
    apis.advance(60)
    answers(apis, {"isAuthorized": False})
    assert apis.request(api, headers=KEY).status == 403
    apis.call("ResetAuthorizersCache", ApiId=api, StageName="$default")
    apis.request(api, headers=KEY)
    assert apis.functions.functions.count(AUTHORIZER) == 4


def test_nothing_is_kept_unless_it_is_asked_for(apis: HttpApis) -> None:
    api = guarded(apis)
    answers(apis, {"isAuthorized": True})
    for _ in range(2):
        apis.request(api, headers=KEY)
    assert apis.functions.functions.count(AUTHORIZER) == 2


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_a_policy_that_is_kept_is_read_for_every_route(apis: HttpApis, version: str) -> None:
    api = guarded(
        apis,
        EnableSimpleResponses=False,
        AuthorizerPayloadFormatVersion=version,
        AuthorizerResultTtlInSeconds=60,
    )
    answers(apis, policy("Allow", f"arn:aws:execute-api:*:*:{api}/*/GET/pedidos"))
    assert apis.request(api, headers=KEY).status == 200
    assert apis.request(api, "/notas", headers=KEY).status == 403
    assert apis.functions.functions.count(AUTHORIZER) == 1
    asked = apis.functions.events[0]
    assert ("methodArn" in asked, "routeArn" in asked) == (version == "1.0", version == "2.0")
    context = apis.functions.events[1]["requestContext"]["authorizer"]
    assert context == {"lambda": {"nivel": 3}}


def test_format_1_carries_the_principal(apis: HttpApis) -> None:
    api = guarded(apis, EnableSimpleResponses=False, AuthorizerPayloadFormatVersion="1.0")
    apis.call("CreateRoute", ApiId=api, RouteKey="GET /antiga")
    (authorizer,) = apis.call("GetAuthorizers", ApiId=api)["Items"]
    target = apis.integration(api, PayloadFormatVersion="1.0")
    route = next(r for r in apis.call("GetRoutes", ApiId=api)["Items"] if r["RouteKey"] == "GET /antiga")
    apis.call(
        "UpdateRoute",
        ApiId=api,
        RouteId=route["RouteId"],
        Target=target,
        AuthorizationType="CUSTOM",
        AuthorizerId=authorizer["AuthorizerId"],
    )
    answers(apis, policy("Allow", "*"))
    assert apis.request(api, "/antiga", headers=KEY).status == 200
    context = apis.functions.events[-1]["requestContext"]["authorizer"]
    assert context == {"nivel": 3, "principalId": "ana"}
    assert apis.functions.events[0]["authorizationToken"] == "chave"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"AuthorizerUri": "arn:aws:lambda:us-east-1:000000000000:function:f"}, "Authorizer URI"),
        ({"AuthorizerPayloadFormatVersion": None}, "AuthorizerPayloadFormatVersion"),
        ({"AuthorizerPayloadFormatVersion": "1.0"}, "Simple responses"),
        ({"AuthorizerResultTtlInSeconds": 3601}, "between 0 and 3600"),
        ({"AuthorizerResultTtlInSeconds": 1, "IdentitySource": []}, "identity source"),
        ({"IdentitySource": ["request.header.X"]}, "Invalid mapping expression"),
    ],
)
def test_authorizers_that_are_none(apis: HttpApis, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(AwsError, match=says):
        guarded(apis, **changes)
