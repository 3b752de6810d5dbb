"""Lambda: versions, aliases and layers.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Lambda.html
"""

from __future__ import annotations

from pathlib import Path as File
from typing import Any, ClassVar

from sandbox.deploy.resources.base import Context, Existing, Made, Property, Props, ResourceType, unless_gone
from sandbox.deploy.resources.function_code import code_parameters, prepare_code
from sandbox.deploy.resources.shapes import Integer, ListOf, Number, Struct, Text
from sandbox.deploy.template.problem import Path
from sandbox.model.arn import function_arn

_PROVISIONED = Struct({"ProvisionedConcurrentExecutions": Integer()}, ("ProvisionedConcurrentExecutions",))


class Version(ResourceType):
    """AWS::Lambda::Version; every change publishes a new one, and so does a change of local code."""

    type = "AWS::Lambda::Version"
    properties: ClassVar = {
        "CodeSha256": Property(Text(), replaces=True),
        "Description": Property(Text(), replaces=True),
        "FunctionName": Property(Text(), replaces=True, required=True),
        "ProvisionedConcurrencyConfig": Property(_PROVISIONED, replaces=True),
    }
    not_implemented = frozenset({"RuntimePolicy"})
    attributes = frozenset({"FunctionArn", "Version"})
    copies_code_of = "FunctionName"

    async def create(self, context: Context, props: Props) -> Made:
        names = ("CodeSha256", "Description", "FunctionName")
        answer = await context.aws("lambda", "PublishVersion", {name: props.get(name) for name in names})
        arn = answer["FunctionArn"]
        await _provision(context, props["FunctionName"], answer["Version"], {}, props)
        return Made(arn, {"FunctionArn": arn, "Version": answer["Version"]})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        raise AssertionError("every property of a version replaces it")

    async def delete(self, context: Context, old: Existing) -> None:
        where = {"FunctionName": old.properties["FunctionName"], "Qualifier": old.attributes["Version"]}
        await unless_gone(context.aws("lambda", "DeleteFunction", where))


_ROUTING = Struct(
    {
        "AdditionalVersionWeights": ListOf(
            Struct(
                {"FunctionVersion": Text(), "FunctionWeight": Number()}, ("FunctionVersion", "FunctionWeight")
            )
        )
    }
)


class Alias(ResourceType):
    """AWS::Lambda::Alias; `Ref` is its ARN."""

    type = "AWS::Lambda::Alias"
    properties: ClassVar = {
        "Description": Property(Text()),
        "FunctionName": Property(Text(), replaces=True, required=True),
        "FunctionVersion": Property(Text(), required=True),
        "Name": Property(Text(), replaces=True, required=True),
        "ProvisionedConcurrencyConfig": Property(_PROVISIONED),
        "RoutingConfig": Property(_ROUTING),
    }
    attributes = frozenset({"AliasArn"})

    async def create(self, context: Context, props: Props) -> Made:
        answer = await context.aws("lambda", "CreateAlias", _alias(props))
        arn = answer.get("AliasArn") or str(function_arn(context.scope, props["FunctionName"], props["Name"]))
        await _provision(context, props["FunctionName"], props["Name"], {}, props)
        return Made(arn, {"AliasArn": arn})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        await context.aws("lambda", "UpdateAlias", _alias({"Description": "", "RoutingConfig": {}, **props}))
        await _provision(context, props["FunctionName"], props["Name"], old.properties, props)
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        where = {key: old.properties[key] for key in ("FunctionName", "Name")}
        await unless_gone(context.aws("lambda", "DeleteAlias", where))


async def _provision(context: Context, function: str, qualifier: str, before: Props, props: Props) -> None:
    wanted = props.get("ProvisionedConcurrencyConfig")
    if wanted == before.get("ProvisionedConcurrencyConfig"):
        return
    where = {"FunctionName": function, "Qualifier": qualifier}
    if wanted is None:
        await context.aws("lambda", "DeleteProvisionedConcurrencyConfig", where)
    else:
        await context.aws("lambda", "PutProvisionedConcurrencyConfig", {**where, **wanted})


