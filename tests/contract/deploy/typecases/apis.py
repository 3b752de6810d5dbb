"""API Gateway."""

from __future__ import annotations

from tests.contract.deploy.typecases.base import BODY, OTHER_TAGS, TAGS, Case

CHANGED = [
    Case(
        "AWS::ApiGateway::RestApi",
        {"Body": BODY, "Description": "one", "BinaryMediaTypes": ["image/png"], "Tags": TAGS},
        {
            "Body": {**BODY, "tags": []},
            "Name": "mine",
            "BinaryMediaTypes": ["a/b"],
            "EndpointConfiguration": {"Types": ["REGIONAL"]},
            "Tags": OTHER_TAGS,
        },
        ("UpdateRestApi", "PutRestApi", "UntagResource", "TagResource"),
    ),
    Case(
        "AWS::ApiGateway::Deployment",
        {"RestApiId": "a", "Description": "one"},
        {"RestApiId": "a", "Description": "two", "StageName": "Stage"},
        ("UpdateDeployment", "CreateStage"),
    ),
    Case(
        "AWS::ApiGateway::Stage",
        {
            "RestApiId": "a",
            "StageName": "dev",
            "DeploymentId": "d",
            "Variables": {"x": "1", "y": "2"},
            "MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 0.01}],
        },
        {
            "RestApiId": "a",
            "StageName": "dev",
            "DeploymentId": "e",
            "TracingEnabled": True,
            "Variables": {"y": "3"},
            "MethodSettings": [
                {"ResourcePath": "/notas/{id}", "HttpMethod": "GET", "ThrottlingBurstLimit": 2}
            ],
            "Tags": TAGS,
        },
        ("UpdateStage", "TagResource"),
    ),
]

REPLACED = [
    Case(
        "AWS::ApiGateway::Resource",
        {"RestApiId": "a", "ParentId": "p", "PathPart": "notas"},
        {"RestApiId": "a", "ParentId": "p", "PathPart": "{id}"},
        ("CreateResource", "DeleteResource"),
    ),
    Case(
        "AWS::ApiGateway::UsagePlanKey",
        {"UsagePlanId": "p", "KeyId": "k", "KeyType": "API_KEY"},
        {"UsagePlanId": "p", "KeyId": "l", "KeyType": "API_KEY"},
        ("CreateUsagePlanKey", "DeleteUsagePlanKey"),
    ),
]
