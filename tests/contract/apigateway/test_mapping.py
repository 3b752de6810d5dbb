"""Integrations that are no proxies, request validation, and answers of API Gateway's own."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from sandbox.model.http import HttpRequest, HttpResponse
from tests.contract.apigateway.harness import Api, Built, header, message

JSON = "application/json"
AWS = "arn:aws:apigateway:us-east-1:"


def mapped(api: Api, template: str = "", answer: str = "", **integration: Any) -> Built:
    """An API whose method POST /x/{id} is a function behind templates."""
    built = Built(api)
    where = built.method("x", "{id}", verb="POST")
    templates = {"requestTemplates": {JSON: template}} if template else {}
    built.integrate(where, "AWS", **{**templates, **integration})
    built.respond(where, responseTemplates={JSON: answer} if answer else {})
    built.deploy()
    return built


def post(api: Api, built: Built, body: Any = b"{}", **changes: Any) -> HttpResponse:
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    return api.request(built.id, "/x/7", "POST", body=encoded, **changes)


# --- templates -------------------------------------------------------------------------------------------
BODY = {"nome": 'Ana "B"', "itens": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}], "vazio": None}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("$input.json('$')", BODY),
        ("$input.json('$.itens[1].sku')", "b"),
        ("$input.json('$.itens[*].n')", [1, 2]),
        ("$input.json('$.itens[?(@.n > 1)].sku')", ["b"]),
        ("$input.json('$.nada')", ""),
        ("{\"n\": $input.path('$.itens').size()}", {"n": 2}),
        ("\"$input.path('$.itens[0]')\"", "{sku=a, n=1}"),
        ("\"$util.escapeJavaScript($input.path('$.nome'))\"", 'Ana "B"'),
        ("\"$util.base64Encode('ola')$util.base64Decode('b2xh')\"", "b2xhola"),
        ("\"$util.urlEncode('a b&c')$util.urlDecode('a%20b')\"", "a+b%26ca b"),
        ("$util.parseJson('{\"a\": [1]}').a", [1]),
        ("\"$input.params('id')$input.params('q')$input.params('X-H')\"", "7qh"),
        ("\"$input.params().path.id$input.params().querystring.get('q')\"", "7q"),
        ('"$context.httpMethod $context.resourcePath $context.stage $context.nada"', "POST /x/{id} dev "),
        ('"$stageVariables.cor$!stageVariables.nada"', "azul"),
        (
            "#set($soma = 0)#foreach($i in $input.path('$.itens'))#set($soma = $soma + $i.n)#end$soma",
            3,
        ),
        (
            "[#foreach($i in $input.path('$.itens'))\"$i.sku\"#if($foreach.hasNext),#end#end]",
            ["a", "b"],
        ),
        ("#if($input.path('$.nome').contains('Ana'))1#{else}2#end", 1),
        ("## nada\n#set($x = {'a': 1})$x.put('b', 2)$input.json('$.itens[0].n')", 1),
    ],
)
def test_what_templates_can_say(api: Api, template: str, expected: Any) -> None:
    built = mapped(api, template)
    variables = [{"op": "replace", "path": "/variables/cor", "value": "azul"}]
    built.call("UpdateStage", stageName="dev", patchOperations=variables)
    api.functions.answer = lambda event: event
    headers = [("content-type", JSON), ("x-h", "h")]
    response = post(api, built, BODY, headers=headers, names=("Content-Type", "X-H"), query="q=q")
    assert (response.status, json.loads(response.body)) == (200, expected)


@pytest.mark.parametrize(
    "template",
    [
        "#foreach($x in",
        "$input.json('$[')",
        "$util.parseJson('{')",
        "$input.__class__",
        "#foreach($i in [1..100000])#end",
    ],
)
def test_a_template_that_fails_is_500(api: Api, template: str) -> None:
    response = post(api, mapped(api, template), BODY)
    assert (response.status, message(response)) == (500, "Internal server error")


def test_overrides(api: Api) -> None:
    answer = (
        "#set($context.responseOverride.status = 418)"
        "#set($context.responseOverride.header.X-Cha = 'sim')$input.json('$')"
    )
    built = mapped(api, answer=answer.replace("header.X-Cha", "header['X-Cha']"))
    response = post(api, built)
    assert (response.status, header(response, "X-Cha")) == (418, "sim")


# --- what is passed through ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("behaviour", "media", "status"),
    [
        ("WHEN_NO_MATCH", "text/plain", 200),
        ("WHEN_NO_TEMPLATES", "text/plain", 415),
        ("NEVER", "text/plain", 415),
        ("NEVER", JSON, 200),
    ],
)
def test_bodies_without_a_template(api: Api, behaviour: str, media: str, status: int) -> None:
    built = mapped(api, "{}", passthroughBehavior=behaviour)
    response = post(api, built, headers=[("content-type", media)])
    assert response.status == status
    if status == 415:
        assert message(response) == "Unsupported Media Type"


def test_a_function_may_be_invoked_without_waiting(api: Api) -> None:
    built = mapped(api, requestParameters={"integration.request.header.X-Amz-Invocation-Type": "'Event'"})
    accepted: list[bytes] = []

    def accept(function: Any, payload: bytes, *, cause: int | None, trace: str | None = None) -> int:
        accepted.append(payload)
        return 1

    api.functions.accept = accept  # type: ignore[method-assign]
    assert post(api, built, b'{"a":1}').status == 200
    assert (accepted, api.functions.events) == ([b'{"a":1}'], [])


def test_headers_of_an_answer_are_mapped(api: Api) -> None:
    built = Built(api)
    where = built.method("x", "{id}", verb="POST")
    built.integrate(where, "AWS")
    parameters = {
        "method.response.header.X-Fixo": "'sim'",
        "method.response.header.X-Corpo": "integration.response.body.nota.id",
        "method.response.header.X-Id": "context.requestId",
        "method.response.header.X-Rota": "method.request.path.id",
        "method.response.header.X-Nada": "integration.response.header.nada",
        "method.response.header.Content-Type": "'text/plain'",
    }
    built.respond(where, responseParameters=parameters)
    built.deploy()
    api.functions.answer = lambda event: {"nota": {"id": 7}}
    response = post(api, built)
    assert [header(response, f"X-{name}") for name in ("Fixo", "Corpo", "Rota", "Nada")] == [
        "sim",
        "7",
        "7",
        None,
    ]
    assert header(response, "Content-Type") == "text/plain"
    assert header(response, "X-Id") == header(response, "x-amzn-RequestId")


def test_an_answer_that_no_response_fits_is_500(api: Api) -> None:
    built = Built(api)
    where = built.method("x", "{id}", verb="POST")
    built.integrate(where, "AWS")
    built.respond(where, "400", selectionPattern="erro.*")
    built.deploy()
    assert post(api, built).status == 500


def test_content_is_converted(api: Api) -> None:
    built = mapped(api, '{"b": "$input.body"}', contentHandling="CONVERT_TO_TEXT")
    api.functions.answer = lambda event: event
    assert json.loads(post(api, built, b"x").body) == {"b": "eA=="}
    binary = mapped(api, contentHandling="CONVERT_TO_BINARY")
    response = post(api, binary, b"eyJhIjoxfQ==")
    assert json.loads(response.body) == {"a": 1}
    assert post(api, binary, b"!").status == 500


# --- HTTP servers ----------------------------------------------------------------------------------------
def test_an_http_server_behind_templates(api: Api) -> None:
    built = Built(api)
    where = built.method("x", "{id}", verb="POST")
    built.integrate(
        where,
        "HTTP",
        integrationHttpMethod="PUT",
        uri="http://127.0.0.1:9/notas/{nota}",
        requestTemplates={JSON: "{\"de\": $input.json('$.a')}"},
        requestParameters={
            "integration.request.path.nota": "method.request.path.id",
            "integration.request.querystring.q": "method.request.querystring.de",
            "integration.request.header.X-H": "'fixo'",
        },
    )
    built.respond(where)
    built.respond(where, "404", selectionPattern="4\\d{2}", responseTemplates={JSON: "$input.body"})
    built.deploy()
    api.sender.answer = lambda url, request: HttpResponse(404, [("content-type", JSON)], b'"nada"')
    response = post(api, built, {"a": 1}, query="de=b")
    assert (response.status, response.body) == (404, b'"nada"')
    ((url, request),) = api.sender.sent
    assert (url, request.method, request.body) == ("http://127.0.0.1:9/notas/7?q=b", "PUT", b'{"de": 1}')
    assert dict(request.headers)["X-H"] == "fixo"


def proxied(api: Api, uri: str = "http://127.0.0.1:9/{p}") -> Built:
    built = Built(api)
    where = built.method("x", "{p+}", verb="ANY")
    mapping = {"integration.request.path.p": "method.request.path.p"}
    built.integrate(where, "HTTP_PROXY", integrationHttpMethod="ANY", uri=uri, requestParameters=mapping)
    built.deploy()
    return built


def test_an_http_proxy_passes_all_on(api: Api) -> None:
    built = proxied(api)
    api.sender.answer = lambda url, request: HttpResponse(201, [("x-a", "1")], b"feito")
    response = api.request(built.id, "/x/a/b", "PUT", body=b"corpo", query="q=1", headers=[("x-b", "2")])
    assert (response.status, response.body, header(response, "x-a")) == (201, b"feito", "1")
    ((url, request),) = api.sender.sent
    assert (url, request.method, request.body) == ("http://127.0.0.1:9/a/b?q=1", "PUT", b"corpo")
    assert request.header("x-b") == "2"


@pytest.mark.parametrize(
    ("failure", "status", "says"),
    [
        (ConnectionError("refused"), 504, "Internal server error"),
        (TimeoutError("slow"), 504, "Endpoint request timed out"),
    ],
)
def test_an_http_server_that_does_not_answer(api: Api, failure: Exception, status: int, says: str) -> None:
    def refuse(url: str, request: HttpRequest) -> HttpResponse:
        raise failure

    api.sender.answer = refuse
    response = api.request(proxied(api).id, "/x/a")
    assert (response.status, message(response)) == (status, says)


def test_an_http_server_elsewhere_is_not_called(api: Api) -> None:
    response = api.request(proxied(api, "https://example.com/{p}").id, "/x/a")
    assert (response.status, api.sender.sent) == (500, [])


# --- AWS services ----------------------------------------------------------------------------------------
def service(api: Api, uri: str, **params: Any) -> Built:
    built = Built(api)
    where = built.method("x", "{id}", verb="POST")
    built.integrate(where, "AWS", uri=f"{AWS}{uri}", **params)
    built.respond(where)
    built.respond(where, "400", selectionPattern="4\\d{2}")
    built.deploy()
    return built


def test_a_message_is_sent_by_the_queue_s_path(api: Api) -> None:
    built = service(
        api,
        "sqs:path/000000000000/fila",
        requestParameters={"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
        requestTemplates={JSON: "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"},
    )
    xml = b'<R xmlns="u"><A/></R>'.replace(b"R", b"SendMessageResponse").replace(
        b"<A/>", b"<SendMessageResult><MessageId>m</MessageId></SendMessageResult>"
    )
    api.aws.answer = lambda name, request: HttpResponse(200, [("content-type", "text/xml")], xml)
    response = post(api, built, b'{"a":"b c"}')
    assert json.loads(response.body) == {"SendMessageResponse": {"SendMessageResult": {"MessageId": "m"}}}
    ((name, request, call),) = api.aws.sent
    assert (name, request.path, api.aws.actions) == ("sqs", "/000000000000/fila", [""])
    assert request.header("content-type") == "application/x-www-form-urlencoded"
    fields = parse_qs(request.body.decode())
    assert fields == {"Action": ["SendMessage"], "MessageBody": ['{"a":"b c"}']}
    assert call.hop == api.hops.hops[-1].id


def test_an_action_of_a_service(api: Api) -> None:
    built = service(
        api,
        "dynamodb:action/PutItem",
        requestTemplates={JSON: '{"TableName": "t", "Item": {"id": {"S": "$input.params(\'id\')"}}}'},
    )
    api.aws.answer = lambda name, request: HttpResponse(400, [("content-type", JSON)], b'{"__type":"x"}')
    response = post(api, built)
    assert (response.status, response.body) == (400, b'{"__type":"x"}')
    ((name, request, _),) = api.aws.sent
    assert (name, api.aws.actions) == ("dynamodb", ["PutItem"])
    assert json.loads(request.body)["Item"] == {"id": {"S": "7"}}


# --- mocks -----------------------------------------------------------------------------------------------
def test_a_mock_without_a_status_is_500(api: Api) -> None:
    built = Built(api)
    where = built.method("x")
    built.integrate(where, "MOCK", requestTemplates={JSON: "{}"})
    built.respond(where)
    assert api.request(built.deploy(), "/x").status == 500


def test_cors_as_sam_writes_it(api: Api) -> None:
    headers = {
        "Access-Control-Allow-Origin": "'https://app.example'",
        "Access-Control-Allow-Methods": "'GET'",
    }
    mock = {
        "type": "mock",
        "requestTemplates": {JSON: '{\n "statusCode" : 200\n}\n'},
        "responses": {
            "default": {
                "statusCode": "200",
                "responseTemplates": {JSON: "{}\n"},
                "responseParameters": {f"method.response.header.{k}": v for k, v in headers.items()},
            }
        },
    }
    declared = {name: {"type": "string"} for name in headers}
    operation = {
        "summary": "CORS support",
        "responses": {"200": {"description": "ok", "headers": declared}},
        "x-amazon-apigateway-integration": mock,
    }
    response = api.request(api.deployed({"/x": {"options": operation}}), "/x", "OPTIONS")
    assert (response.status, response.body) == (200, b"{}\n")
    assert header(response, "access-control-allow-origin") == "https://app.example"


# --- validation ------------------------------------------------------------------------------------------
SCHEMA = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "required": ["itens"],
    "properties": {"itens": {"type": "array", "items": {"$ref": ""}, "minItems": 1}},
}


def validated(api: Api, *, body: bool = True, parameters: bool = True) -> Built:
    built = Built(api)
    url = f"https://apigateway.amazonaws.com/restapis/{built.id}/models/Item"
    item = {"type": "object", "required": ["sku"], "properties": {"n": {"type": "integer", "minimum": 1}}}
    built.call("CreateModel", name="Item", contentType=JSON, schema=json.dumps(item))
    schema = json.dumps(SCHEMA).replace('"$ref": ""', f'"$ref": "{url}"')
    built.call("CreateModel", name="Nota", contentType=JSON, schema=schema)
    validator = built.call(
        "CreateRequestValidator", name="v", validateRequestBody=body, validateRequestParameters=parameters
    )["id"]
    where = built.method(
        "x",
        "{id}",
        verb="POST",
        requestValidatorId=validator,
        requestModels={JSON: "Nota"},
        requestParameters={
            "method.request.querystring.q": True,
            "method.request.header.X-H": True,
            "method.request.querystring.r": False,
        },
    )
    built.integrate(where)
    built.deploy()
    return built


GOOD = {"itens": [{"sku": "a", "n": 1}]}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (GOOD, 200),
        ({"itens": []}, 400),
        ({"itens": [{"n": 1}]}, 400),
        ({"itens": [{"sku": "a", "n": 0}]}, 400),
        ([], 400),
        (b"", 400),
        (b"{", 400),
    ],
)
def test_bodies_are_checked_by_their_model(api: Api, body: Any, status: int) -> None:
    built = validated(api, parameters=False)
    response = post(api, built, body)
    assert response.status == status
    if status == 400:
        assert message(response) == "Invalid request body"
        assert header(response, "x-amzn-ErrorType") == "BadRequestException"
        assert api.functions.events == []
    assert post(api, built, b"x", headers=[("content-type", "text/plain")]).status == 200


def test_parameters_that_are_required(api: Api) -> None:
    built = validated(api, body=False)
    response = post(api, built, query="q=", headers=[("x-h", "1")])
    assert (response.status, message(response)) == (400, "Missing required request parameters: [q]")
    response = post(api, built)
    assert message(response) == "Missing required request parameters: [q, X-H]"
    assert post(api, built, query="q=1", headers=[("x-h", "1")]).status == 200


def test_models_that_are_none(api: Api) -> None:
    built = Built(api)
    for schema in ("{", "[]", '{"type": 7}'):
        error = api.refused("CreateModel", restApiId=built.id, name="M", contentType=JSON, schema=schema)
        assert error.code == "BadRequestException"
    assert api.refused("CreateModel", restApiId=built.id, name="a b", contentType=JSON).status == 400


# --- gateway responses -----------------------------------------------------------------------------------
def test_answers_of_api_gateway_may_be_the_api_s_own(api: Api) -> None:
    built = validated(api, parameters=False)
    built.call(
        "PutGatewayResponse",
        responseType="BAD_REQUEST_BODY",
        statusCode="422",
        responseParameters={
            "gatewayresponse.header.X-Origem": "'gateway'",
            "gatewayresponse.header.X-Caminho": "method.request.path.id",
        },
        responseTemplates={
            JSON: '{"erro": $context.error.messageString, "tipo": "$context.error.responseType"}'
        },
    )
    built.call("PutGatewayResponse", responseType="DEFAULT_4XX", responseTemplates={"text/plain": "nada"})
    assert post(api, built, b"{").status == 400  # what is deployed is served
    built.deploy()
    response = post(api, built, b"{")
    assert (response.status, json.loads(response.body)) == (
        422,
        {"erro": "Invalid request body", "tipo": "BAD_REQUEST_BODY"},
    )
    assert (header(response, "X-Origem"), header(response, "X-Caminho")) == ("gateway", "7")
    other = api.request(built.id, "/nada")
    assert (other.status, other.body, header(other, "content-type")) == (403, b"nada", "text/plain")


def test_gateway_responses(api: Api) -> None:
    built = Built(api)
    shown = built.call("GetGatewayResponse", responseType="THROTTLED")
    assert (shown["statusCode"], shown["defaultResponse"]) == ("429", True)
    patches = [{"op": "replace", "path": "/statusCode", "value": "503"}]
    changed = built.call("UpdateGatewayResponse", responseType="THROTTLED", patchOperations=patches)
    assert (changed["statusCode"], changed["defaultResponse"]) == ("503", False)
    assert len(built.call("GetGatewayResponses")["items"]) == 21
    built.call("DeleteGatewayResponse", responseType="THROTTLED")
    for operation in ("GetGatewayResponse", "DeleteGatewayResponse"):
        assert api.refused(operation, restApiId=built.id, responseType="NADA").status == 404
    assert api.refused("DeleteGatewayResponse", restApiId=built.id, responseType="THROTTLED").status == 404


# --- the access log --------------------------------------------------------------------------------------
def test_the_access_log(api: Api) -> None:
    identity = api.deployed()
    group = "arn:aws:logs:us-east-1:000000000000:log-group:/nfe/acessos"
    text = (
        '{"id":"$context.requestId","ip":"$context.identity.sourceIp","rota":"$context.resourcePath",'
        '"status":$context.status,"ms":$context.responseLatency,"erro":"$context.error.message"}'
    )
    api.patch(identity, accessLogSettings__destinationArn=group, accessLogSettings__format=text)
    api.request(identity)
    api.request(identity, "/nada")
    good, bad = (json.loads(write.lines[0][1]) for write in api.logs.writes)
    assert [write.group for write in api.logs.writes] == ["/nfe/acessos"] * 2
    assert (good["rota"], good["status"], good["erro"], good["ip"]) == ("/notas", 200, "-", "127.0.0.1")
    assert (bad["rota"], bad["status"], bad["erro"]) == ("-", 403, "Missing Authentication Token")
    shown = api.call("GetStage", restApiId=identity, stageName="dev")["accessLogSettings"]
    assert shown == {"destinationArn": group, "format": text}
    gone = [{"op": "remove", "path": "/accessLogSettings"}]
    api.call("UpdateStage", restApiId=identity, stageName="dev", patchOperations=gone)
    api.request(identity)
    assert len(api.logs.writes) == 2


def test_access_logs_that_are_none(api: Api) -> None:
    identity = api.deployed()
    for path, value, status in (
        ("/accessLogSettings/destinationArn", "x", 400),
        ("/accessLogSettings/destinationArn", "arn:aws:firehose:us-east-1:0:deliverystream/d", 501),
        ("/accessLogSettings/format", "sem id", 400),
    ):
        patches = [{"op": "replace", "path": path, "value": value}]
        error = api.refused("UpdateStage", restApiId=identity, stageName="dev", patchOperations=patches)
        assert error.status == status
