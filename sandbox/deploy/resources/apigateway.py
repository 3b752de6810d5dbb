"""API Gateway REST APIs as SAM writes them: AWS::ApiGateway::RestApi, ::Deployment, ::Stage.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGateway.html
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from sandbox.deploy.resources.base import (
    Context,
    Existing,
    Made,
    Property,
    Props,
    ResourceType,
    tag_changes,
    tag_map,
    unless_gone,
)
from sandbox.deploy.resources.shapes import (
    TAG_LIST,
    Boolean,
    Integer,
    Json,
    ListOf,
    MapOf,
    Number,
    Struct,
    Text,
)
from sandbox.deploy.resources.stage_patch import patches, stage_values
from sandbox.model.arn import rest_api_arn
from sandbox.model.awserror import AwsError


class RestApi(ResourceType):
    """AWS::ApiGateway::RestApi; its methods come from an OpenAPI body."""

    type = "AWS::ApiGateway::RestApi"
    properties: ClassVar = {
        "ApiKeySourceType": Property(Text(("HEADER", "AUTHORIZER"))),
        "BinaryMediaTypes": Property(ListOf(Text())),
        "Body": Property(Json()),
        "Description": Property(Text()),
        "DisableExecuteApiEndpoint": Property(Boolean()),
        "EndpointConfiguration": Property(
            Struct({"IpAddressType": Text(), "Types": ListOf(Text()), "VpcEndpointIds": ListOf(Text())})
        ),
        "FailOnWarnings": Property(Boolean()),
        "MinimumCompressionSize": Property(Integer()),
        "Name": Property(Text()),
        "Parameters": Property(MapOf(Text())),
        "Policy": Property(Json()),
        "Tags": Property(TAG_LIST),
    }
    not_implemented = frozenset(
        {"BodyS3Location", "CloneFrom", "EndpointAccessMode", "Mode", "SecurityPolicy"}
    )
    attributes = frozenset({"RestApiId", "RootResourceId"})

    async def create(self, context: Context, props: Props) -> Made:
        answer = await context.aws(
            "apigateway",
            "CreateRestApi",
            {
                "name": _title(context, props),
                "apiKeySource": props.get("ApiKeySourceType"),
                "binaryMediaTypes": props.get("BinaryMediaTypes"),
                "description": props.get("Description"),
                "disableExecuteApiEndpoint": props.get("DisableExecuteApiEndpoint"),
                "endpointConfiguration": _endpoint(props),
                "minimumCompressionSize": props.get("MinimumCompressionSize"),
                "policy": json.dumps(props["Policy"]) if "Policy" in props else None,
                "tags": tag_map(props.get("Tags")),
            },
        )
        api = answer["id"]
        await self._body(context, api, props)
        root = answer.get("rootResourceId", "")
        return Made(api, {"RestApiId": api, "RootResourceId": root})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        api, before = old.physical_id, old.properties
        changed = patches(_patchable(context, before), _patchable(context, props))
        if changed:
            await context.aws("apigateway", "UpdateRestApi", {"restApiId": api, "patchOperations": changed})
        if any(before.get(key) != props.get(key) for key in ("Body", "Parameters", "FailOnWarnings")):
            await self._body(context, api, props)
        removed, added = tag_changes(before, props)
        arn = str(rest_api_arn(context.scope.region, api))
        if removed:
            await context.aws("apigateway", "UntagResource", {"resourceArn": arn, "tagKeys": removed})
        if added:
            await context.aws("apigateway", "TagResource", {"resourceArn": arn, "tags": added})
        return Made(api, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("apigateway", "DeleteRestApi", {"restApiId": old.physical_id}))

    async def _body(self, context: Context, api: str, props: Props) -> None:
        """Puts the OpenAPI document; it renames the API to its title, which a Name of the template undoes."""
        if "Body" not in props:
            return
        await context.aws(
            "apigateway",
            "PutRestApi",
            {
                "restApiId": api,
                "mode": "overwrite",
                "failOnWarnings": props.get("FailOnWarnings"),
                "parameters": props.get("Parameters"),
                "body": json.dumps(props["Body"]).encode(),
            },
        )
        title = props["Body"].get("info", {}).get("title")
        if "Name" in props and title and props["Name"] != title:
            rename = [{"op": "replace", "path": "/name", "value": props["Name"]}]
            await context.aws("apigateway", "UpdateRestApi", {"restApiId": api, "patchOperations": rename})


def _title(context: Context, props: Props) -> str:
    title = props.get("Name") or props.get("Body", {}).get("info", {}).get("title")
    return str(title or context.name(None))


def _endpoint(props: Props) -> dict[str, Any] | None:
    given = props.get("EndpointConfiguration")
    if not given:
        return None
    names = {"IpAddressType": "ipAddressType", "Types": "types", "VpcEndpointIds": "vpcEndpointIds"}
    return {names[key]: value for key, value in given.items()}


def _patchable(context: Context, props: Props) -> dict[str, str]:
    values = {
        "/name": _title(context, props),
        "/description": props.get("Description"),
        "/apiKeySource": props.get("ApiKeySourceType"),
        "/disableExecuteApiEndpoint": props.get("DisableExecuteApiEndpoint"),
        "/minimumCompressionSize": props.get("MinimumCompressionSize"),
        "/policy": json.dumps(props["Policy"]) if "Policy" in props else None,
    }
    for kind in (props.get("EndpointConfiguration") or {}).get("Types", [])[:1]:
        values["/endpointConfiguration/types/0"] = kind
    for media in props.get("BinaryMediaTypes", []):
        values[f"/binaryMediaTypes/{media.replace('~', '~0').replace('/', '~1')}"] = ""
    return stage_values(values)


class Deployment(ResourceType):
    """AWS::ApiGateway::Deployment: a snapshot of the API, which stages point to."""

    type = "AWS::ApiGateway::Deployment"
    properties: ClassVar = {
        "Description": Property(Text()),
        "RestApiId": Property(Text(), replaces=True, required=True),
        "StageName": Property(Text()),
    }
    not_implemented = frozenset({"DeploymentCanarySettings", "StageDescription"})
    attributes = frozenset({"DeploymentId"})

    async def create(self, context: Context, props: Props) -> Made:
        sent = {
            "restApiId": props["RestApiId"],
            "description": props.get("Description"),
            "stageName": props.get("StageName"),
        }
        identity = (await context.aws("apigateway", "CreateDeployment", sent))["id"]
        return Made(identity, {"DeploymentId": identity})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        api = props["RestApiId"]
        change = [{"op": "replace", "path": "/description", "value": props.get("Description", "")}]
        where = {"restApiId": api, "deploymentId": old.physical_id}
        if old.properties.get("Description") != props.get("Description"):
            await context.aws("apigateway", "UpdateDeployment", {**where, "patchOperations": change})
        before, after = old.properties.get("StageName"), props.get("StageName")
        if before != after:
            await self._drop_stage(context, api, before, old.physical_id)
            if after:
                sent = {"restApiId": api, "stageName": after, "deploymentId": old.physical_id}
                await context.aws("apigateway", "CreateStage", sent)
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        api = old.properties["RestApiId"]
        await self._drop_stage(context, api, old.properties.get("StageName"), old.physical_id)
        where = {"restApiId": api, "deploymentId": old.physical_id}
        await unless_gone(context.aws("apigateway", "DeleteDeployment", where))

    async def _drop_stage(self, context: Context, api: str, stage: str | None, deployment: str) -> None:
        """The stage that a deployment made goes with it, unless a later deployment has taken it over."""
        if stage is None:
            return
        where = {"restApiId": api, "stageName": stage}
        try:
            current = await context.aws("apigateway", "GetStage", where)
        except AwsError as error:
            if error.status == 404 or "NotFound" in error.code:
                return
            raise
        if current.get("deploymentId") == deployment:
            await unless_gone(context.aws("apigateway", "DeleteStage", where))


_METHOD_SETTING = Struct(
    {
        "CacheDataEncrypted": Boolean(),
        "CacheTtlInSeconds": Integer(),
        "CachingEnabled": Boolean(),
        "DataTraceEnabled": Boolean(),
        "HttpMethod": Text(),
        "LoggingLevel": Text(("OFF", "ERROR", "INFO")),
        "MetricsEnabled": Boolean(),
        "ResourcePath": Text(),
        "ThrottlingBurstLimit": Integer(),
        "ThrottlingRateLimit": Number(),
    },
    ("HttpMethod", "ResourcePath"),
)
#: Members of a method setting as paths of a patch.
_SETTING_PATHS = {
    "CacheDataEncrypted": "caching/dataEncrypted",
    "CacheTtlInSeconds": "caching/ttlInSeconds",
    "CachingEnabled": "caching/enabled",
    "DataTraceEnabled": "logging/dataTrace",
    "LoggingLevel": "logging/loglevel",
    "MetricsEnabled": "metrics/enabled",
    "ThrottlingBurstLimit": "throttling/burstLimit",
    "ThrottlingRateLimit": "throttling/rateLimit",
}


class Stage(ResourceType):
    """AWS::ApiGateway::Stage with its throttling and method settings."""

    type = "AWS::ApiGateway::Stage"
    properties: ClassVar = {
        "AccessLogSetting": Property(Struct({"DestinationArn": Text(), "Format": Text()})),
        "CacheClusterEnabled": Property(Boolean()),
        "CacheClusterSize": Property(Text()),
        "DeploymentId": Property(Text(), required=True),
        "Description": Property(Text()),
        "MethodSettings": Property(ListOf(_METHOD_SETTING)),
        "RestApiId": Property(Text(), replaces=True, required=True),
        "StageName": Property(Text(), replaces=True, required=True),
        "Tags": Property(TAG_LIST),
        "TracingEnabled": Property(Boolean()),
        "Variables": Property(MapOf(Text())),
    }
    not_implemented = frozenset({"CanarySetting", "ClientCertificateId", "DocumentationVersion"})

    async def create(self, context: Context, props: Props) -> Made:
        names = {
            "CacheClusterEnabled": "cacheClusterEnabled",
            "CacheClusterSize": "cacheClusterSize",
            "DeploymentId": "deploymentId",
            "Description": "description",
            "RestApiId": "restApiId",
            "StageName": "stageName",
            "TracingEnabled": "tracingEnabled",
            "Variables": "variables",
        }
        sent = {names[key]: value for key, value in props.items() if key in names}
        await context.aws("apigateway", "CreateStage", {**sent, "tags": tag_map(props.get("Tags"))})
        settings = patches({}, _settings(props))
        await self._patch(context, props, settings)
        return Made(props["StageName"])

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        before = {**_plain(old.properties), **_settings(old.properties)}
        await self._patch(context, props, patches(before, {**_plain(props), **_settings(props)}))
        removed, added = tag_changes(old.properties, props)
        arn = f"{rest_api_arn(context.scope.region, props['RestApiId'])}/stages/{old.physical_id}"
        if removed:
            await context.aws("apigateway", "UntagResource", {"resourceArn": arn, "tagKeys": removed})
        if added:
            await context.aws("apigateway", "TagResource", {"resourceArn": arn, "tags": added})
        return Made(old.physical_id)

    async def delete(self, context: Context, old: Existing) -> None:
        where = {"restApiId": old.properties["RestApiId"], "stageName": old.physical_id}
        await unless_gone(context.aws("apigateway", "DeleteStage", where))

    async def _patch(self, context: Context, props: Props, operations: list[dict[str, str]]) -> None:
        if operations:
            where = {"restApiId": props["RestApiId"], "stageName": props["StageName"]}
            await context.aws("apigateway", "UpdateStage", {**where, "patchOperations": operations})


def _plain(props: Props) -> dict[str, str]:
    return stage_values(
        {
            "/cacheClusterEnabled": props.get("CacheClusterEnabled"),
            "/cacheClusterSize": props.get("CacheClusterSize"),
            "/deploymentId": props.get("DeploymentId"),
            "/description": props.get("Description"),
            "/tracingEnabled": props.get("TracingEnabled"),
            **{f"/variables/{key}": value for key, value in props.get("Variables", {}).items()},
        }
    )


def _settings(props: Props) -> dict[str, str]:
    values: dict[str, Any] = {}
    log = props.get("AccessLogSetting", {})
    values["/accessLogSettings/destinationArn"] = log.get("DestinationArn")
    values["/accessLogSettings/format"] = log.get("Format")
    for setting in props.get("MethodSettings", []):
        # `/*` means every resource, and the slashes of a path are escaped: `~1pets~1{id}`.
        path = "*" if setting["ResourcePath"] == "/*" else setting["ResourcePath"].replace("/", "~1")
        for member, tail in _SETTING_PATHS.items():
            values[f"/{path}/{setting['HttpMethod']}/{tail}"] = setting.get(member)
    return stage_values(values)


TYPES = (RestApi(), Deployment(), Stage())
