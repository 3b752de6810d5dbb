"""No input breaks HTTP APIs: not of an operation, not of a request, not of a definition."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.model.awserror import AwsError
from sandbox.services.apigatewayv2.service import ApiGatewayV2Service
from tests.contract.apigateway.test_fuzz import BODIES, HEADERS, TEXTS, mutated
from tests.contract.apigatewayv2.harness import FUNCTION, HttpApis, uri
from tests.contract.apigatewayv2.test_control_plane import document
from tests.contract.apigatewayv2.test_integrations import HTTP, QUEUE
from tests.support.shapes import answered, inputs


@pytest.mark.parametrize("operation", sorted(ApiGatewayV2Service.operations))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_input_breaks_an_operation(operation: str, data: st.DataObject) -> None:
    with HttpApis() as apis:
        api = apis.routed()
        (route,) = apis.call("GetRoutes", ApiId=api)["Items"]
        deployment = apis.call("GetStage", ApiId=api, StageName="$default")["DeploymentId"]
        known = {
            "ApiId": st.just(api),
            "RouteId": st.just(route["RouteId"]),
            "RouteKey": st.sampled_from(["GET /a", "$default", "GET /pedidos"]),
            "IntegrationId": st.just(route["Target"].partition("/")[2]),
            "Target": st.sampled_from([route["Target"], FUNCTION, "http://127.0.0.1:1/"]),
            "AuthorizerId": st.just(apis.jwt_authorizer(api)),
            "StageName": st.just("$default"),
            "DeploymentId": st.just(deployment),
            "ProtocolType": st.just("HTTP"),
            "IntegrationType": st.sampled_from(["AWS_PROXY", "HTTP_PROXY"]),
            "IntegrationUri": st.sampled_from([uri(FUNCTION), "http://127.0.0.1:1/"]),
            "PayloadFormatVersion": st.sampled_from(["1.0", "2.0"]),
            "AuthorizerType": st.sampled_from(["JWT", "REQUEST"]),
            "IdentitySource": st.just(["$request.header.Authorization"]),
            "ResourceArn": st.just(f"arn:aws:apigateway:us-east-1::/apis/{api}"),
            "Specification": st.just("OAS30"),
            "OutputType": st.sampled_from(["JSON", "YAML"]),
            "Body": st.sampled_from([document(), "{}", "{"]),
        }
        params = data.draw(inputs("apigatewayv2", operation, known))
        answered("apigatewayv2", operation, params, apis.call)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[HttpApis, str]]:
    """An API with every kind of route that a request can reach."""
    with HttpApis() as apis:
        api = apis.protected("s")
        unlimited = {"ThrottlingRateLimit": 1e9, "ThrottlingBurstLimit": 10**9}
        apis.call("UpdateStage", ApiId=api, StageName="$default", DefaultRouteSettings=unlimited)
        mapping = {
            "append:header.x": "$request.body.a.b[0]",
            "overwrite:querystring.q": "${request.path.p}-${request.header.y}",
        }
        message = {
            "QueueUrl": QUEUE,
            "MessageBody": "$request.body",
            "DelaySeconds": "$request.querystring.d",
        }
        integrations: dict[str, dict[str, Any]] = {
            "ANY /f/{p+}": {},
            "ANY /um/{p}": {"PayloadFormatVersion": "1.0"},
            "ANY /http/{p}": {**HTTP, "RequestParameters": mapping},
            "POST /fila": {"IntegrationSubtype": "SQS-SendMessage", "RequestParameters": message},
        }
        for key, integration in integrations.items():
            target = apis.integration(api, **integration)
            apis.call("CreateRoute", ApiId=api, RouteKey=key, Target=target)
        cors = {"AllowOrigins": ["https://*.a"], "AllowMethods": ["*"], "AllowHeaders": ["*"]}
        apis.call("UpdateApi", ApiId=api, CorsConfiguration=cors)
        yield apis, api


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    method=st.sampled_from(["GET", "POST", "OPTIONS", "HEAD", "X", ""]),
    path=st.one_of(
        st.builds("/{}".format, TEXTS),
        st.builds("{}{}".format, st.sampled_from(["/f/", "/um/", "/http/", "/pedidos", "/fila"]), TEXTS),
    ),
    query=st.one_of(TEXTS, st.sampled_from(["d=1&d=2", "&&=", "d", "%=%"])),
    headers=st.one_of(
        HEADERS,
        st.lists(
            st.tuples(
                st.sampled_from(["authorization", "origin", "access-control-request-method", "cookie"]), TEXTS
            ),
            max_size=4,
        ),
    ),
    content=BODIES,
)
def test_no_request_breaks_a_stage(
    served: tuple[HttpApis, str], method: str, path: str, query: str, headers: Any, content: bytes
) -> None:
    apis, api = served
    response = apis.request(api, path, method, query=query, headers=dict(headers), body=content)
    assert 200 <= response.status <= 599
    if response.status >= 400:
        assert set(json.loads(response.body)) == {"message"}


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    answer=st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.floats()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(["statusCode", "headers", "cookies", "body", "isBase64Encoded"]),
                inner,
                max_size=4,
            ),
        ),
    )
)
def test_no_answer_of_a_function_breaks_a_stage(served: tuple[HttpApis, str], answer: Any) -> None:
    apis, api = served
    apis.functions.answer = lambda event: answer
    for path in ("/f/a", "/um/a"):
        assert 200 <= apis.request(api, path).status <= 599


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_definition_breaks_an_import(data: st.DataObject) -> None:
    text = json.dumps(mutated(json.loads(document()), data))
    with HttpApis() as apis:
        refused = "BadRequestException"
        try:
            made = apis.call("ImportApi", Body=text)["ApiId"]
            apis.call("CreateStage", ApiId=made, StageName="$default", AutoDeploy=True)
        except AwsError as error:
            refused = error.code
        else:
            assert apis.request(made, "/pedidos", "POST", body=b"{}").status < 600
        assert refused in ("BadRequestException", "NotImplemented")
