"""REST APIs, as AWS was recorded to answer: proxies, mapping templates, mocks, test invocations."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox.model.http import HttpResponse
from tests.conformance.recorded import recorded
from tests.contract.apigateway.harness import FUNCTION, Api, Built, header, method
from tests.contract.apigateway.harness import message as message_of

PREFIX = "arn:aws:apigateway:us-east-1:"


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as api:
        yield api


def echo(event: Any) -> dict[str, Any]:
    """A function that answers with its event."""
    return {"statusCode": 200, "body": json.dumps(event)}


def get(api: Api, identity: str, path: str, **changes: Any) -> dict[str, Any]:
    """The event that a function got for a request."""
    headers = [(name.lower(), value) for name, value in changes.pop("headers", {}).items()]
    names = changes.pop("names", ())
    response = api.request(identity, path, headers=headers, names=names, **changes)
    assert response.status == 200, response.body
    event: dict[str, Any] = json.loads(response.body)
    return event


@recorded("apigateway", "test_lambda_aws_proxy_integration")
def test_what_a_proxy_hands_to_its_function(api: Api) -> None:
    api.functions.answer = echo
    identity = api.deployed(
        {"/{proxy+}": {"x-amazon-apigateway-any-method": method()}, "/hardcoded": {"get": method()}}
    )
    event = get(
        api,
        identity,
        "/valor",
        headers={"Authorization": "qualquer", "tEsT-HEADeR": "aValUE"},
        names=("Authorization", "tEsT-HEADeR"),
    )
    assert event["headers"]["tEsT-HEADeR"] == "aValUE"
    assert event["multiValueHeaders"]["Authorization"] == ["qualquer"]
    context = event["requestContext"]
    assert (event["path"], context["path"]) == ("/valor", "/dev/valor")
    assert (event["resource"], context["resourcePath"]) == ("/{proxy+}", "/{proxy+}")
    assert event["pathParameters"] == {"proxy": "valor"}
    assert (context["domainPrefix"], context["protocol"]) == (identity, "HTTP/1.1")
    for name in ("body", "queryStringParameters", "multiValueQueryStringParameters", "stageVariables"):
        assert event[name] is None
    for path, shown, proxy in (
        ("/valor/", "/valor/", "valor"),
        ("/valor//duas", "/valor//duas", "valor//duas"),
        ("//valor", "/valor", "valor"),
        ("/v/a%2Bb@c.com/plus/a+b@c.com", "/v/a%2Bb@c.com/plus/a+b@c.com", "v/a%2Bb@c.com/plus/a+b@c.com"),
    ):
        event = get(api, identity, path)
        assert (event["path"], event["pathParameters"]) == (shown, {"proxy": proxy})
        assert event["requestContext"]["path"] == f"/dev{path}"
    query = (
        "quando=2023-06-12T18:05:10+00:00&email=a%2Bb@c.com&mais=a+b@c.com&url=https://x.com/&espaco=a%20b"
    )
    assert get(api, identity, "/v", query=query)["queryStringParameters"] == {
        "quando": "2023-06-12T18:05:10 00:00",
        "email": "a+b@c.com",
        "mais": "a b@c.com",
        "url": "https://x.com/",
        "espaco": "a b",
    }
    event = get(api, identity, "/v", query="c=1&p=10&c=2&p=20&p=30")
    assert event["multiValueQueryStringParameters"] == {"c": ["1", "2"], "p": ["10", "20", "30"]}
    assert event["queryStringParameters"] == {"c": "2", "p": "30"}
    event = get(api, identity, "//hardcoded")
    assert (event["path"], event["pathParameters"]) == ("/hardcoded", None)
    assert (event["requestContext"]["path"], event["resource"]) == ("/dev//hardcoded", "/hardcoded")


@recorded("apigateway", "test_lambda_aws_proxy_integration_non_post_method")
def test_a_proxy_that_is_no_post_fails_each_request(api: Api) -> None:
    identity = api.deployed({"/x": {"get": method(httpMethod="GET")}})
    response = api.request(identity, "/x")
    assert (response.status, message_of(response)) == (500, "Internal server error")


@recorded("apigateway", "test_lambda_aws_proxy_integration_request_data_mapping")
def test_parameter_mappings_do_not_touch_what_a_proxy_hands_over(api: Api) -> None:
    built = Built(api)
    where = built.method(
        "{variavel}",
        verb="POST",
        requestParameters={
            "method.request.header.um": True,
            "method.request.path.variavel": True,
            "method.request.querystring.q": True,
        },
    )
    built.integrate(
        where,
        requestParameters={
            "integration.request.header.dois": "method.request.header.um",
            "integration.request.path.caminho": "method.request.path.variavel",
            "integration.request.querystring.outro": "method.request.querystring.q",
        },
    )
    api.functions.answer = echo
    headers = {"um": "1", "dois": "2"}
    event = get(api, built.deploy(), "/z", method="POST", headers=headers, names=tuple(headers), query="q=a")
    assert (event["headers"]["um"], event["headers"]["dois"]) == ("1", "2")
    assert (event["pathParameters"], event["queryStringParameters"]) == ({"variavel": "z"}, {"q": "a"})


@recorded("apigateway", "test_aws_proxy_response_payload_format_validation")
def test_which_answers_of_a_function_are_taken(api: Api) -> None:
    identity = api.deployed({"/x": {"get": method()}})

    def answered(answer: Any) -> HttpResponse:
        api.functions.answer = lambda event: answer
        return api.request(identity, "/x")

    def headers(response: HttpResponse, name: str) -> list[tuple[str, str]]:
        return [pair for pair in response.headers if pair[0].lower() == name]

    nothing = answered({"statusCode": 200})
    assert (nothing.body, header(nothing, "content-type")) == (b"", "application/json")
    given = answered({"statusCode": 200, "headers": {"test-header": "value", "header-bool": True}})
    assert (header(given, "test-header"), header(given, "header-bool")) == ("value", "true")
    assert answered({"statusCode": 200, "headers": {"test-header": None}}).status == 200
    for wrong in (
        {"statusCode": 200, "formato": "errado"},
        {},
        {"statusCode": 200, "multiValueHeaders": {"test-multi": "value1"}},
        {"statusCode": "a"},
        "texto",
    ):
        response = answered(wrong)
        assert (response.status, message_of(response)) == (502, "Internal server error")
    for encoded in (True, False):  # without binary media types, base64 stays as it is
        text = answered({"statusCode": 200, "body": "dGVzdGU=", "isBase64Encoded": encoded})
        assert text.body == b"dGVzdGU="
    both = answered({"statusCode": 200, "multiValueHeaders": {"test-multi": ["value1", "value2"]}})
    assert headers(both, "test-multi") == [("test-multi", "value1"), ("test-multi", "value2")]
    for name in ("test-multi", "tesT-Multi"):
        mixed = answered(
            {"statusCode": 200, "headers": {name: "so"}, "multiValueHeaders": {name: ["muitos"]}}
        )
        assert headers(mixed, "test-multi") == [(name, "muitos"), (name, "so")]
    assert answered({"statusCode": "201"}).status == 201
    assert answered({"headers": {"test-header": "value"}}).status == 200


@recorded("apigateway", "test_put_integration_aws_proxy_uri")
def test_which_uris_a_proxy_may_have(api: Api) -> None:
    built = Built(api)
    where = built.method("x")
    only = (
        "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream "
        "invocations."
    )
    neither = "AWS ARN for integration must contain path or action"
    for uri, says in (
        (FUNCTION, neither),
        ("funcao", "Invalid ARN specified in the request"),
        (f"{PREFIX}lambda:nada/a", neither),
        (f"{PREFIX}firehose:action/PutRecord", only),
        (f"{PREFIX}lambda:path/2015-03-31/functions/funcao/invocations", only),
    ):
        error = api.refused(
            "PutIntegration",
            restApiId=built.id,
            **where,  # type: ignore[arg-type]
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=uri,
        )
        assert (error.code, error.message) == ("BadRequestException", says)


@recorded("apigateway", "test_lambda_aws_integration")
def test_a_function_that_is_no_proxy(api: Api) -> None:
    built = Built(api)
    where = built.method("x", verb="POST")
    put = built.integrate(where, "AWS", credentials="arn:aws:iam::000000000000:role/r")
    assert {name: put[name] for name in sorted(put)} == {
        "cacheKeyParameters": [],
        "cacheNamespace": where["resourceId"],
        "credentials": "arn:aws:iam::000000000000:role/r",
        "httpMethod": "POST",
        "passthroughBehavior": "WHEN_NO_MATCH",
        "timeoutInMillis": 29000,
        "type": "AWS",
        "uri": f"{PREFIX}lambda:path/2015-03-31/functions/{FUNCTION}/invocations",
    }
    assert built.call("PutMethodResponse", **where, statusCode="200") == {"statusCode": "200"}
    assert built.call("PutIntegrationResponse", **where, statusCode="200") == {"statusCode": "200"}
    api.functions.answer = lambda event: {"eco": event}
    response = api.request(built.deploy(), "/x", "POST", body=b'{"message":"oi"}')
    assert json.loads(response.body) == {"eco": {"message": "oi"}}
    shown = built.call("GetMethod", **where)
    assert (shown["authorizationType"], shown["apiKeyRequired"]) == ("NONE", False)


@recorded("apigateway", "test_lambda_aws_integration_with_request_template")
def test_a_template_makes_the_function_s_event(api: Api) -> None:
    built = Built(api)
    where = built.method("x", requestParameters={"method.request.querystring.param1": False})
    template = json.dumps({"param1": "$input.params('param1')"})
    built.integrate(where, "AWS", requestTemplates={"application/json": template})
    built.call("PutMethodResponse", **where, statusCode="200")
    put = built.call("PutIntegrationResponse", **where, statusCode="200", selectionPattern="")
    assert put == {"statusCode": "200", "selectionPattern": ""}
    api.functions.answer = lambda event: event
    identity = built.deploy()
    for _ in range(2):
        assert json.loads(api.request(identity, "/x", query="param1=foobar").body) == {"param1": "foobar"}
    built.call("DeleteIntegration", **where)
    error = api.refused("GetIntegration", restApiId=built.id, **where)  # type: ignore[arg-type]
    assert (error.code, error.message, error.status) == (
        "NotFoundException",
        "Invalid Integration identifier specified",
        404,
    )


def answering(answer: Any) -> Callable[[Any], Any]:
    """A function that answers the same whatever it is asked."""
    return lambda event: answer


def failing(says: str) -> bytes:
    """What Lambda answers for a function that raised."""
    error = {"errorMessage": says, "errorType": "Exception", "requestId": "r", "stackTrace": ["x"]}
    return json.dumps(error).encode()


@recorded("apigateway", "test_lambda_selection_patterns")
def test_patterns_select_by_the_message_of_an_error(api: Api) -> None:
    built = Built(api)
    where = built.method("x")
    built.integrate(where, "AWS")
    for status, pattern in (("200", ""), ("405", ".*four hundred.*"), ("502", ".+five hundred.+")):
        built.call("PutMethodResponse", **where, statusCode=status)
        built.call("PutIntegrationResponse", **where, statusCode=status, selectionPattern=pattern)
    identity = built.deploy()
    api.functions.answer = lambda event: "Pass"
    good = api.request(identity, "/x")
    assert (good.status, json.loads(good.body)) == (200, "Pass")
    api.functions.function_error = "Unhandled"
    says = "Error: a four hundred b"
    api.functions.answer = lambda event: failing(says)
    response = api.request(identity, "/x")
    assert (response.status, json.loads(response.body)["errorMessage"]) == (405, says)
    api.functions.answer = lambda event: failing("Error: a five hundred b")
    assert api.request(identity, "/x").status == 502


@recorded("apigateway", "test_lambda_aws_integration_response_with_mapping_templates")
def test_templates_of_answers_may_set_the_status(api: Api) -> None:
    template = """#set($body = $input.path('$.body'))
