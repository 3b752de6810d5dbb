"""HTTP APIs as SAM and CDK write them: AWS::ApiGatewayV2::Api, ::Stage, ::Deployment and their parts.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGatewayV2.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.deploy.resources.base import (
    Context,
    Existing,
    Made,
    Property,
    Props,
    ResourceType,
    exists,
    unless_gone,
)
from sandbox.deploy.resources.shapes import Boolean, Integer, Json, ListOf, MapOf, Number, Struct, Text
from sandbox.model.arn import http_api_arn
from sandbox.model.awserror import NotImplementedByName

_CORS = Struct(
    {
        "AllowCredentials": Boolean(),
        "AllowHeaders": ListOf(Text()),
        "AllowMethods": ListOf(Text()),
        "AllowOrigins": ListOf(Text()),
        "ExposeHeaders": ListOf(Text()),
        "MaxAge": Integer(),
    }
)
_ROUTE_SETTINGS = Struct(
    {
        "DataTraceEnabled": Boolean(),
        "DetailedMetricsEnabled": Boolean(),
        "LoggingLevel": Text(),
        "ThrottlingBurstLimit": Integer(),
        "ThrottlingRateLimit": Number(),
    }
)


class Api(ResourceType):
    """AWS::ApiGatewayV2::Api; its routes come from an OpenAPI body or from resources of their own."""

    type = "AWS::ApiGatewayV2::Api"
    properties: ClassVar = {
        "Basepath": Property(Text(("ignore", "prepend", "split"))),
        "Body": Property(Json()),
        "CorsConfiguration": Property(_CORS),
        "CredentialsArn": Property(Text()),
        "Description": Property(Text()),
        "DisableExecuteApiEndpoint": Property(Boolean()),
        "FailOnWarnings": Property(Boolean()),
        "IpAddressType": Property(Text(("ipv4", "dualstack"))),
        "Name": Property(Text()),
        "ProtocolType": Property(Text(), replaces=True),
        "RouteKey": Property(Text()),
        "RouteSelectionExpression": Property(Text()),
        "Tags": Property(MapOf(Text())),
        "Target": Property(Text()),
        "Version": Property(Text()),
    }
    not_implemented = frozenset({"ApiKeySelectionExpression", "BodyS3Location", "DisableSchemaValidation"})
    attributes = frozenset({"ApiId", "ApiEndpoint"})

    async def create(self, context: Context, props: Props) -> Made:
        if "Body" in props:
            answer = await context.aws("apigatewayv2", "ImportApi", _body(props))
            changes = _changes({}, props)
            if changes:
                await context.aws("apigatewayv2", "UpdateApi", {"ApiId": answer["ApiId"], **changes})
            await _tag(context, answer["ApiId"], {}, props)
        else:
            sent = {name: value for name, value in props.items() if name not in _IMPORT_ONLY}
            sent.setdefault("Name", context.name(None))
            answer = await context.aws("apigatewayv2", "CreateApi", sent)
        return Made(answer["ApiId"], {name: answer[name] for name in sorted(self.attributes)})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        before, api = old.properties, old.physical_id
        if "Body" in before and "Body" not in props:
            raise NotImplementedByName(
                "apigatewayv2",
                "an update that takes the Body away",
                "Its routes would stay: make the new one an API of its own name (another logical id).",
            )
        if "Body" in props and any(before.get(name) != props.get(name) for name in _IMPORT_ONLY):
            await context.aws("apigatewayv2", "ReimportApi", {"ApiId": api, **_body(props)})
            before = {name: value for name, value in before.items() if name not in _OF_BODY}
        if "CorsConfiguration" in before and "CorsConfiguration" not in props:
            await context.aws("apigatewayv2", "DeleteCorsConfiguration", {"ApiId": api})
        changes = _changes(before, props)
        if changes:
            await context.aws("apigatewayv2", "UpdateApi", {"ApiId": api, **changes})
        await _tag(context, api, old.properties, props)
        return Made(api, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("apigatewayv2", "DeleteApi", {"ApiId": old.physical_id}))


_IMPORT_ONLY = ("Body", "Basepath", "FailOnWarnings")
#: What a body sets as well, so that it must be put back after an import.
_OF_BODY = ("Name", "Description", "Version", "CorsConfiguration")
_UPDATABLE = (
    "Name",
    "Description",
    "Version",
    "CorsConfiguration",
    "DisableExecuteApiEndpoint",
    "IpAddressType",
    "Target",
    "RouteKey",
    "CredentialsArn",
)


def _body(props: Props) -> dict[str, Any]:
    return {
        "Body": json.dumps(props["Body"]),
        "Basepath": props.get("Basepath"),
        "FailOnWarnings": props.get("FailOnWarnings"),
    }


def _changes(before: Mapping[str, Any], props: Props) -> dict[str, Any]:
    return {name: props[name] for name in _UPDATABLE if name in props and before.get(name) != props[name]}


async def _tag(context: Context, where: str, before: Mapping[str, Any], props: Props) -> None:
    """Brings the tags of an API (or of a stage, `API/stages/NAME`) up to the template's."""
    arn = str(http_api_arn(context.scope.region, where))
    old, new = before.get("Tags") or {}, props.get("Tags") or {}
    removed = [name for name in old if name not in new]
    added = {name: value for name, value in new.items() if old.get(name) != value}
    if removed:
        await context.aws("apigatewayv2", "UntagResource", {"ResourceArn": arn, "TagKeys": removed})
    if added:
        await context.aws("apigatewayv2", "TagResource", {"ResourceArn": arn, "Tags": added})


