"""API Gateway by its documents: HTTP APIs, and the parts of REST APIs."""

from __future__ import annotations

from typing import Any

_FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"
_GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:g"
_DOCUMENT = {"openapi": "3.0.1", "info": {"title": "t"}, "paths": {}}

Json = dict[str, Any]

HTTP_APIS: list[tuple[str, Json, Json, tuple[str, ...]]] = [
    (
        "AWS::ApiGatewayV2::Api",
        {
            "Body": _DOCUMENT,
            "CorsConfiguration": {"AllowOrigins": ["*"]},
            "FailOnWarnings": True,
            "Tags": {"a": "1"},
        },
        {"Body": {**_DOCUMENT, "tags": []}, "Description": "d", "Tags": {"b": "1"}},
        ("ReimportApi", "UpdateApi", "UntagResource", "TagResource"),
    ),
    (
        "AWS::ApiGatewayV2::Stage",
        {
            "ApiId": "a",
            "StageName": "$default",
            "AutoDeploy": True,
            "AccessLogSettings": {"DestinationArn": _GROUP, "Format": "$context.requestId"},
            "RouteSettings": {"GET /x": {"ThrottlingRateLimit": 1}},
            "StageVariables": {"x": "1"},
            "Tags": {"a": "1"},
        },
        {
            "ApiId": "a",
            "StageName": "$default",
            "AutoDeploy": True,
            "DefaultRouteSettings": {"ThrottlingBurstLimit": "5"},
        },
        ("UpdateStage", "DeleteAccessLogSettings", "DeleteRouteSettings", "UntagResource"),
    ),
    (
        "AWS::ApiGatewayV2::Deployment",
        {"ApiId": "a", "Description": "one"},
        {"ApiId": "a", "Description": "two", "StageName": "dev"},
        ("UpdateDeployment", "UpdateStage"),
    ),
    (
        "AWS::ApiGatewayV2::Route",
        {"ApiId": "a", "RouteKey": "GET /x", "AuthorizationScopes": ["s"]},
        {"ApiId": "a", "RouteKey": "GET /y", "Target": "integrations/i"},
        ("UpdateRoute",),
    ),
    (
        "AWS::ApiGatewayV2::Integration",
        {
            "ApiId": "a",
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": _FUNCTION,
            "PayloadFormatVersion": "2.0",
            "ResponseParameters": {
                "200": {"ResponseParameters": [{"Destination": "overwrite:header.x", "Source": "1"}]}
            },
        },
        {"ApiId": "a", "IntegrationType": "AWS_PROXY", "IntegrationUri": _FUNCTION, "TimeoutInMillis": "50"},
        ("UpdateIntegration",),
    ),
    (
        "AWS::ApiGatewayV2::Authorizer",
        {
            "ApiId": "a",
            "Name": "jwt",
            "AuthorizerType": "JWT",
            "IdentitySource": ["$request.header.Authorization"],
            "JwtConfiguration": {"Audience": ["a"], "Issuer": "{{sandbox:issuer}}"},
        },
        {
            "ApiId": "a",
            "Name": "jwt",
            "AuthorizerType": "JWT",
            "IdentitySource": ["$request.header.Authorization"],
            "JwtConfiguration": {"Audience": ["b"], "Issuer": "{{sandbox:issuer}}"},
        },
        ("UpdateAuthorizer",),
    ),
]

_URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{_FUNCTION}/invocations"

REST_APIS: list[tuple[str, Json, Json, tuple[str, ...]]] = [
    (
        "AWS::ApiGateway::Method",
        {
            "RestApiId": "a",
            "ResourceId": "r",
            "HttpMethod": "GET",
            "AuthorizationType": "NONE",
            "MethodResponses": [
                {"StatusCode": "200", "ResponseParameters": {"method.response.header.X": True}}
            ],
            "Integration": {
                "Type": "MOCK",
                "RequestTemplates": {"application/json": "{}"},
                "IntegrationResponses": [{"StatusCode": "200", "SelectionPattern": ""}],
            },
        },
        {
            "RestApiId": "a",
            "ResourceId": "r",
            "HttpMethod": "GET",
            "Integration": {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": _URI},
        },
        ("DeleteMethod", "PutMethod", "PutIntegration"),
    ),
    (
        "AWS::ApiGateway::Model",
        {"RestApiId": "a", "Name": "M", "Schema": {"type": "object"}},
        {"RestApiId": "a", "Name": "M", "Schema": {"type": "array"}, "Description": "d"},
        ("UpdateModel",),
    ),
    (
        "AWS::ApiGateway::RequestValidator",
        {"RestApiId": "a", "Name": "v", "ValidateRequestBody": True},
        {"RestApiId": "a", "Name": "v", "ValidateRequestParameters": True},
        ("UpdateRequestValidator",),
    ),
    (
        "AWS::ApiGateway::Authorizer",
        {"RestApiId": "a", "Name": "p", "Type": "TOKEN", "AuthorizerUri": _URI, "IdentitySource": "x"},
        {"RestApiId": "a", "Name": "p", "Type": "TOKEN", "AuthorizerUri": _URI, "IdentitySource": "y"},
        ("UpdateAuthorizer",),
    ),
    (
        "AWS::ApiGateway::GatewayResponse",
        {"RestApiId": "a", "ResponseType": "THROTTLED", "StatusCode": "503"},
        {"RestApiId": "a", "ResponseType": "THROTTLED", "ResponseTemplates": {"text/plain": "x"}},
        ("PutGatewayResponse",),
    ),
    (
        "AWS::ApiGateway::Account",
        {"CloudWatchRoleArn": "arn:aws:iam::000000000000:role/a"},
        {"CloudWatchRoleArn": "arn:aws:iam::000000000000:role/b"},
        ("UpdateAccount",),
    ),
    (
        "AWS::ApiGateway::ApiKey",
        {"Name": "k", "Enabled": True, "StageKeys": [{"RestApiId": "a", "StageName": "dev"}]},
        {"Name": "k", "Enabled": False, "Description": "d"},
        ("UpdateApiKey",),
    ),
    (
        "AWS::ApiGateway::UsagePlan",
        {
            "ApiStages": [{"ApiId": "a", "Stage": "dev"}],
            "Quota": {"Limit": "5", "Period": "DAY"},
            "Throttle": {"RateLimit": 0.5},
        },
        {
            "UsagePlanName": "p",
            "ApiStages": [
                {"ApiId": "b", "Stage": "dev", "Throttle": {"/notas/GET": {"RateLimit": 1, "BurstLimit": 2}}}
            ],
            "Throttle": {"RateLimit": 2},
        },
        ("UpdateUsagePlan",),
    ),
]
