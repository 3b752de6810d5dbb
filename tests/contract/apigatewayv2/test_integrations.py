"""HTTP servers and AWS services behind the routes of HTTP APIs, and parameter mapping."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from sandbox.model.http import HttpRequest, HttpResponse
from tests.contract.apigatewayv2.harness import HttpApis, header, message

HTTP = {
    "IntegrationType": "HTTP_PROXY",
    "IntegrationMethod": "ANY",
    "IntegrationUri": "http://127.0.0.1:9/{p}",
}
QUEUE = "https://sqs.us-east-1.amazonaws.com/000000000000/q"


def test_an_http_server_gets_the_request_as_it_is(apis: HttpApis) -> None:
    api = apis.routed("ANY /a/{p+}", integration=HTTP)
    apis.sender.answer = lambda url, request: HttpResponse(
        203, [("x-a", "1"), ("content-length", "9")], request.body
    )
    response = apis.request(
        api, "/a/b/c%20d", "PUT", query="x=1", body=b"corpo", headers={"X-B": "2", "Host": "h"}
    )
    assert (response.status, response.body, header(response, "x-a")) == (203, b"corpo", "1")
    assert header(response, "content-length") is None
    ((url, request),) = apis.sender.sent
    assert (url, request.method) == ("http://127.0.0.1:9/b/c%20d?x=1", "PUT")
    assert (request.header("x-b"), request.header("host")) == ("2", "")
    assert "for=127.0.0.1;host=h;proto=http" in request.header("forwarded")


@pytest.mark.parametrize("failure", [ConnectionError("refused"), TimeoutError("slow")])
def test_an_http_server_that_is_not_there(apis: HttpApis, failure: Exception) -> None:
    def refuse(url: str, request: HttpRequest) -> HttpResponse:
        raise failure

    apis.sender.answer = refuse
    response = apis.request(apis.routed("GET /x", integration=HTTP), "/x")
    assert (response.status, message(response)) == (503, "Service Unavailable")


def test_an_http_server_elsewhere_is_not_called(apis: HttpApis) -> None:
    elsewhere = {**HTTP, "IntegrationUri": "https://example.com/"}
    assert apis.request(apis.routed("GET /x", integration=elsewhere), "/x").status == 503


def test_parameters_of_a_request_are_mapped(apis: HttpApis) -> None:
    mapping = {
        "append:header.x-id": "$context.requestId",
        "overwrite:header.x-nome": "$request.querystring.nome",
        "remove:header.x-segredo": "''",
        "append:querystring.corpo": "$request.body.itens[1].sku",
        "overwrite:querystring.nome": "${request.path.p}-${stageVariables.cor}",
        "remove:querystring.fora": "''",
        "append:header.x-nada": "$request.header.nada",
        "append:header.x-fixo": "texto",
    }
    api = apis.routed("POST /{p}", integration={**HTTP, "RequestParameters": mapping})
    apis.call("UpdateStage", ApiId=api, StageName="$default", StageVariables={"cor": "azul"})
    apis.request(
        api,
        "/z",
        "POST",
        query="nome=ana&fora=1",
        body=json.dumps({"itens": [{"sku": "a"}, {"sku": "b"}]}).encode(),
        headers={"x-nome": "x", "x-segredo": "y"},
    )
    ((url, request),) = apis.sender.sent
    assert url == "http://127.0.0.1:9/z?corpo=b&nome=z-azul"
    assert (request.header("x-nome"), request.header("x-fixo")) == ("ana", "texto")
    assert request.header("x-id")
    assert (request.header("x-segredo", "none"), request.header("x-nada", "none")) == ("none", "none")


def test_parameters_of_a_response_are_mapped(apis: HttpApis) -> None:
    mapping = {
        "404": {
            "overwrite:statuscode": "410",
            "append:header.x-motivo": "$response.body.motivo",
            "remove:header.x-a": "''",
        }
    }
    api = apis.routed("GET /x", integration={**HTTP, "ResponseParameters": mapping})
    apis.sender.answer = lambda url, request: HttpResponse(404, [("x-a", "1")], b'{"motivo": "gone"}')
    response = apis.request(api, "/x")
    assert (response.status, header(response, "x-motivo"), header(response, "x-a")) == (410, "gone", None)


def test_the_path_may_be_mapped(apis: HttpApis) -> None:
    mapping = {"overwrite:path": "/outra/$request.path.p"}
    api = apis.routed("GET /{p}", integration={**HTTP, "RequestParameters": mapping})
    apis.request(api, "/z", query="a=1")
    assert apis.sender.sent[0][0] == "http://127.0.0.1:9/outra/$request.path.p?a=1"


@pytest.mark.parametrize(
    "mapping", [{"header.x": "1"}, {"overwrite:header.Authorization": "x"}, {"append:header.x-amzn-a": "x"}]
)
def test_mappings_that_are_none(apis: HttpApis, mapping: dict[str, str]) -> None:
    request: dict[str, Any] = {**HTTP, "RequestParameters": mapping}
    error = apis.refused("CreateIntegration", ApiId=apis.made(), **request)
    assert error.code == "BadRequestException"
    response: dict[str, Any] = {**HTTP, "ResponseParameters": {"200": {"overwrite:header.via": "x"}}}
    error = apis.refused("CreateIntegration", ApiId=apis.made(), **response)
    assert "restricted" in error.message


# --- AWS services ----------------------------------------------------------------------------------------
def served(apis: HttpApis, subtype: str, parameters: dict[str, str]) -> str:
    integration = {"IntegrationSubtype": subtype, "RequestParameters": parameters}
    return apis.routed("POST /x", integration=integration)


def test_events_are_put(apis: HttpApis) -> None:
    parameters = {
        "Source": "pedidos",
        "DetailType": "$request.header.tipo",
        "Detail": "$request.body",
        "EventBusName": "bus",
        "Resources": "a, b",
    }
    api = served(apis, "EventBridge-PutEvents", parameters)
    kind = [("content-type", "application/x-amz-json-1.1"), ("x-amzn-requestid", "1")]
    apis.aws.answer = lambda service, request: HttpResponse(200, kind, b'{"FailedEntryCount":0}')
    response = apis.request(api, "/x", "POST", body=b'{"a":1}', headers={"tipo": "criado"})
    assert (response.status, response.body) == (200, b'{"FailedEntryCount":0}')
    ((service, request, call),) = apis.aws.sent
    assert (service, request.header("x-amz-target")) == ("events", "AWSEvents.PutEvents")
    (entry,) = json.loads(request.body)["Entries"]
    assert entry == {
        "Source": "pedidos",
        "DetailType": "criado",
        "Detail": '{"a":1}',
        "EventBusName": "bus",
        "Resources": ["a", "b"],
    }
    assert call.hop == apis.hops.hops[0].id


def test_messages_are_sent(apis: HttpApis) -> None:
    attributes = {"cor": {"DataType": "String", "StringValue": "azul"}}
    parameters = {
        "QueueUrl": QUEUE,
        "MessageBody": "$request.body.texto",
        "DelaySeconds": "5",
        "MessageAttributes": json.dumps(attributes),
        "Region": "eu-west-1",
    }
    api = served(apis, "SQS-SendMessage", parameters)
    assert apis.request(api, "/x", "POST", body=b'{"texto":"oi"}').status == 200
    ((service, request, call),) = apis.aws.sent
    assert (service, call.scope.region) == ("sqs", "eu-west-1")
    fields = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    assert fields == {
        "Action": "SendMessage",
        "Version": "2012-11-05",
        "QueueUrl": QUEUE,
        "MessageBody": "oi",
        "DelaySeconds": "5",
        "MessageAttribute.1.Name": "cor",
        "MessageAttribute.1.Value.DataType": "String",
        "MessageAttribute.1.Value.StringValue": "azul",
    }


@pytest.mark.parametrize(
    ("subtype", "parameters"),
    [
        ("SQS-SendMessage", {"QueueUrl": QUEUE, "MessageBody": "$request.body.nada"}),
        ("SQS-SendMessage", {"QueueUrl": QUEUE, "MessageBody": "x", "DelaySeconds": "logo"}),
        ("SQS-SendMessage", {"QueueUrl": QUEUE, "MessageBody": "x", "MessageAttributes": "[]"}),
        ("SQS-SendMessage", {"QueueUrl": QUEUE, "MessageBody": "x", "MessageAttributes": "{"}),
    ],
)
def test_values_that_no_service_takes_are_400(
    apis: HttpApis, subtype: str, parameters: dict[str, str]
) -> None:
    response = apis.request(served(apis, subtype, parameters), "/x", "POST", body=b"{}")
    assert (response.status, message(response)) == (400, "Bad Request")
    assert apis.aws.sent == []


@pytest.mark.parametrize(
    ("subtype", "parameters", "service", "sent"),
    [
        (
            "StepFunctions-StartExecution",
            {"StateMachineArn": "arn", "Input": "$request.body"},
            "stepfunctions",
            {"stateMachineArn": "arn", "input": "{}"},
        ),
        (
            "Kinesis-PutRecord",
            {"StreamName": "s", "Data": "ZGFk", "PartitionKey": "k"},
            "kinesis",
            {"StreamName": "s", "Data": "ZGFk", "PartitionKey": "k"},
        ),
    ],
)
def test_other_services(
    apis: HttpApis, subtype: str, parameters: dict[str, str], service: str, sent: dict[str, Any]
) -> None:
    apis.request(served(apis, subtype, parameters), "/x", "POST", body=b"{}")
    ((got, request, _),) = apis.aws.sent
    assert (got, json.loads(request.body)) == (service, sent)


def test_a_parameter_that_the_service_does_not_take_is_refused(apis: HttpApis) -> None:
    error = apis.refused(
        "CreateIntegration",
        ApiId=apis.made(),
        IntegrationType="AWS_PROXY",
        IntegrationSubtype="SQS-PurgeQueue",
        RequestParameters={"QueueUrl": "x", "MessageBody": "y"},
    )
    assert "not supported for integration subtype" in error.message
