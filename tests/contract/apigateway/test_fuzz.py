"""No input breaks REST APIs: not of an operation, not of a request, not of a definition."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.model.awserror import AwsError
from sandbox.model.http import HttpResponse
from sandbox.services.apigateway.service import ApiGatewayService
from tests.contract.apigateway.harness import Api, Built, body, method
from tests.contract.apigateway.test_mapping import GOOD, JSON, validated
from tests.support.shapes import answered, inputs

PATHS = [
    "/name",
    "/description",
    "/variables/a",
    "/*/*/throttling/rateLimit",
    "/deploymentId",
    "/requestParameters/method.request.header.X",
    "/apiStages",
    "/quota/limit",
    "/throttle",
    "/responseTemplates/text~1plain",
    "/a/b/c/d",
    "/",
    "",
]


@pytest.mark.parametrize("operation", sorted(ApiGatewayService.operations))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_input_breaks_an_operation(operation: str, data: st.DataObject) -> None:
    with Api() as api:
        built = Built(api)
        where = built.method("x", "{id}", verb="POST")
        built.integrate(where, "MOCK", requestTemplates={JSON: '{"statusCode": 200}'})
        built.respond(where)
        built.call("CreateModel", name="M", contentType=JSON)
        built.deploy()
        key = api.call("CreateApiKey", value="a" * 20, enabled=True)["id"]
        plan = api.call("CreateUsagePlan", name="p", apiStages=[{"apiId": built.id, "stage": "dev"}])["id"]
        deployment = built.call("GetDeployments")["items"][0]["id"]
        known = {
            "restApiId": st.just(built.id),
            "apiId": st.just(built.id),
            "resourceId": st.just(where["resourceId"]),
            "parentId": st.just(built.root),
            "httpMethod": st.sampled_from(["POST", "GET"]),
            "statusCode": st.just("200"),
            "stageName": st.just("dev"),
            "stage": st.just("dev"),
            "deploymentId": st.just(deployment),
            "modelName": st.just("M"),
            "apiKey": st.just(key),
            "keyId": st.just(key),
            "usagePlanId": st.just(plan),
            "responseType": st.sampled_from(["THROTTLED", "DEFAULT_4XX"]),
            "op": st.sampled_from(["replace", "add", "remove"]),
            "path": st.sampled_from(PATHS),
            "resourceArn": st.just(f"arn:aws:apigateway:us-east-1::/restapis/{built.id}"),
            "schema": st.sampled_from(["{}", '{"type": "object"}', '{"$ref": "#"}', "{"]),
            "startDate": st.just("2023-11-14"),
            "endDate": st.just("2023-11-15"),
            "pathWithQueryString": st.sampled_from(["/x/7?q=1", "?", "x"]),
            "body": st.sampled_from([body(), b"{}", b"{"])
            if operation in ("ImportRestApi", "PutRestApi")
            else st.text(max_size=5),
        }
        answered("apigateway", operation, data.draw(inputs("apigateway", operation, known)), api.call)


# --- requests --------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Api, str]]:
    """An API with every kind of integration that a request can reach."""
    with Api() as api:
        built = validated(api)
        proxy = built.method("proxy", "{p+}", verb="ANY")
        built.integrate(proxy)
        http = built.method("http", "{p}", verb="ANY")
        mapping = {"integration.request.path.p": "method.request.path.p"}
        built.integrate(
            http,
            "HTTP_PROXY",
            integrationHttpMethod="ANY",
            uri="http://127.0.0.1:9/{p}",
            requestParameters=mapping,
        )
        template = {JSON: '{"statusCode": 200, "x": $input.json(\'$.itens\'), "q": "$input.params(\'q\')"}'}
        mock = built.method("mock", verb="ANY")
        built.integrate(mock, "MOCK", requestTemplates=template)
        built.respond(mock, responseTemplates={JSON: "$input.json('$') $util.escapeJavaScript($input.body)"})
        unlimited = [
            {"op": "replace", "path": f"/*/*/throttling/{name}", "value": "1000000000"}
            for name in ("rateLimit", "burstLimit")
        ]
        built.deploy()
        built.call("UpdateStage", stageName="dev", patchOperations=unlimited)
        yield api, built.id


TEXTS = st.one_of(st.text(max_size=12), st.sampled_from(["%", "%2", "%zz", "a%2Fb", "..", "//", "\x00", "é"]))
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["content-type", "accept", "x-h", "host", "x-amzn-trace-id", "x-api-key", "cookie"]),
        st.one_of(TEXTS, st.sampled_from([JSON, "text/plain; x", "Root=", "*/*", "localhost:x"])),
    ),
    max_size=4,
)
BODIES = st.one_of(
    st.binary(max_size=20),
    st.just(json.dumps(GOOD).encode()),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False), st.text(max_size=4)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from(["itens", "sku", "a"]), inner, max_size=3),
        ),
    ).map(lambda value: json.dumps(value).encode()),
    st.just(b"[" * 2000),
)


def is_answer(response: HttpResponse) -> None:
    """An answer is one of the integration's, or one that API Gateway explains."""
    assert 200 <= response.status <= 599
    if response.status >= 400:
        said = json.loads(response.body)
        assert set(said) in ({"message"}, {"Message"})


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "OPTIONS", "HEAD", "X", ""]),
    path=st.one_of(
        TEXTS,
        st.builds("{}{}".format, st.sampled_from(["/x/", "/proxy/", "/http/", "/mock", "/"]), TEXTS),
    ),
    query=st.one_of(TEXTS, st.sampled_from(["q=1&q=2", "&&=", "q", "%=%", "a=" + "b" * 500])),
    headers=HEADERS,
    content=BODIES,
)
def test_no_request_breaks_a_stage(
    served: tuple[Api, str], method: str, path: str, query: str, headers: Any, content: bytes
) -> None:
    api, identity = served
    is_answer(api.request(identity, path, method, query=query, headers=headers, body=content))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    answer=st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.floats()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"]),
                inner,
                max_size=4,
            ),
        ),
    )
)
def test_no_answer_of_a_function_breaks_a_stage(served: tuple[Api, str], answer: Any) -> None:
    api, identity = served
    api.functions.answer = lambda event: answer
    response = api.request(identity, "/proxy/a")
    assert 200 <= response.status <= 599