#if($body.contains('error'))
#set($context.responseOverride.status = 400)
#end
$input.json('$')"""
    built = Built(api)
    where = built.method("x")
    built.integrate(where, "AWS")
    built.respond(where, "202", responseTemplates={"application/json": template})
    identity = built.deploy()
    for answer, status in (
        ({"statusCode": 200, "body": "noerr"}, 202),
        ({"statusCode": 200, "body": "customerror"}, 400),
    ):
        api.functions.answer = answering(answer)
        response = api.request(identity, "/x")
        assert (response.status, json.loads(response.body)) == (status, answer)


@recorded("apigateway", "test_api_gateway_mock_integration")
def test_a_mock_answers_by_its_templates(api: Api) -> None:
    mock = {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {
            "default": {
                "statusCode": "200",
                "responseTemplates": {
                    "application/json": '{"echo": "$input.params(\'echo\')", "response": "mocked"}'
                },
            }
        },
    }
    operation = {"responses": {"200": {}}, "x-amazon-apigateway-integration": mock}
    identity = api.deployed({"/echo/{echo}": {"get": operation}})
    response = api.request(identity, "/echo/foobar")
    assert json.loads(response.body) == {"echo": "foobar", "response": "mocked"}


@pytest.mark.parametrize("verb", ["GET", "POST"])
@pytest.mark.parametrize("where", ["UrlType.PATH_BASED", "UrlType.HOST_BASED"])
@pytest.mark.parametrize("passthrough", ["WHEN_NO_MATCH", "NEVER", "WHEN_NO_TEMPLATES"])
@recorded("apigateway", "test_mock_integration_response")
def test_a_mock_answers_whatever_is_passed_through(api: Api, passthrough: str, where: str, verb: str) -> None:
    # The front door's own tests hold that a host and a path lead to the same stage.
    built = Built(api)
    at = built.method("x", verb=verb)
    template = {"application/json": '{"statusCode": 200}'}
    built.integrate(at, "MOCK", passthroughBehavior=passthrough, requestTemplates=template)
    built.respond(at, responseTemplates={"application/json": '{"statusCode": 200, "id": 42}'})
    response = api.request(built.deploy(), "/x", verb)
    assert (response.status, json.loads(response.body)) == (200, {"statusCode": 200, "id": 42})


@recorded("apigateway", "test_update_rest_api_deployment")
def test_the_description_of_a_deployment_is_changed(api: Api) -> None:
    identity = api.deployed()
    made = api.call("CreateDeployment", restApiId=identity, description="um")["id"]
    patches = [{"op": "replace", "path": "/description", "value": "dois"}]
    changed = api.call("UpdateDeployment", restApiId=identity, deploymentId=made, patchOperations=patches)
    assert set(changed) == {"createdDate", "description", "id"}
    assert (changed["id"], changed["description"]) == (made, "dois")


@recorded("apigateway", "test_apigateway_with_custom_authorization_method")
def test_a_method_with_an_authorizer_of_its_own(api: Api) -> None:
    built = Built(api)
    uri = f"{PREFIX}lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
    authorizer = built.call(
        "CreateAuthorizer",
        name="porteiro",
        type="TOKEN",
        authorizerUri=uri,
        identitySource="method.request.header.Auth",
    )
    assert authorizer == {
        "authType": "custom",
        "authorizerUri": uri,
        "id": authorizer["id"],
        "identitySource": "method.request.header.Auth",
        "name": "porteiro",
        "type": "TOKEN",
    }
    where = {"resourceId": built.root, "httpMethod": "GET"}
    put = built.call(
        "PutMethod", **where, authorizationType="CUSTOM", authorizerId=authorizer["id"], apiKeyRequired=True
    )
    assert put == {
        "apiKeyRequired": True,
        "authorizationType": "CUSTOM",
        "authorizerId": authorizer["id"],
        "httpMethod": "GET",
    }


@recorded("apigateway", "test_apigw_test_invoke_method_api")
def test_a_test_tells_all_that_happened(api: Api) -> None:
    built = Built(api)
    where = built.method("foo")
    built.integrate(where, "AWS")
    built.respond(where)
    api.functions.answer = lambda event: {"statusCode": 200, "body": json.dumps(event)}
    plain = built.call("TestInvokeMethod", **where)
    assert (plain["status"], json.loads(plain["body"])["body"]) == (200, "{}")
    assert plain["headers"]["Content-Type"] == "application/json"
    assert plain["multiValueHeaders"]["Content-Type"] == ["application/json"]
    assert isinstance(plain["latency"], int)
    asked = built.call(
        "TestInvokeMethod",
        **where,
        body='{"test": "val123"}',
        pathWithQueryString="/foo?queryTest=value",
        headers={"content-type": "application/json"},
    )
    first, *lines, last = asked["log"].split("\n")
    assert first.startswith("Execution log for request ")
    assert last == ""
    said = [line.split(" : ", 1)[1] for line in lines]
    assert said[0].startswith("Starting execution for request: ")
    assert said[1:6] == [
        "HTTP Method: GET, Resource Path: /foo",
        "Method request path: {}",
        "Method request query string: {queryTest=value}",
        "Method request headers: {content-type=application/json}",
        'Method request body before transformations: {"test": "val123"}',
    ]
    assert said[6].startswith("Endpoint request URI: https://")
    assert said[6].endswith(f"/2015-03-31/functions/{FUNCTION}/invocations")
    assert said[7].startswith("Endpoint request headers: {")
    assert said[8] == 'Endpoint request body after transformations: {"test": "val123"}'
    assert said[9].startswith(
        "Sending request to https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/"
    )
    assert said[10].startswith("Received response. Status: 200, Integration latency: ")
    assert said[11].startswith("Endpoint response headers: {")
    assert said[12].startswith('Endpoint response body before transformations: {"statusCode": 200')
    assert said[13].startswith('Method response body after transformations: {"statusCode": 200')
    assert said[14].startswith("Method response headers: {X-Amzn-Trace-Id=Root=")
    assert said[15:] == ["Successfully completed execution", "Method completed with status: 200"]
