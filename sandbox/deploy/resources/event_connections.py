"""AWS::Events::Connection and AWS::Events::ApiDestination.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Events.html
"""

from __future__ import annotations

from typing import Any, ClassVar

from sandbox.deploy.resources.base import Context, Existing, Made, Property, Props, ResourceType, unless_gone
from sandbox.deploy.resources.shapes import Boolean, Integer, ListOf, Struct, Text

_PARAMETER = Struct({"IsValueSecret": Boolean(), "Key": Text(), "Value": Text()}, ("Key", "Value"))
_HTTP = Struct(
    {
        "BodyParameters": ListOf(_PARAMETER),
        "HeaderParameters": ListOf(_PARAMETER),
        "QueryStringParameters": ListOf(_PARAMETER),
    }
)
_OAUTH = Struct(
    {
        "AuthorizationEndpoint": Text(),
        "ClientParameters": Struct(
            {"ClientID": Text(), "ClientSecret": Text()}, ("ClientID", "ClientSecret")
        ),
        "HttpMethod": Text(("GET", "POST", "PUT")),
        "OAuthHttpParameters": _HTTP,
    },
    ("AuthorizationEndpoint", "ClientParameters", "HttpMethod"),
)
_AUTH = Struct(
    {
        "ApiKeyAuthParameters": Struct(
            {"ApiKeyName": Text(), "ApiKeyValue": Text()}, ("ApiKeyName", "ApiKeyValue")
        ),
        "BasicAuthParameters": Struct({"Password": Text(), "Username": Text()}, ("Password", "Username")),
        "InvocationHttpParameters": _HTTP,
        "OAuthParameters": _OAUTH,
    }
)


class Connection(ResourceType):
    """AWS::Events::Connection."""

    type = "AWS::Events::Connection"
    properties: ClassVar = {
        "AuthParameters": Property(_AUTH, required=True),
        "AuthorizationType": Property(Text(("API_KEY", "BASIC", "OAUTH_CLIENT_CREDENTIALS")), required=True),
        "Description": Property(Text()),
        "Name": Property(Text(), replaces=True),
    }
    not_implemented = frozenset({"InvocationConnectivityParameters", "KmsKeyIdentifier"})
    attributes = frozenset({"Arn", "ArnForPolicy", "SecretArn"})
    name_property = "Name"

    def expected_id(self, context: Context, props: Props) -> str:
        return context.name(props.get("Name"))

    async def create(self, context: Context, props: Props) -> Made:
        name = self.expected_id(context, props)
        answer = await context.aws("events", "CreateConnection", {**_sent(self, props), "Name": name})
        described = await context.aws("events", "DescribeConnection", {"Name": name})
        arn = answer["ConnectionArn"]
        policy = arn.rsplit("/", 1)[0]
        return Made(name, {"Arn": arn, "ArnForPolicy": policy, "SecretArn": described.get("SecretArn", "")})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        sent = {"Description": "", **_sent(self, props), "Name": old.physical_id}
        await context.aws("events", "UpdateConnection", sent)
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("events", "DeleteConnection", {"Name": old.physical_id}))


class ApiDestination(ResourceType):
    """AWS::Events::ApiDestination."""

    type = "AWS::Events::ApiDestination"
    properties: ClassVar = {
        "ConnectionArn": Property(Text(), required=True),
        "Description": Property(Text()),
        "HttpMethod": Property(
            Text(("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")), required=True
        ),
        "InvocationEndpoint": Property(Text(), required=True),
        "InvocationRateLimitPerSecond": Property(Integer()),
        "Name": Property(Text(), replaces=True),
    }
    attributes = frozenset({"Arn", "ArnForPolicy"})
    name_property = "Name"

    def expected_id(self, context: Context, props: Props) -> str:
        return context.name(props.get("Name"))

    async def create(self, context: Context, props: Props) -> Made:
        name = self.expected_id(context, props)
        answer = await context.aws("events", "CreateApiDestination", {**_sent(self, props), "Name": name})
        arn = answer["ApiDestinationArn"]
        return Made(name, {"Arn": arn, "ArnForPolicy": arn.rsplit("/", 1)[0]})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        sent = {"Description": "", **_sent(self, props), "Name": old.physical_id}
        await context.aws("events", "UpdateApiDestination", sent)
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("events", "DeleteApiDestination", {"Name": old.physical_id}))


def _sent(handler: ResourceType, props: Props) -> dict[str, Any]:
    return {name: props[name] for name in handler.properties if name in props}


TYPES = (Connection(), ApiDestination())
