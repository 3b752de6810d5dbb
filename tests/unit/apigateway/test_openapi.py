"""OpenAPI definitions with API Gateway's extensions, read into REST APIs, written again, or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.ids import Ids
from sandbox.model.scope import Scope
from sandbox.services.apigateway.checks import check_uri
from sandbox.services.apigateway.definition import Definition, Method, method_view
from sandbox.services.apigateway.export import export_document
from sandbox.services.apigateway.openapi import Imported, read_document

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:faturamento"
URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
X = "x-amazon-apigateway-"


def method(**changes: Any) -> dict[str, Any]:
    return {f"{X}integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": URI, **changes}}


def document(paths: Any, **changes: Any) -> dict[str, Any]:
    return {"openapi": "3.0.1", "info": {"title": "nfe"}, "paths": paths, **changes}


def read(given: dict[str, Any], into: Definition | None = None) -> Imported:
    return read_document(given, Ids(1 if into is None else 2), into, "root")


def methods(definition: Definition) -> dict[str, Method]:
    return {f"{one.http_method} {resource.path}": one for resource, one in definition.methods()}


def test_reads_resources_and_methods() -> None:
    paths = {
        "/notas": {"post": method(), "get": method(timeoutInMillis=5000), "parameters": []},
        "/notas/{id}/itens": {f"{X}any-method": method(httpMethod="get")},
    }
    definition = read(document(paths)).definition
    assert sorted(one.path for one in definition.resources.values()) == [
        "/",
        "/notas",
        "/notas/{id}",
        "/notas/{id}/itens",
    ]
    found = methods(definition)
    assert set(found) == {"POST /notas", "GET /notas", "ANY /notas/{id}/itens"}
    integration = found["GET /notas"].method_integration
    assert integration is not None
    assert (integration.type, integration.uri, integration.timeout_in_millis) == ("AWS_PROXY", URI, 5000)
    odd = found["ANY /notas/{id}/itens"].method_integration
    assert odd is not None
    assert odd.http_method == "GET"


SWAGGER = {
    "swagger": "2.0",
    "info": {"title": "t", "version": "3"},
    "securityDefinitions": {
        "porteiro": {
            "type": "apiKey",
            "name": "Auth",
            "in": "header",
            f"{X}authtype": "custom",
            f"{X}authorizer": {"type": "token", "authorizerUri": URI, "authorizerResultTtlInSeconds": 0},
        },
        "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
    },
    "definitions": {
        "Nota": {"type": "object", "properties": {"item": {"$ref": "#/definitions/Item"}}},
        "Item": {},
    },
    f"{X}request-validators": {"tudo": {"validateRequestBody": True, "validateRequestParameters": True}},
    f"{X}gateway-responses": {"DEFAULT_4XX": {"responseTemplates": {"application/json": "{}"}}},
    f"{X}binary-media-types": ["image/png"],
    "paths": {
        "/notas": {
            "parameters": [{"in": "query", "name": "q", "required": True, "type": "string"}],
            "post": {
                "operationId": "criar",
                "consumes": ["application/json"],
                "parameters": [{"in": "body", "name": "b", "schema": {"$ref": "#/definitions/Nota"}}],
                "security": [{"porteiro": []}, {"api_key": []}],
                f"{X}request-validator": "tudo",
                "responses": {"200": {"headers": {"X-A": {"type": "string"}}}},
                f"{X}integration": {
                    "type": "mock",
                    "requestTemplates": {"application/json": '{"statusCode": 200}'},
                    "responses": {
                        "default": {
                            "statusCode": "200",
                            "responseParameters": {"method.response.header.X-A": "'1'"},
                        }
                    },
                },
            },
        }
    },
}


def test_reads_all_that_methods_name() -> None:
    definition = read(SWAGGER).definition
    (post,) = methods(definition).values()
    authorizer = definition.authorizers[post.authorizer_id or ""]
    assert (authorizer.type, authorizer.identity_source) == ("TOKEN", "method.request.header.Auth")
    assert (post.authorization_type, post.api_key_required, post.operation_name) == ("CUSTOM", True, "criar")
    assert post.request_parameters == {"method.request.querystring.q": True}
    assert post.request_models == {"application/json": "Nota"}
    assert definition.validators[post.request_validator_id or ""].validate_request_body
    assert definition.binary_media_types == ["image/png"]
    assert definition.gateway_responses["DEFAULT_4XX"].response_templates == {"application/json": "{}"}
    responses = post.method_responses or {}
    assert responses["200"].response_parameters == {"method.response.header.X-A": False}
    assert "restapis/self/models/Item" in definition.models["Nota"].schema


@pytest.mark.parametrize("swagger", [True, False])
def test_what_is_written_can_be_read_again(swagger: bool) -> None:
    before = read(SWAGGER).definition
    text = export_document("t", "3", before, Scope(), swagger=swagger, extensions=True, as_yaml=False)
    after = read(json.loads(text)).definition

    def plain(definition: Definition) -> Any:
        shown = {key: method_view(one) for key, one in methods(definition).items()}
        for one in shown.values():
            for name in ("authorizerId", "requestValidatorId"):
                one.pop(name)
        return shown

    assert plain(after) == plain(before)
    assert set(after.models) == set(before.models)
    assert [one.name for one in after.authorizers.values()] == ["porteiro"]


def test_a_document_is_merged_into_what_is_there() -> None:
    first = read(document({"/a": {"get": method()}})).definition
    merged = read(document({"/a": {"put": method()}, "/b": {"get": method()}}), first).definition
    assert set(methods(merged)) == {"GET /a", "PUT /a", "GET /b"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"paths": {}}, "neither openapi nor swagger"),
        (document([1]), "paths is not a mapping"),
        (document({"/a": []}), "/a is not a mapping"),
        (document({7: {"get": method()}}), "7 is not a text"),
        (document({"/a": {"get": None}}), "get /a is not a mapping"),
        (document({"a": {"get": method()}}), "must begin with a slash"),
        (document({"/a b": {"get": method()}}), "Resource's path part"),
        (document({"/{x+}/b": {"get": method()}}), "must be last"),
        (document({"/a": {"get": method(timeoutInMillis=30_000)}}), "between 50 ms and 29000 ms"),
        (document({"/a": {"get": method(timeoutInMillis="x")}}), "Expected `int`"),
        (document({"/a/{x}": {"get": method()}, "/a/{y}/b": {"get": method()}}), "A sibling ({x})"),
        (document({"/{x+}": {"get": method()}, "/{y+}": {"get": method()}}), "A sibling ({x+})"),
        (document({"/a": {"get": method(type="ftp")}}), "Enumeration value for Integration.type"),
        (document({"/a": {"get": {"security": "x"}}}), "is not a list"),
        (document({"/a": {"get": {f"{X}request-validator": "nada"}}}), "is not defined"),
        (document({}, components={"schemas": {"A": {"type": 7}}}), "Invalid OpenAPI input: A"),
        (document({}, **{f"{X}binary-media-types": "image/png"}), "no list of texts"),
        (
            document({}, components={"securitySchemes": {"a": {f"{X}authorizer": {"type": "token"}}}}),
            "Invalid Authorizer URI",
        ),
    ],
)
def test_refuses_what_is_malformed(given: dict[str, Any], says: str) -> None:
    with pytest.raises(AwsError) as caught:
        read(given)
    assert caught.value.code == "BadRequestException"
    assert says in caught.value.message


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (document({}, **{f"{X}policy": {"Version": "1"}}), f"{X}policy"),
        (document({"/a": {"get": method(connectionType="VPC_LINK")}}), "VPC links"),
        (document({"/a": {"get": method(tlsConfig={})}}), "integration property tlsConfig"),
        (document({"/a": {"trace": method()}}), "trace of path /a"),
        (document({"/a": {7: method()}}), "7 of path /a"),
        (
            document({}, components={"securitySchemes": {"s": {f"{X}authtype": "awsSigv4"}}}),
            "authorization awsSigv4",
        ),
    ],
)
def test_refuses_by_name_what_is_not_implemented(given: dict[str, Any], named: str) -> None:
    with pytest.raises(NotImplementedByName) as caught:
        read(given)
    assert named in caught.value.message


def test_what_has_no_authorizer_is_warned_of() -> None:
    given = document({"/a": {"get": {**method(), "security": [{"k": []}, {"NONE": []}]}}})
    assert read(given).warnings == ["The security scheme k of GET /a has no authorizer"]


def test_sibling_variables_of_both_kinds_may_stand_together() -> None:
    paths = {"/a/{x}": {"get": method()}, "/a/{rest+}": {"get": method()}, "/{x}": {"get": method()}}
    assert len(methods(read(document(paths)).definition)) == 3


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        (FUNCTION, "AWS ARN for integration must contain path or action"),
        ("estoque", "Invalid ARN specified in the request"),
        (
            "arn:aws:apigateway:us-east-1:firehose:action/ListDeliveryStreams",
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream "
            "invocations.",
        ),
        (
            URI.replace(FUNCTION, "estoque"),
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream "
            "invocations.",
        ),
    ],
)
def test_refuses_integration_uris_in_the_words_of_aws(uri: str, says: str) -> None:
    with pytest.raises(AwsError) as caught:
        check_uri("AWS_PROXY", uri)
    assert (caught.value.code, caught.value.message) == ("BadRequestException", says)
