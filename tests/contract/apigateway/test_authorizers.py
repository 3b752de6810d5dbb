"""Lambda authorizers of REST APIs: "Use API Gateway Lambda authorizers"."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.awserror import AwsError
from sandbox.model.http import HttpResponse
from tests.contract.apigateway.harness import Api, Built, header, message

GATE = "arn:aws:lambda:us-east-1:000000000000:function:porteiro"
URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{GATE}/invocations"


def guarded(api: Api, **changes: Any) -> Built:
    """An API whose methods GET /notas and GET /notas/{id} ask a TOKEN authorizer."""
    built = Built(api)
    params = {
        "name": "porteiro",
        "type": "TOKEN",
        "authorizerUri": URI,
        "identitySource": "method.request.header.Authorization",
    }
    given = {name: value for name, value in {**params, **changes}.items() if value is not None}
    authorizer = built.call("CreateAuthorizer", **given)["id"]
    notas = built.resource("notas")
    nota = built.call("CreateResource", parentId=notas, pathPart="{id}")["id"]
    for resource in (notas, nota):
        where = {"resourceId": resource, "httpMethod": "GET"}
        built.call("PutMethod", **where, authorizationType="CUSTOM", authorizerId=authorizer)
        built.integrate(where)
    built.deploy()
    return built


def policy(effect: str, *resources: str, **changes: Any) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": list(resources)}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "ana", "policyDocument": document, **changes}


def answers(api: Api, answer: Any) -> None:
    """What the authorizer answers; the function behind the method answers 200."""

    def run(event: Any) -> Any:
        return answer if event.get("type") in ("TOKEN", "REQUEST") else {"statusCode": 200}

    api.functions.answer = run


def ask(api: Api, built: Built, path: str = "/notas", **headers: str) -> HttpResponse:
    pairs = [(name.lower(), value) for name, value in headers.items()]
    return api.request(built.id, path, headers=pairs)


def test_a_token_is_handed_to_the_authorizer(api: Api) -> None:
    built = guarded(api)
    answers(api, policy("Allow", "*", context={"nivel": 3, "chefe": True}))
    assert ask(api, built, Authorization="chave").status == 200
    asked, event = api.functions.events
    assert asked == {
        "type": "TOKEN",
        "methodArn": f"arn:aws:execute-api:us-east-1:000000000000:{built.id}/dev/GET/notas",
        "authorizationToken": "chave",
    }
    context = event["requestContext"]["authorizer"]
    assert context == {"principalId": "ana", "nivel": "3", "chefe": "true"}


def test_without_its_token_a_request_is_401(api: Api) -> None:
    built = guarded(api)
    response = ask(api, built)
    assert (response.status, message(response)) == (401, "Unauthorized")
    assert header(response, "x-amzn-ErrorType") == "UnauthorizedException"
    assert api.functions.events == []


def test_a_token_must_match_the_validation_expression(api: Api) -> None:
    built = guarded(api, identityValidationExpression=r"Bearer [a-z]+")
    answers(api, policy("Allow", "*"))
    assert ask(api, built, Authorization="Bearer 7").status == 401
    assert api.functions.events == []
    assert ask(api, built, Authorization="Bearer abc").status == 200


@pytest.mark.parametrize("effect", ["Deny", "Nada"])
def test_a_denial_is_403(api: Api, effect: str) -> None:
    built = guarded(api)
    answers(api, policy("Deny", "*") if effect == "Deny" else policy("Allow", "arn:aws:outra"))
    response = ask(api, built, Authorization="x")
    assert response.status == 403
    assert json.loads(response.body) == {"Message": "User is not authorized to access this resource"}
    assert header(response, "x-amzn-ErrorType") == "AccessDeniedException"


def test_an_authorizer_that_says_unauthorized_is_401(api: Api) -> None:
    built = guarded(api)
    api.functions.function_error = "Unhandled"
    api.functions.answer = lambda event: {"errorMessage": "Unauthorized", "errorType": "Exception"}
    assert ask(api, built, Authorization="x").status == 401


@pytest.mark.parametrize(
    "answer",
    [
        b"{",
        {},
        {"principalId": "a"},
        {"principalId": "a", "policyDocument": {"Statement": []}},
        {"principalId": "a", "policyDocument": {"Statement": [{"Effect": "Talvez"}]}},
        {"policyDocument": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}},
        policy("Allow", "*", context={"lista": [1]}),
        policy("Allow", "*", context="texto"),
    ],
)
def test_an_answer_that_is_none_is_500(api: Api, answer: Any) -> None:
    built = guarded(api)
    answers(api, answer)
    response = ask(api, built, Authorization="x")
    assert (response.status, json.loads(response.body)) == (500, {"message": None})
    assert header(response, "x-amzn-ErrorType") == "AuthorizerConfigurationException"


def test_an_authorizer_that_fails_or_is_gone_is_500(api: Api) -> None:
    built = guarded(api)
    api.functions.function_error = "Unhandled"
    assert ask(api, built, Authorization="x").status == 500
    api.functions.refusal = AwsError("ResourceNotFoundException", "gone", status=404)
    assert ask(api, built, Authorization="y").status == 500


def test_answers_are_kept_five_minutes_by_the_clock(api: Api) -> None:
    built = guarded(api)
    pattern = f"arn:aws:execute-api:us-east-1:*:{built.id}/dev/GET/notas"
    answers(api, policy("Allow", pattern))
    assert ask(api, built, Authorization="x").status == 200
    # The policy that is kept is read for every method: this one it does not allow.
    assert ask(api, built, "/notas/7", Authorization="x").status == 403
    assert api.functions.functions.count(GATE) == 1
    ask(api, built, Authorization="y")
    assert api.functions.functions.count(GATE) == 2
    api.advance(300)
    answers(api, policy("Deny", "*"))
    assert ask(api, built, Authorization="x").status == 403
    assert api.functions.functions.count(GATE) == 3
    built.call("FlushStageAuthorizersCache", stageName="dev")
    ask(api, built, Authorization="x")
    assert api.functions.functions.count(GATE) == 4


def test_nothing_is_kept_where_the_time_is_0(api: Api) -> None:
    built = guarded(api, authorizerResultTtlInSeconds=0)
    answers(api, policy("Allow", "*"))
    for _ in range(2):
        ask(api, built, Authorization="x")
    assert api.functions.functions.count(GATE) == 2


def test_an_authorizer_of_requests(api: Api) -> None:
    source = (
        "method.request.header.Chave, method.request.querystring.q, stageVariables.cor, context.httpMethod"
    )
    built = guarded(api, type="REQUEST", identitySource=source)
    variables = [{"op": "replace", "path": "/variables/cor", "value": "azul"}]
    built.call("UpdateStage", stageName="dev", patchOperations=variables)
    answers(api, policy("Allow", "*"))
    response = api.request(built.id, "/notas/7", headers=[("chave", "1")], query="q=2&q=3")
    assert response.status == 200
    asked = api.functions.events[0]
    assert (asked["type"], asked["resource"], asked["path"]) == ("REQUEST", "/notas/{id}", "/notas/7")
    assert asked["pathParameters"] == {"id": "7"}
    assert asked["multiValueQueryStringParameters"] == {"q": ["2", "3"]}
    assert asked["headers"]["Chave"] == "1"
    assert asked["requestContext"]["httpMethod"] == "GET"
    assert api.request(built.id, "/notas/7", headers=[("chave", "1")]).status == 401


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"type": "COGNITO_USER_POOLS"}, 501),
        ({"type": "OUTRO"}, 400),
        ({"authorizerUri": GATE}, 400),
        ({"identitySource": "method.request.querystring.q"}, 400),
        ({"identitySource": None}, 400),
        ({"type": "REQUEST", "identitySource": None}, 400),
        ({"type": "REQUEST", "identitySource": "body.x"}, 400),
        ({"authorizerResultTtlInSeconds": 3601}, 400),
        ({"identityValidationExpression": "("}, 400),
    ],
)
def test_authorizers_that_are_none(api: Api, changes: dict[str, Any], status: int) -> None:
    with pytest.raises(AwsError) as caught:
        guarded(api, **changes)
    assert caught.value.status == status


def test_authorizers_are_changed_and_taken_away(api: Api) -> None:
    built = guarded(api)
    (one,) = built.call("GetAuthorizers")["items"]
    patches = [{"op": "replace", "path": "/authorizerResultTtlInSeconds", "value": "60"}]
    changed = built.call("UpdateAuthorizer", authorizerId=one["id"], patchOperations=patches)
    assert changed["authorizerResultTtlInSeconds"] == 60
    assert built.call("GetAuthorizer", authorizerId=one["id"]) == changed
    error = api.refused("DeleteAuthorizer", restApiId=built.id, authorizerId=one["id"])
    assert error.status == 409
    where = {"httpMethod": "GET"}
    for resource in built.call("GetResources")["items"]:
        if resource.get("resourceMethods"):
            built.call("DeleteMethod", resourceId=resource["id"], **where)
    built.call("DeleteAuthorizer", authorizerId=one["id"])
    assert built.call("GetAuthorizers")["items"] == []
    iam = api.refused(
        "PutMethod", restApiId=built.id, resourceId=built.root, httpMethod="GET", authorizationType="AWS_IAM"
    )
    assert iam.status == 501