class Stage(ResourceType):
    """AWS::ApiGatewayV2::Stage with throttling, access log and variables."""

    type = "AWS::ApiGatewayV2::Stage"
    properties: ClassVar = {
        "AccessLogSettings": Property(Struct({"DestinationArn": Text(), "Format": Text()})),
        "ApiId": Property(Text(), replaces=True, required=True),
        "AutoDeploy": Property(Boolean()),
        "DefaultRouteSettings": Property(_ROUTE_SETTINGS),
        "DeploymentId": Property(Text()),
        "Description": Property(Text()),
        "RouteSettings": Property(MapOf(_ROUTE_SETTINGS)),
        "StageName": Property(Text(), replaces=True, required=True),
        "StageVariables": Property(MapOf(Text())),
        "Tags": Property(MapOf(Text())),
    }
    not_implemented = frozenset({"AccessPolicyId", "ClientCertificateId"})

    async def create(self, context: Context, props: Props) -> Made:
        where = {"ApiId": props["ApiId"], "StageName": props["StageName"]}
        if await exists(context.aws("apigatewayv2", "GetStage", where)):
            # An API made with a Target has its $default stage already.
            await context.aws("apigatewayv2", "UpdateStage", _without_tags(props))
        else:
            await context.aws("apigatewayv2", "CreateStage", dict(props))
        return Made(props["StageName"])

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        before = old.properties
        where = {"ApiId": props["ApiId"], "StageName": old.physical_id}
        if "AccessLogSettings" in before and "AccessLogSettings" not in props:
            await context.aws("apigatewayv2", "DeleteAccessLogSettings", where)
        for key in before.get("RouteSettings", {}).keys() - props.get("RouteSettings", {}).keys():
            gone = {**where, "RouteKey": key}
            await unless_gone(context.aws("apigatewayv2", "DeleteRouteSettings", gone))
        sent = _without_tags(props)
        variables = dict.fromkeys(before.get("StageVariables", {}), "") | props.get("StageVariables", {})
        if variables:
            sent["StageVariables"] = variables
        if before.get("AutoDeploy") == props.get("AutoDeploy"):
            sent.pop("AutoDeploy", None)
        await context.aws("apigatewayv2", "UpdateStage", sent)
        await _tag(context, f"{props['ApiId']}/stages/{old.physical_id}", before, props)
        return Made(old.physical_id)

    async def delete(self, context: Context, old: Existing) -> None:
        where = {"ApiId": old.properties["ApiId"], "StageName": old.physical_id}
        await unless_gone(context.aws("apigatewayv2", "DeleteStage", where))


def _without_tags(props: Props) -> dict[str, Any]:
    return {name: value for name, value in props.items() if name != "Tags"}


class Deployment(ResourceType):
    """AWS::ApiGatewayV2::Deployment: an API as it is, which stages point to."""

    type = "AWS::ApiGatewayV2::Deployment"
    properties: ClassVar = {
        "ApiId": Property(Text(), replaces=True, required=True),
        "Description": Property(Text()),
        "StageName": Property(Text()),
    }
    attributes = frozenset({"DeploymentId"})

    async def create(self, context: Context, props: Props) -> Made:
        identity = (await context.aws("apigatewayv2", "CreateDeployment", dict(props)))["DeploymentId"]
        return Made(identity, {"DeploymentId": identity})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        where = {"ApiId": props["ApiId"], "DeploymentId": old.physical_id}
        changed = {**where, "Description": props.get("Description", "")}
        await context.aws("apigatewayv2", "UpdateDeployment", changed)
        stage = props.get("StageName")
        if stage and stage != old.properties.get("StageName"):
            await context.aws("apigatewayv2", "UpdateStage", {**where, "StageName": stage})
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        where = {"ApiId": old.properties["ApiId"], "DeploymentId": old.physical_id}
        await unless_gone(context.aws("apigatewayv2", "DeleteDeployment", where))


