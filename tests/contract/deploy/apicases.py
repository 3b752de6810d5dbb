"""The types of API Gateway, for `test_types`: properties before and after a change, and what it must call."""

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