def _alias(props: Props) -> dict[str, Any]:
    props = {key: value for key, value in props.items() if key != "ProvisionedConcurrencyConfig"}
    routing = props.get("RoutingConfig")
    if routing is None:
        return props
    weights = {
        entry["FunctionVersion"]: entry["FunctionWeight"]
        for entry in routing.get("AdditionalVersionWeights", ())
    }
    return {**props, "RoutingConfig": {"AdditionalVersionWeights": weights}}


class LayerVersion(ResourceType):
    """AWS::Lambda::LayerVersion; a local folder is the layer as it is on disk, changes included."""

    type = "AWS::Lambda::LayerVersion"
    properties: ClassVar = {
        "CompatibleArchitectures": Property(ListOf(Text(("x86_64", "arm64"))), replaces=True),
        "CompatibleRuntimes": Property(ListOf(Text()), replaces=True),
        "Content": Property(
            Struct({"S3Bucket": Text(), "S3Key": Text(), "S3ObjectVersion": Text()}),
            replaces=True,
            required=True,
        ),
        "Description": Property(Text(), replaces=True),
        "LayerName": Property(Text(), replaces=True),
        "LicenseInfo": Property(Text(), replaces=True),
    }
    attributes = frozenset({"LayerVersionArn"})

    def prepare(self, props: Props, folder: File, path: Path) -> Props:
        return {**props, "Content": prepare_code(props["Content"], folder, (*path, "Content"))}

    async def create(self, context: Context, props: Props) -> Made:
        name = context.name(props.get("LayerName"), 140)
        content = code_parameters(props["Content"], "")
        answer = await context.aws(
            "lambda", "PublishLayerVersion", {**props, "LayerName": name, "Content": content}
        )
        arn = answer["LayerVersionArn"]
        return Made(arn, {"LayerVersionArn": arn})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        raise AssertionError("every property of a layer version replaces it")

    async def delete(self, context: Context, old: Existing) -> None:
        layer, _, number = old.physical_id.rpartition(":")
        await unless_gone(
            context.aws("lambda", "DeleteLayerVersion", {"LayerName": layer, "VersionNumber": int(number)})
        )


class LayerVersionPermission(ResourceType):
    """AWS::Lambda::LayerVersionPermission; every change replaces it."""

    type = "AWS::Lambda::LayerVersionPermission"
    properties: ClassVar = {
        "Action": Property(Text(), replaces=True, required=True),
        "LayerVersionArn": Property(Text(), replaces=True, required=True),
        "OrganizationId": Property(Text(), replaces=True),
        "Principal": Property(Text(), replaces=True, required=True),
    }
    attributes = frozenset({"Id"})

    async def create(self, context: Context, props: Props) -> Made:
        statement = context.name(None, 100)
        sent = {key: value for key, value in props.items() if key != "LayerVersionArn"}
        where = _layer_version(props)
        await context.aws("lambda", "AddLayerVersionPermission", {"StatementId": statement, **where, **sent})
        identity = f"{props['LayerVersionArn']}#{statement}"
        return Made(identity, {"Id": identity})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        raise AssertionError("every property of a layer version's permission replaces it")

    async def delete(self, context: Context, old: Existing) -> None:
        where = {**_layer_version(old.properties), "StatementId": old.physical_id.rpartition("#")[2]}
        await unless_gone(context.aws("lambda", "RemoveLayerVersionPermission", where))


def _layer_version(props: Props) -> dict[str, Any]:
    layer, _, number = props["LayerVersionArn"].rpartition(":")
    return {"LayerName": layer, "VersionNumber": int(number)}


TYPES = (Version(), Alias(), LayerVersion(), LayerVersionPermission())