# --- definitions -----------------------------------------------------------------------------------------
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-1, 99), st.text(max_size=4), st.just([]), st.just({}), st.just([1])
)


def mutated(document: Any, data: st.DataObject) -> Any:
    """A document with one odd value somewhere in it."""
    if isinstance(document, dict) and document and data.draw(st.integers(0, 9)):
        name = data.draw(st.sampled_from(sorted(document)))
        return {**document, name: mutated(document[name], data)}
    if isinstance(document, list) and document and data.draw(st.integers(0, 9)):
        return [mutated(document[0], data), *document[1:]]
    return data.draw(ODD)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_definition_breaks_an_import(data: st.DataObject) -> None:
    operation = {
        **method(requestTemplates={JSON: "{}"}, responses={"default": {"statusCode": "200"}}),
        "parameters": [{"in": "query", "name": "q", "required": True}],
        "requestBody": {"content": {JSON: {"schema": {"$ref": "#/components/schemas/A"}}}},
        "responses": {"200": {"headers": {"X": {}}, "content": {JSON: {"schema": {}}}}},
        "security": [{"chave": []}],
        "x-amazon-apigateway-request-validator": "v",
    }
    document = {
        "openapi": "3.0.1",
        "info": {"title": "t"},
        "paths": {"/a/{id}": {"post": operation}},
        "components": {
            "schemas": {"A": {"type": "object", "properties": {"b": {"type": "string"}}}},
            "securitySchemes": {"chave": {"type": "apiKey", "in": "header", "name": "x-api-key"}},
        },
        "x-amazon-apigateway-request-validators": {"v": {"validateRequestBody": True}},
        "x-amazon-apigateway-gateway-responses": {"DEFAULT_4XX": {"responseParameters": {"x": "y"}}},
    }
    text = json.dumps(mutated(document, data)).encode()
    with Api() as api:
        refused = "BadRequestException"
        try:
            made = api.call("ImportRestApi", body=text)["id"]
            api.call("CreateDeployment", restApiId=made, stageName="dev")
        except AwsError as error:
            refused = error.code
        else:
            is_answer(api.request(made, "/a/7", "POST", body=b"{}"))
        assert refused in ("BadRequestException", "NotImplemented")
