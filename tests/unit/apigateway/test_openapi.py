"""OpenAPI definitions with API Gateway's extensions, read into routes or refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.services.apigateway.openapi import Route, function_of_uri, read_definition

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:faturamento"
URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"


def integration(**changes: Any) -> dict[str, Any]:
    return {"type": "aws_proxy", "httpMethod": "POST", "uri": URI, **changes}


def method(**changes: Any) -> dict[str, Any]:
    return {"x-amazon-apigateway-integration": integration(**changes)}


def definition(paths: Any, **changes: Any) -> dict[str, Any]:
    return {"openapi": "3.0.1", "info": {"title": "nfe"}, "paths": paths, **changes}


def test_reads_routes() -> None:
    routes = read_definition(
        definition(
            {
                "/notas": {"post": method(), "get": method(timeoutInMillis=5000), "parameters": []},
                "/notas/{id}": {"x-amazon-apigateway-any-method": method(httpMethod="get")},
            }
        )
    )
    assert routes == [
        Route("POST", "/notas", FUNCTION),
        Route("GET", "/notas", FUNCTION, 5000),
        Route("ANY", "/notas/{id}", FUNCTION, integration_method="GET"),
    ]


def test_reads_swagger_2() -> None:
    assert read_definition({"swagger": "2.0", "paths": {"/": {"get": method()}}}) == [
        Route("GET", "/", FUNCTION)
    ]


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"paths": {}}, "neither openapi nor swagger"),
        (definition([]), "paths is not a mapping"),
        (definition(None), "paths is not a mapping"),
        (definition({"/a": []}), "/a is not a mapping"),
        (definition({7: {"get": method()}}), "7 is not a text"),
        (definition({"/a": {7: method()}}), "7 of /a is not a text"),
        (definition({"/a": {"get": None}}), "No integration defined for method GET /a"),
        (definition({"/a": {"get": {"responses": {}}}}), "No integration defined for method GET /a"),
        (definition({"a": {"get": method()}}), "must begin with a slash"),
        (definition({"/a b": {"get": method()}}), "Resource's path part"),
        (definition({"/{x+}/b": {"get": method()}}), "must be last"),
        (definition({"/a": {"get": method(timeoutInMillis=30_000)}}), "between 50 ms and 29000 ms"),
        (definition({"/a": {"get": method(timeoutInMillis="9")}}), "between 50 ms and 29000 ms"),
        (definition({"/a/{x}": {"get": method()}, "/a/{y}/b": {"get": method()}}), "A sibling ({x})"),
        (definition({"/{x+}": {"get": method()}, "/{y+}": {"get": method()}}), "A sibling ({x+})"),
    ],
)
def test_refuses_what_is_malformed(document: dict[str, Any], says: str) -> None:
    with pytest.raises(AwsError) as caught:
        read_definition(document)
    assert caught.value.code == "BadRequestException"
    assert says in caught.value.message


@pytest.mark.parametrize(
    ("document", "named"),
    [
        (definition({}, **{"x-amazon-apigateway-policy": {"Version": "1"}}), "x-amazon-apigateway-policy"),
        (definition({}, security=[{"key": []}]), "security"),
        (definition({"/a": {"get": {**method(), "security": [{"k": []}]}}}), "security of GET /a"),
        (definition({"/a": {"get": method(type="mock")}}), "integration type mock of GET /a"),
        (definition({"/a": {"get": method(type="http_proxy")}}), "integration type http_proxy"),
        (definition({"/a": {"get": method(requestTemplates={})}}), "integration property requestTemplates"),
        (definition({"/a": {"get": method(contentHandling="CONVERT_TO_TEXT")}}), "contentHandling"),
        (definition({"/a": {"trace": method()}}), "trace of path /a"),
    ],
)
def test_refuses_by_name_what_is_not_implemented(document: dict[str, Any], named: str) -> None:
    with pytest.raises(NotImplementedByName) as caught:
        read_definition(document)
    assert named in caught.value.message


def test_sibling_variables_of_both_kinds_may_stand_together() -> None:
    paths = {"/a/{x}": {"get": method()}, "/a/{rest+}": {"get": method()}, "/{x}": {"get": method()}}
    assert len(read_definition(definition(paths))) == 3


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
        function_of_uri(uri)
    assert (caught.value.code, caught.value.message) == ("BadRequestException", says)
