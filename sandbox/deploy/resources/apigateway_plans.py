"""API keys and usage plans: AWS::ApiGateway::ApiKey, ::UsagePlan, ::UsagePlanKey."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.deploy.resources.base import (
    Context,
    Existing,
    Made,
    Property,
    Props,
    ResourceType,
    tag_map,
    unless_gone,
)
from sandbox.deploy.resources.shapes import TAG_LIST, Boolean, Integer, ListOf, MapOf, Number, Struct, Text
from sandbox.deploy.template.values import as_text

_THROTTLE = Struct({"BurstLimit": Integer(), "RateLimit": Number()})


class ApiKey(ResourceType):
    """AWS::ApiGateway::ApiKey."""

    type = "AWS::ApiGateway::ApiKey"
    properties: ClassVar = {
        "CustomerId": Property(Text()),
        "Description": Property(Text()),
        "Enabled": Property(Boolean()),
        "GenerateDistinctId": Property(Boolean(), replaces=True),
        "Name": Property(Text(), replaces=True),
        "StageKeys": Property(ListOf(Struct({"RestApiId": Text(), "StageName": Text()}))),
        "Tags": Property(TAG_LIST, replaces=True),
        "Value": Property(Text(), replaces=True),
    }
    attributes = frozenset({"APIKeyId"})

    async def create(self, context: Context, props: Props) -> Made:
        sent = _camel({name: value for name, value in props.items() if name not in ("Tags", "StageKeys")})
        sent.setdefault("name", context.name(None))
        keys = [_camel(one) for one in props.get("StageKeys", [])]
        extra = {"tags": tag_map(props.get("Tags")), "stageKeys": keys or None}
        made = await context.aws("apigateway", "CreateApiKey", {**sent, **extra})
        return Made(made["id"], {"APIKeyId": made["id"]})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        defaults = {"CustomerId": "", "Description": "", "Enabled": False}
        before, after = (_stage_keys(one) for one in (old.properties, props))
        patches = [
            *(
                {
                    "op": "replace",
                    "path": f"/{name[:1].lower()}{name[1:]}",
                    "value": as_text(props.get(name, default)),
                }
                for name, default in defaults.items()
                if props.get(name) != old.properties.get(name)
            ),
            *({"op": "remove", "path": "/stages", "value": key} for key in before if key not in after),
            *({"op": "add", "path": "/stages", "value": key} for key in after if key not in before),
        ]
        if patches:
            sent = {"apiKey": old.physical_id, "patchOperations": patches}
            await context.aws("apigateway", "UpdateApiKey", sent)
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("apigateway", "DeleteApiKey", {"apiKey": old.physical_id}))


def _stage_keys(props: Props) -> list[str]:
    return [f"{one.get('RestApiId')}/{one.get('StageName')}" for one in props.get("StageKeys", [])]


class UsagePlan(ResourceType):
    """AWS::ApiGateway::UsagePlan."""

    type = "AWS::ApiGateway::UsagePlan"
    properties: ClassVar = {
        "ApiStages": Property(
            ListOf(Struct({"ApiId": Text(), "Stage": Text(), "Throttle": MapOf(_THROTTLE)}))
        ),
        "Description": Property(Text()),
        "Quota": Property(
            Struct({"Limit": Integer(), "Offset": Integer(), "Period": Text(("DAY", "WEEK", "MONTH"))})
        ),
        "Tags": Property(TAG_LIST, replaces=True),
        "Throttle": Property(_THROTTLE),
        "UsagePlanName": Property(Text()),
    }
    attributes = frozenset({"Id"})

    async def create(self, context: Context, props: Props) -> Made:
        sent = {
            "name": props.get("UsagePlanName") or context.name(None),
            "description": props.get("Description"),
            "apiStages": [_stage(one) for one in props.get("ApiStages", [])] or None,
            "quota": _camel(props["Quota"]) if "Quota" in props else None,
            "throttle": _camel(props["Throttle"]) if "Throttle" in props else None,
            "tags": tag_map(props.get("Tags")),
        }
        made = await context.aws("apigateway", "CreateUsagePlan", sent)
        return Made(made["id"], {"Id": made["id"]})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        patches = [
            *_leave(old.properties, props),
            *_values(old.properties, props),
            *_join(old.properties, props),
        ]
        if patches:
            sent = {"usagePlanId": old.physical_id, "patchOperations": patches}
            await context.aws("apigateway", "UpdateUsagePlan", sent)
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        where = {"usagePlanId": old.physical_id}
        patches = _leave(old.properties, {})
        if patches:
            await unless_gone(
                context.aws("apigateway", "UpdateUsagePlan", {**where, "patchOperations": patches})
            )
        await unless_gone(context.aws("apigateway", "DeleteUsagePlan", where))


class UsagePlanKey(ResourceType):
    """AWS::ApiGateway::UsagePlanKey."""

    type = "AWS::ApiGateway::UsagePlanKey"
    properties: ClassVar = {
        "KeyId": Property(Text(), replaces=True, required=True),
        "KeyType": Property(Text(("API_KEY",)), replaces=True, required=True),
        "UsagePlanId": Property(Text(), replaces=True, required=True),
    }
    attributes = frozenset({"Id"})

    async def create(self, context: Context, props: Props) -> Made:
        await context.aws("apigateway", "CreateUsagePlanKey", _camel(props))
        identity = f"{props['KeyId']}:{props['UsagePlanId']}"
        return Made(identity, {"Id": identity})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        where = _camel({name: old.properties[name] for name in ("UsagePlanId", "KeyId")})
        await unless_gone(context.aws("apigateway", "DeleteUsagePlanKey", where))


def _stage(given: Mapping[str, Any]) -> dict[str, Any]:
    stage = _camel(given)
    if "throttle" in stage:
        stage["throttle"] = {path: _camel(limits) for path, limits in stage["throttle"].items()}
    return stage


def _names(props: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {f"{one['ApiId']}:{one['Stage']}": one for one in props.get("ApiStages", [])}


def _leave(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, str]]:
    """Patches that take stages away which are gone or have other limits now."""
    old, new = _names(before), _names(after)
    return [
        {"op": "remove", "path": "/apiStages", "value": name}
        for name, stage in old.items()
        if new.get(name) != stage
    ]


def _join(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, str]]:
    """Patches that add stages, with the limits of their methods."""
    patches = []
    old = _names(before)
    for name, stage in _names(after).items():
        if old.get(name) == stage:
            continue
        patches.append({"op": "add", "path": "/apiStages", "value": name})
        for method, limits in stage.get("Throttle", {}).items():
            path, _, verb = method.rpartition("/")
            for limit, value in _camel(limits).items():
                where = f"/apiStages/{name}/throttle/{path.replace('/', '~1')}/{verb}/{limit}"
                patches.append({"op": "replace", "path": where, "value": as_text(value)})
    return patches


def _values(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, str]]:
    patches = []
    for name, path in (("UsagePlanName", "/name"), ("Description", "/description")):
        if before.get(name) != after.get(name):
            patches.append({"op": "replace", "path": path, "value": after.get(name, "")})
    for name in ("Quota", "Throttle"):
        if before.get(name) == after.get(name):
            continue
        if name not in after:
            patches.append({"op": "remove", "path": f"/{name.lower()}"})
        for member, value in _camel(after.get(name, {})).items():
            where = f"/{name.lower()}/{member}"
            patches.append({"op": "replace", "path": where, "value": as_text(value)})
    return patches


def _camel(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name[:1].lower() + name[1:]: entry for name, entry in value.items()}


TYPES = (ApiKey(), UsagePlan(), UsagePlanKey())
