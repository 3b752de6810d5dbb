"""APIs, routes, integrations and stages as the API Gateway Version 2 API Reference has them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.scope import Scope
from tests.contract.apigatewayv2.harness import FUNCTION, ISSUER, HttpApis, uri


def document(**changes: Any) -> str:
    """A definition as SAM writes it."""
    proxy = {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": uri(FUNCTION),
        "payloadFormatVersion": "2.0",
    }
    jwt = {
        "type": "jwt",
        "jwtConfiguration": {"issuer": ISSUER, "audience": ["pedidos"]},
        "identitySource": "$request.header.Authorization",
    }
    body: dict[str, Any] = {
        "openapi": "3.0.1",
        "info": {"title": "pedidos", "version": "2", "description": "d"},
        "paths": {
            "/pedidos": {
                "post": {
                    "x-amazon-apigateway-integration": proxy,
                    "security": [{"Jwt": ["pedidos:write"]}],
                    "responses": {},
                },
            },
            "/livre": {"get": {"x-amazon-apigateway-integration": proxy, "security": [{"NONE": []}]}},
            "/$default": {
                "x-amazon-apigateway-any-method": {
                    "isDefaultRoute": True,
                    "x-amazon-apigateway-integration": proxy,
                }
            },
        },
        "components": {"securitySchemes": {"Jwt": {"type": "oauth2", "x-amazon-apigateway-authorizer": jwt}}},
        "x-amazon-apigateway-cors": {"allowOrigins": ["*"], "maxAge": 5},
        "tags": [{"name": "httpapi:createdBy", "x-amazon-apigateway-tag-value": "SAM"}],
    }
    return json.dumps({**body, **changes})


def test_creating_an_api(apis: HttpApis) -> None:
    made = apis.call("CreateApi", Name="pedidos", ProtocolType="HTTP", Description="d", Tags={"a": "1"})
    identity = made["ApiId"]
    assert made["ApiEndpoint"] == f"https://{identity}.execute-api.us-east-1.amazonaws.com"
    assert (made["ProtocolType"], made["Description"], made["Tags"]) == ("HTTP", "d", {"a": "1"})
    assert made["RouteSelectionExpression"] == "$request.method $request.path"
    assert apis.call("GetApi", ApiId=identity) == made
    assert apis.refused("GetApi", ApiId=identity, scope=Scope(region="eu-west-1")).status == 404


def test_websockets_are_refused_by_name(apis: HttpApis) -> None:
    error = apis.refused("CreateApi", Name="x", ProtocolType="WEBSOCKET")
    assert (error.status, "WEBSOCKET" in error.message) == (501, True)
    assert apis.refused("CreateVpcLink", Name="x", SubnetIds=[]).status == 501


def test_apis_in_pages(apis: HttpApis) -> None:
    made = sorted(apis.made() for _ in range(3))
    first = apis.call("GetApis", MaxResults="2")
    rest = apis.call("GetApis", MaxResults="2", NextToken=first["NextToken"])
    assert [item["ApiId"] for item in (*first["Items"], *rest["Items"])] == made
    assert "NextToken" not in rest
    assert apis.refused("GetApis", NextToken="x").code == "BadRequestException"


def test_quick_create(apis: HttpApis) -> None:
    api = apis.call("CreateApi", Name="x", ProtocolType="HTTP", Target=FUNCTION)["ApiId"]
    assert apis.request(api, "/qualquer/coisa").status == 200
    (route,) = apis.call("GetRoutes", ApiId=api)["Items"]
    assert (route["RouteKey"], route["ApiGatewayManaged"]) == ("$default", True)
    apis.call("UpdateApi", ApiId=api, RouteKey="GET /x")
    assert apis.request(api, "/qualquer").status == 404
    assert apis.request(api, "/x").status == 200


def test_importing_and_exporting(apis: HttpApis) -> None:
    made = apis.call("ImportApi", Body=document(), FailOnWarnings=True)
    api = made["ApiId"]
    assert (made["Name"], made["Version"]) == ("pedidos", "2")
    assert made["CorsConfiguration"] == {"AllowOrigins": ["*"], "MaxAge": 5}
    assert made["Tags"] == {"httpapi:createdBy": "SAM"}
    routes = {route["RouteKey"]: route for route in apis.call("GetRoutes", ApiId=api)["Items"]}
    assert set(routes) == {"POST /pedidos", "GET /livre", "$default"}
    assert routes["POST /pedidos"]["AuthorizationScopes"] == ["pedidos:write"]
    assert routes["GET /livre"]["AuthorizationType"] == "NONE"
    body = apis.call("ExportApi", ApiId=api, Specification="OAS30", OutputType="JSON")["body"]
    again = apis.call("ImportApi", Body=body.decode(), FailOnWarnings=True)["ApiId"]
    kept = {route["RouteKey"]: route for route in apis.call("GetRoutes", ApiId=again)["Items"]}
    assert {key: route.get("AuthorizationScopes") for key, route in kept.items()} == {
        key: route.get("AuthorizationScopes") for key, route in routes.items()
    }
    plain = apis.call(
        "ExportApi", ApiId=api, Specification="OAS30", OutputType="YAML", IncludeExtensions=False
    )["body"]
    assert b"x-amazon-apigateway" not in plain


def test_sam_writes_the_default_route_without_a_slash(apis: HttpApis) -> None:
    proxy = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri(FUNCTION), "payloadFormatVersion": "2.0"}
    default = {"isDefaultRoute": True, "x-amazon-apigateway-integration": proxy}
    paths = {"$default": {"x-amazon-apigateway-any-method": default}}
    api = apis.call("ImportApi", Body=document(paths=paths), FailOnWarnings=True)["ApiId"]
    assert [route["RouteKey"] for route in apis.call("GetRoutes", ApiId=api)["Items"]] == ["$default"]


def test_versions_of_formats_may_be_numbers(apis: HttpApis) -> None:
    proxy = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri(FUNCTION), "payloadFormatVersion": 2.0}
    authorizer = {
        "type": "request",
        "authorizerUri": uri(FUNCTION),
        "authorizerPayloadFormatVersion": 2,
        "authorizerResultTtlInSeconds": "30",
        "identitySource": "$request.header.A, $request.header.B",
    }
    schemes = {"L": {"type": "apiKey", "x-amazon-apigateway-authorizer": authorizer}}
    body = document(
        paths={"/x": {"get": {"x-amazon-apigateway-integration": proxy}}},
        components={"securitySchemes": schemes},
    )
    api = apis.call("ImportApi", Body=body)["ApiId"]
    assert apis.call("GetIntegrations", ApiId=api)["Items"][0]["PayloadFormatVersion"] == "2.0"
    (made,) = apis.call("GetAuthorizers", ApiId=api)["Items"]
    assert (made["AuthorizerPayloadFormatVersion"], made["AuthorizerResultTtlInSeconds"]) == ("2.0", 30)
    assert made["IdentitySource"] == ["$request.header.A", "$request.header.B"]


def test_reimporting_replaces_everything(apis: HttpApis) -> None:
    api = apis.call("ImportApi", Body=document())["ApiId"]
    apis.call("CreateStage", ApiId=api, StageName="$default", AutoDeploy=True)
    assert apis.request(api, "/livre").status == 200
    apis.call("ReimportApi", ApiId=api, Body=document(paths={}))
    assert apis.call("GetRoutes", ApiId=api)["Items"] == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"openapi": "2.0"}, "OpenAPI 3.0"),
        ({"paths": []}, "paths is no mapping"),
        ({"paths": {"/x": {"get": []}}}, "no mapping"),
        ({"paths": {"/{a": {"get": {}}}}, "route key"),
        ({"paths": {"/x": {"trace": {}}}}, "trace of path /x"),
        ({"paths": {"/x": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}}}, "AWS_PROXY and"),
        ({"paths": {"/x": {"get": {"x-amazon-apigateway-integration": {"type": "aws_proxy"}}}}}, "uri"),
        ({"paths": {"/x": {"get": {"security": "Jwt"}}}}, "security"),
        ({"components": {"securitySchemes": {"a": {"x-amazon-apigateway-authorizer": []}}}}, "no mapping"),
        (
            {"components": {"securitySchemes": {"a": {"x-amazon-apigateway-authorizer": {"type": "x"}}}}},
            "authorizer type",
        ),
        ({"x-amazon-apigateway-cors": {"maxAge": "x"}}, "int"),
        ({"paths": {"/x": {"get": {"security": [{"Jwt": [None]}]}}}}, "no list of texts"),
    ],
)
def test_definitions_that_are_none(apis: HttpApis, changes: dict[str, Any], says: str) -> None:
    error = apis.refused("ImportApi", Body=document(**changes))
    assert says in error.message
    assert error.code in ("BadRequestException", "NotImplemented")


@pytest.mark.parametrize("body", ["", "[]", "{", "'x", "[" * 5000, "\x00"])
def test_texts_that_are_no_definition(apis: HttpApis, body: str) -> None:
    assert apis.refused("ImportApi", Body=body).code == "BadRequestException"


@pytest.mark.parametrize(
    "wrong",
    [{"httpMethod": 7}, {"uri": ["x"]}, {"description": {}}, {"timeoutInMillis": "soon"}, {"credentials": 1}],
)
def test_members_of_an_integration_have_their_types(apis: HttpApis, wrong: dict[str, Any]) -> None:
    integration = {"type": "HTTP_PROXY", "uri": "http://127.0.0.1:1/", "httpMethod": "GET", **wrong}
    body = document(paths={"/x": {"get": {"x-amazon-apigateway-integration": integration}}})
    assert apis.refused("ImportApi", Body=body).code == "BadRequestException"


def test_warnings_fail_an_import_that_says_so(apis: HttpApis) -> None:
    body = document(paths={"/x": {"get": {}}, "/y": {"get": {"security": [{"Outro": []}]}}})
    made = apis.call("ImportApi", Body=body)
    assert "No integration defined for route GET /x" in made["Warnings"]
    error = apis.refused("ImportApi", Body=body, FailOnWarnings=True)
    assert error.message.startswith("Warnings found during import")


def test_routes(apis: HttpApis) -> None:
    api = apis.made()
    target = apis.integration(api)
    route = apis.call("CreateRoute", ApiId=api, RouteKey="GET /x", Target=target)
    again = apis.refused("CreateRoute", ApiId=api, RouteKey="GET /x")
    assert (again.code, again.status) == ("ConflictException", 409)
    changed = apis.call("UpdateRoute", ApiId=api, RouteId=route["RouteId"], RouteKey="GET /y")
    assert (changed["RouteKey"], changed["Target"]) == ("GET /y", target)
    assert apis.request(api, "/y").status == 200
    used = apis.refused("DeleteIntegration", ApiId=api, IntegrationId=target.partition("/")[2])
    assert "referenced by Route" in used.message
    apis.call("DeleteRoute", ApiId=api, RouteId=route["RouteId"])
    assert apis.refused("GetRoute", ApiId=api, RouteId=route["RouteId"]).status == 404
    apis.call("DeleteIntegration", ApiId=api, IntegrationId=target.partition("/")[2])


@pytest.mark.parametrize(
    "key", ["x", "GET", "GET x", "FETCH /x", "GET /{a+}/b", "GET /{a}/{a}", "GET /a{b}", "get /x"]
)
def test_route_keys_that_are_none(apis: HttpApis, key: str) -> None:
    assert apis.refused("CreateRoute", ApiId=apis.made(), RouteKey=key).code == "BadRequestException"


def test_what_a_route_may_not_ask_for(apis: HttpApis) -> None:
    api = apis.made()
    for params, status in (
        ({"AuthorizationType": "AWS_IAM"}, 501),
        ({"AuthorizationType": "JWT"}, 400),
        ({"AuthorizationType": "OUTRO"}, 400),
        ({"Target": "integrations/nenhuma"}, 400),
        ({"ApiKeyRequired": True}, 400),
        ({"AuthorizationType": "CUSTOM", "AuthorizerId": apis.jwt_authorizer(api)}, 400),
        ({"RequestParameters": {}}, 501),
    ):
        assert apis.refused("CreateRoute", ApiId=api, RouteKey="GET /x", **params).status == status, params


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"IntegrationType": "MOCK"}, "AWS_PROXY and HTTP_PROXY"),
        ({"IntegrationType": "AWS_PROXY"}, "Invalid function ARN"),
        ({"IntegrationType": "AWS_PROXY", "IntegrationUri": FUNCTION}, "PayloadFormatVersion"),
        ({"IntegrationType": "HTTP_PROXY", "IntegrationUri": "ftp://x"}, "Invalid HTTP endpoint"),
        ({"IntegrationType": "HTTP_PROXY", "IntegrationUri": "http://127.0.0.1/"}, "IntegrationMethod"),
        ({"IntegrationType": "AWS_PROXY", "IntegrationSubtype": "SQS-Nada"}, "Unsupported integration"),
        ({"IntegrationType": "AWS_PROXY", "IntegrationSubtype": "SQS-SendMessage"}, "are required"),
        ({"IntegrationType": "HTTP_PROXY", "ConnectionType": "VPC_LINK"}, "VPC links"),
        (
            {
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": FUNCTION,
                "PayloadFormatVersion": "2.0",
                "TimeoutInMillis": 30_001,
            },
            "between 50 ms and 30000 ms",
        ),
    ],
)
def test_integrations_that_are_none(apis: HttpApis, params: dict[str, Any], says: str) -> None:
    assert says in apis.refused("CreateIntegration", ApiId=apis.made(), **params).message


def test_every_change_is_deployed_where_the_stage_asks_for_it(apis: HttpApis) -> None:
    api = apis.routed()
    (deployment,) = apis.call("GetDeployments", ApiId=api)["Items"]
    assert (deployment["AutoDeployed"], deployment["DeploymentStatus"]) == (True, "DEPLOYED")
    stage = apis.call("GetStage", ApiId=api, StageName="$default")
    assert stage["DeploymentId"] == deployment["DeploymentId"]
    assert "Successfully deployed stage" in stage["LastDeploymentStatusMessage"]
    error = apis.refused("CreateDeployment", ApiId=api, StageName="$default")
    assert "deploys automatically" in error.message
    used = apis.refused("DeleteDeployment", ApiId=api, DeploymentId=deployment["DeploymentId"])
    assert "Active stages" in used.message


def test_stages(apis: HttpApis) -> None:
    api = apis.routed()
    made = apis.call("CreateDeployment", ApiId=api, Description="um")["DeploymentId"]
    stage = apis.call("CreateStage", ApiId=api, StageName="dev", DeploymentId=made, Tags={"a": "1"})
    assert (stage["AutoDeploy"], stage["DeploymentId"], stage["Tags"]) == (False, made, {"a": "1"})
    assert [item["StageName"] for item in apis.call("GetStages", ApiId=api)["Items"]] == ["$default", "dev"]
    assert apis.refused("CreateStage", ApiId=api, StageName="dev").code == "ConflictException"
    assert apis.refused("CreateStage", ApiId=api, StageName="a b").code == "BadRequestException"
    settings = {"GET /nada": {"ThrottlingBurstLimit": 1}}
    assert apis.refused("UpdateStage", ApiId=api, StageName="dev", RouteSettings=settings).status == 404
    logging = {"LoggingLevel": "INFO"}
    error = apis.refused("UpdateStage", ApiId=api, StageName="dev", DefaultRouteSettings=logging)
    assert "not supported on protocolType HTTP" in error.message
    settings = {"GET /pedidos": {"ThrottlingBurstLimit": 1}}
    apis.call("UpdateStage", ApiId=api, StageName="dev", RouteSettings=settings, StageVariables={"a": "1"})
    apis.call("DeleteRouteSettings", ApiId=api, StageName="dev", RouteKey="GET /pedidos")
    changed = apis.call("UpdateStage", ApiId=api, StageName="dev", StageVariables={"a": "", "b": "2"})
    assert (changed["RouteSettings"], changed["StageVariables"]) == ({}, {"b": "2"})
    renamed = apis.call("UpdateDeployment", ApiId=api, DeploymentId=made, Description="dois")
    assert renamed["Description"] == "dois"


@pytest.mark.parametrize(
    "settings",
    [
        {"DestinationArn": "x", "Format": "$context.requestId"},
        {"DestinationArn": "arn:aws:logs:us-east-1:0:log-group:g", "Format": "sem id"},
        {"DestinationArn": "arn:aws:logs:us-east-1:0:log-group:g", "Format": "$context.requestId\nx"},
        {"DestinationArn": "arn:aws:logs:us-east-1:0:log-group:g", "Format": "$context.requestId" * 200},
    ],
)
def test_access_logs_that_are_none(apis: HttpApis, settings: dict[str, str]) -> None:
    error = apis.refused("CreateStage", ApiId=apis.made(), StageName="x", AccessLogSettings=settings)
    assert error.code == "BadRequestException"


@pytest.mark.parametrize(
    "cors",
    [
        {"AllowOrigins": ["*"], "AllowCredentials": True},
        {"AllowOrigins": ["app.example"]},
        {"AllowMethods": ["FETCH"]},
        {"MaxAge": 90_000},
    ],
)
def test_cors_that_is_none(apis: HttpApis, cors: dict[str, Any]) -> None:
    error = apis.refused("CreateApi", Name="x", ProtocolType="HTTP", CorsConfiguration=cors)
    assert error.code == "BadRequestException"


def test_tags(apis: HttpApis) -> None:
    api = apis.made()
    for arn in (
        f"arn:aws:apigateway:us-east-1::/apis/{api}",
        f"arn:aws:apigateway:us-east-1::/apis/{api}/stages/$default",
    ):
        apis.call("TagResource", ResourceArn=arn, Tags={"a": "1", "b": "2"})
        apis.call("UntagResource", ResourceArn=arn, TagKeys=["a"])
        assert apis.call("GetTags", ResourceArn=arn) == {"Tags": {"b": "2"}}
    assert apis.refused("GetTags", ResourceArn="x").code == "BadRequestException"


def test_deleting_an_api(apis: HttpApis) -> None:
    api = apis.routed()
    assert apis.request(api).status == 200
    apis.call("DeleteApi", ApiId=api)
    assert apis.request(api).status == 404
    assert not apis.service.has(api)
    assert apis.refused("DeleteApi", ApiId=api).status == 404
