"""REST APIs resource by resource: AWS::ApiGateway::Resource, ::Method, and what methods name.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGateway.html
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
    unless_gone,
)
from sandbox.deploy.resources.shapes import Boolean, Integer, Json, ListOf, MapOf, Struct, Text
from sandbox.deploy.template.values import as_text

_INTEGRATION = Struct(
    {
        "CacheKeyParameters": ListOf(Text()),
        "CacheNamespace": Text(),
        "ConnectionType": Text(("INTERNET", "VPC_LINK")),
        "ContentHandling": Text(("CONVERT_TO_BINARY", "CONVERT_TO_TEXT")),
        "Credentials": Text(),
        "IntegrationHttpMethod": Text(),
        "IntegrationResponses": ListOf(
            Struct(
                {
                    "ContentHandling": Text(("CONVERT_TO_BINARY", "CONVERT_TO_TEXT")),
                    "ResponseParameters": MapOf(Text()),
                    "ResponseTemplates": MapOf(Text()),
                    "SelectionPattern": Text(),
                    "StatusCode": Text(),
                },
                ("StatusCode",),
            )
        ),
        "PassthroughBehavior": Text(("WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER")),
        "RequestParameters": MapOf(Text()),
        "RequestTemplates": MapOf(Text()),
        "TimeoutInMillis": Integer(),
        "Type": Text(("AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK")),
        "Uri": Text(),
    },
    ("Type",),
)
_METHOD_RESPONSE = Struct(
    {"ResponseModels": MapOf(Text()), "ResponseParameters": MapOf(Boolean()), "StatusCode": Text()},
    ("StatusCode",),
)


class Resource(ResourceType):
    """AWS::ApiGateway::Resource."""

    type = "AWS::ApiGateway::Resource"
    properties: ClassVar = {
        "ParentId": Property(Text(), replaces=True, required=True),
        "PathPart": Property(Text(), replaces=True, required=True),
        "RestApiId": Property(Text(), replaces=True, required=True),
    }
    attributes = frozenset({"ResourceId"})

    async def create(self, context: Context, props: Props) -> Made:
        made = await context.aws("apigateway", "CreateResource", _camel(props))
        return Made(made["id"], {"ResourceId": made["id"]})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        where = {"restApiId": old.properties["RestApiId"], "resourceId": old.physical_id}
        await unless_gone(context.aws("apigateway", "DeleteResource", where))


class Method(ResourceType):
    """AWS::ApiGateway::Method with its integration and responses; a change puts all of it anew."""

    type = "AWS::ApiGateway::Method"
    properties: ClassVar = {
        "ApiKeyRequired": Property(Boolean()),
        "AuthorizationType": Property(Text()),
        "AuthorizerId": Property(Text()),
        "HttpMethod": Property(Text(), replaces=True, required=True),
        "Integration": Property(_INTEGRATION),
        "MethodResponses": Property(ListOf(_METHOD_RESPONSE)),
        "OperationName": Property(Text()),
        "RequestModels": Property(MapOf(Text())),
        "RequestParameters": Property(MapOf(Boolean())),
        "RequestValidatorId": Property(Text()),
        "ResourceId": Property(Text(), replaces=True, required=True),
        "RestApiId": Property(Text(), replaces=True, required=True),
    }
    not_implemented = frozenset({"AuthorizationScopes"})

    async def create(self, context: Context, props: Props) -> Made:
        where = _where(props)
        skipped = ("Integration", "MethodResponses")
        sent = _camel({name: value for name, value in props.items() if name not in skipped})
        await context.aws("apigateway", "PutMethod", {"authorizationType": "NONE", **sent})
        for response in props.get("MethodResponses", []):
            await context.aws("apigateway", "PutMethodResponse", {**where, **_camel(response)})
        integration = dict(props.get("Integration", {}))
        responses = integration.pop("IntegrationResponses", [])
        if integration:
            await context.aws("apigateway", "PutIntegration", {**where, **_camel(integration)})
        for response in responses:
            await context.aws("apigateway", "PutIntegrationResponse", {**where, **_camel(response)})
        return Made(f"{props['RestApiId']}|{props['ResourceId']}|{props['HttpMethod']}")

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        await self.delete(context, old)
        return await self.create(context, props)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("apigateway", "DeleteMethod", _where(old.properties)))


def _where(props: Mapping[str, Any]) -> dict[str, Any]:
    return _camel({name: props[name] for name in ("RestApiId", "ResourceId", "HttpMethod")})


class _Piece(ResourceType):
    """What methods name: made, changed by patches, and removed by one operation each."""

    #: `RequestValidator`: the operations are CreateRequestValidator, UpdateRequestValidator, ….
    kind: ClassVar[str]
    #: The member of the API that holds the id.
    key: ClassVar[str]
    #: The member of answers that is the physical id.
    identity: ClassVar[str] = "id"
    #: Properties that patches change.
    patched: ClassVar[tuple[str, ...]]

    async def create(self, context: Context, props: Props) -> Made:
        made = await context.aws("apigateway", f"Create{self.kind}", self._sent(context, props))
        identity = made[self.identity]
        return Made(identity, dict.fromkeys(sorted(self.attributes), identity))

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        before, after = self._sent(context, old.properties), self._sent(context, props)
        patches: list[dict[str, str]] = []
        for name in (name[:1].lower() + name[1:] for name in self.patched):
            if after.get(name) != before.get(name):
                patch = {"op": "remove", "path": f"/{name}"}
                if after.get(name) is not None:
                    patch |= {"op": "replace", "value": as_text(after[name])}
                patches.append(patch)
        where = {**self._above(old), self.key: old.physical_id, "patchOperations": patches}
        if patches:
            await context.aws("apigateway", f"Update{self.kind}", where)
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        where = {**self._above(old), self.key: old.physical_id}
        await unless_gone(context.aws("apigateway", f"Delete{self.kind}", where))

    def _sent(self, context: Context, props: Mapping[str, Any]) -> dict[str, Any]:
        """The properties as the operation takes them."""
        return _camel(props)

    def _above(self, old: Existing) -> dict[str, Any]:
        api = old.properties.get("RestApiId")
        return {"restApiId": api} if api else {}


class Model(_Piece):
    """AWS::ApiGateway::Model."""

    type = "AWS::ApiGateway::Model"
    kind, key, identity, patched = "Model", "modelName", "name", ("Description", "Schema")
    properties: ClassVar = {
        "ContentType": Property(Text(), replaces=True),
        "Description": Property(Text()),
        "Name": Property(Text(), replaces=True),
        "RestApiId": Property(Text(), replaces=True, required=True),
        "Schema": Property(Json()),
    }

    def _sent(self, context: Context, props: Mapping[str, Any]) -> dict[str, Any]:
        sent = {"contentType": "application/json", **_camel(props)}
        name = context.name(None) if "name" not in sent else sent["name"]
        sent["name"] = "".join(sign for sign in name if sign.isalnum())
        return {**sent, "schema": json.dumps(props["Schema"])} if "Schema" in props else sent


class RequestValidator(_Piece):
    """AWS::ApiGateway::RequestValidator."""

    type = "AWS::ApiGateway::RequestValidator"
    kind, key = "RequestValidator", "requestValidatorId"
    patched = ("ValidateRequestBody", "ValidateRequestParameters")
    properties: ClassVar = {
        "Name": Property(Text(), replaces=True),
        "RestApiId": Property(Text(), replaces=True, required=True),
        "ValidateRequestBody": Property(Boolean()),
        "ValidateRequestParameters": Property(Boolean()),
    }
    attributes = frozenset({"RequestValidatorId"})


class Authorizer(_Piece):
    """AWS::ApiGateway::Authorizer."""

    type = "AWS::ApiGateway::Authorizer"
    kind, key = "Authorizer", "authorizerId"
    patched = (
        "AuthType",
        "AuthorizerCredentials",
        "AuthorizerResultTtlInSeconds",
        "AuthorizerUri",
        "IdentitySource",
        "IdentityValidationExpression",
        "Name",
        "Type",
    )
    properties: ClassVar = {
        "AuthType": Property(Text()),
        "AuthorizerCredentials": Property(Text()),
        "AuthorizerResultTtlInSeconds": Property(Integer()),
        "AuthorizerUri": Property(Text()),
        "IdentitySource": Property(Text()),
        "IdentityValidationExpression": Property(Text()),
        "Name": Property(Text(), required=True),
        "RestApiId": Property(Text(), replaces=True, required=True),
        "Type": Property(Text(("TOKEN", "REQUEST", "COGNITO_USER_POOLS")), required=True),
    }
    not_implemented = frozenset({"ProviderARNs"})
    attributes = frozenset({"AuthorizerId"})


class GatewayResponse(ResourceType):
    """AWS::ApiGateway::GatewayResponse."""

    type = "AWS::ApiGateway::GatewayResponse"
    properties: ClassVar = {
        "ResponseParameters": Property(MapOf(Text())),
        "ResponseTemplates": Property(MapOf(Text())),
        "ResponseType": Property(Text(), replaces=True, required=True),
        "RestApiId": Property(Text(), replaces=True, required=True),
        "StatusCode": Property(Text()),
    }
    attributes = frozenset({"Id"})

    async def create(self, context: Context, props: Props) -> Made:
        await context.aws("apigateway", "PutGatewayResponse", _camel(props))
        identity = f"{props['RestApiId']}|{props['ResponseType']}"
        return Made(identity, {"Id": identity})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        return await self.create(context, props)

    async def delete(self, context: Context, old: Existing) -> None:
        where = _camel({name: old.properties[name] for name in ("RestApiId", "ResponseType")})
        await unless_gone(context.aws("apigateway", "DeleteGatewayResponse", where))


class Account(ResourceType):
    """AWS::ApiGateway::Account: the role by which APIs log; they log without one here."""

    type = "AWS::ApiGateway::Account"
    properties: ClassVar = {"CloudWatchRoleArn": Property(Text())}
    attributes = frozenset({"Id"})

    async def create(self, context: Context, props: Props) -> Made:
        role = props.get("CloudWatchRoleArn", "")
        patch = {"op": "replace", "path": "/cloudwatchRoleArn", "value": role}
        await context.aws("apigateway", "UpdateAccount", {"patchOperations": [patch]})
        identity = context.name(None)
        return Made(identity, {"Id": identity})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        return await self.create(context, props)

    async def delete(self, context: Context, old: Existing) -> None:
        """Nothing: the account keeps its role, as on AWS."""


def _camel(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name[:1].lower() + name[1:]: entry for name, entry in value.items()}


TYPES = (
    Resource(),
    Method(),
    Model(),
    RequestValidator(),
    Authorizer(),
    GatewayResponse(),
    Account(),
)