class _Piece(ResourceType):
    """A part of an API that is made, changed and removed by one operation each."""

    #: `Route`: the operations are CreateRoute, UpdateRoute, DeleteRoute, and the id is `RouteId`.
    kind: ClassVar[str]

    async def create(self, context: Context, props: Props) -> Made:
        answer = await context.aws("apigatewayv2", f"Create{self.kind}", _renamed(props))
        identity = answer[f"{self.kind}Id"]
        return Made(identity, {f"{self.kind}Id": identity})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        # A property that was removed goes back to what it is by itself.
        gone = {name: _EMPTY.get(name, "") for name in old.properties if name not in props}
        sent = {"ApiId": props["ApiId"], f"{self.kind}Id": old.physical_id, **_renamed({**gone, **props})}
        for name in ("RequestParameters", "ResponseParameters"):
            before = dict.fromkeys(old.properties.get(name, {}), "" if name == "RequestParameters" else {})
            if before:
                sent[name] = before | sent.get(name, {})
        await context.aws("apigatewayv2", f"Update{self.kind}", sent)
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        where = {"ApiId": old.properties["ApiId"], f"{self.kind}Id": old.physical_id}
        await unless_gone(context.aws("apigatewayv2", f"Delete{self.kind}", where))


_EMPTY: Mapping[str, Any] = {
    "AuthorizationScopes": [],
    "AuthorizationType": "NONE",
    "AuthorizerResultTtlInSeconds": 0,
    "EnableSimpleResponses": False,
    "RequestParameters": {},
    "ResponseParameters": {},
    "TimeoutInMillis": 30_000,
}


def _renamed(props: Mapping[str, Any]) -> dict[str, Any]:
    """Response parameters as the API has them: by status, a mapping of names."""
    sent = dict(props)
    if "ResponseParameters" in sent:
        sent["ResponseParameters"] = {
            status: {one["Destination"]: one["Source"] for one in given.get("ResponseParameters", [])}
            for status, given in sent["ResponseParameters"].items()
        }
    return sent


class Route(_Piece):
    """AWS::ApiGatewayV2::Route."""

    type = "AWS::ApiGatewayV2::Route"
    kind = "Route"
    properties: ClassVar = {
        "ApiId": Property(Text(), replaces=True, required=True),
        "ApiKeyRequired": Property(Boolean()),
        "AuthorizationScopes": Property(ListOf(Text())),
        "AuthorizationType": Property(Text(("NONE", "JWT", "CUSTOM", "AWS_IAM"))),
        "AuthorizerId": Property(Text()),
        "OperationName": Property(Text()),
        "RouteKey": Property(Text(), required=True),
        "Target": Property(Text()),
    }
    not_implemented = frozenset(
        {"ModelSelectionExpression", "RequestModels", "RequestParameters", "RouteResponseSelectionExpression"}
    )
    attributes = frozenset({"RouteId"})


class Integration(_Piece):
    """AWS::ApiGatewayV2::Integration."""

    type = "AWS::ApiGatewayV2::Integration"
    kind = "Integration"
    properties: ClassVar = {
        "ApiId": Property(Text(), replaces=True, required=True),
        "ConnectionType": Property(Text(("INTERNET", "VPC_LINK"))),
        "CredentialsArn": Property(Text()),
        "Description": Property(Text()),
        "IntegrationMethod": Property(Text()),
        "IntegrationSubtype": Property(Text()),
        "IntegrationType": Property(Text(), required=True),
        "IntegrationUri": Property(Text()),
        "PayloadFormatVersion": Property(Text(("1.0", "2.0"))),
        "RequestParameters": Property(MapOf(Text())),
        "ResponseParameters": Property(
            MapOf(
                Struct(
                    {
                        "ResponseParameters": ListOf(
                            Struct({"Destination": Text(), "Source": Text()}, ("Destination", "Source"))
                        )
                    }
                )
            )
        ),
        "TimeoutInMillis": Property(Integer()),
    }
    not_implemented = frozenset(
        {
            "ConnectionId",
            "ContentHandlingStrategy",
            "PassthroughBehavior",
            "RequestTemplates",
            "TemplateSelectionExpression",
            "TlsConfig",
        }
    )
    attributes = frozenset({"IntegrationId"})


class Authorizer(_Piece):
    """AWS::ApiGatewayV2::Authorizer."""

    type = "AWS::ApiGatewayV2::Authorizer"
    kind = "Authorizer"
    properties: ClassVar = {
        "ApiId": Property(Text(), replaces=True, required=True),
        "AuthorizerCredentialsArn": Property(Text()),
        "AuthorizerPayloadFormatVersion": Property(Text(("1.0", "2.0"))),
        "AuthorizerResultTtlInSeconds": Property(Integer()),
        "AuthorizerType": Property(Text(("JWT", "REQUEST")), required=True),
        "AuthorizerUri": Property(Text()),
        "EnableSimpleResponses": Property(Boolean()),
        "IdentitySource": Property(ListOf(Text())),
        "JwtConfiguration": Property(Struct({"Audience": ListOf(Text()), "Issuer": Text()})),
        "Name": Property(Text(), required=True),
    }
    not_implemented = frozenset({"IdentityValidationExpression"})
    attributes = frozenset({"AuthorizerId"})


TYPES = (Api(), Stage(), Deployment(), Route(), Integration(), Authorizer())
