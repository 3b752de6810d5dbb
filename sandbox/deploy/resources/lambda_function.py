"""Lambda: AWS::Lambda::Function.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
"""

from __future__ import annotations

from pathlib import Path as File
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
from sandbox.deploy.resources.function_code import code_parameters, prepare_code
from sandbox.deploy.resources.handler_files import handler_notice
from sandbox.deploy.resources.network import network_notice
from sandbox.deploy.resources.patience import AGAIN, Patience
from sandbox.deploy.resources.shapes import TAG_LIST, Boolean, Integer, ListOf, MapOf, Struct, Text
from sandbox.deploy.template.problem import Path
from sandbox.model.arn import function_arn
from sandbox.model.awserror import AwsError

#: Properties that are parameters of the configuration too, with what AWS takes when they are removed.
_CONFIGURATION: dict[str, Any] = {
    "DeadLetterConfig": {"TargetArn": ""},
    "Description": "",
    "Environment": {"Variables": {}},
    "EphemeralStorage": {"Size": 512},
    "Handler": None,
    "KMSKeyArn": "",
    "Layers": [],
    "LoggingConfig": {"LogFormat": "Text"},
    "MemorySize": 128,
    "Role": None,
    "Runtime": None,
    "SnapStart": {"ApplyOn": "None"},
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
}
#: A function that does not become active within this many real seconds never will.
_PATIENCE = 60.0


class Function(ResourceType):
    """AWS::Lambda::Function; a local folder runs as it is on disk, changes included."""

    type = "AWS::Lambda::Function"
    properties: ClassVar = {
        "Architectures": Property(ListOf(Text(("x86_64", "arm64")))),
        "Code": Property(
            Struct({"S3Bucket": Text(), "S3Key": Text(), "S3ObjectVersion": Text(), "ZipFile": Text()}),
            required=True,
        ),
        "DeadLetterConfig": Property(Struct({"TargetArn": Text()})),
        "Description": Property(Text()),
        "Environment": Property(Struct({"Variables": MapOf(Text())})),
        "EphemeralStorage": Property(Struct({"Size": Integer()}, ("Size",))),
        "FunctionName": Property(Text(), replaces=True),
        "Handler": Property(Text()),
        "KmsKeyArn": Property(Text()),
        "Layers": Property(ListOf(Text())),
        "LoggingConfig": Property(
            Struct(
                {
                    "ApplicationLogLevel": Text(),
                    "LogFormat": Text(),
                    "LogGroup": Text(),
                    "SystemLogLevel": Text(),
                }
            )
        ),
        "MemorySize": Property(Integer()),
        "PackageType": Property(Text(("Zip",)), replaces=True),
        "RecursiveLoop": Property(Text(("Allow", "Terminate"))),
        "ReservedConcurrentExecutions": Property(Integer()),
        "Role": Property(Text(), required=True),
        "Runtime": Property(Text()),
        "SnapStart": Property(Struct({"ApplyOn": Text()})),
        "Tags": Property(TAG_LIST),
        "Timeout": Property(Integer()),
        "TracingConfig": Property(Struct({"Mode": Text(("Active", "PassThrough"))})),
        "VpcConfig": Property(
            Struct(
                {
                    "Ipv6AllowedForDualStack": Boolean(),
                    "SecurityGroupIds": ListOf(Text()),
                    "SubnetIds": ListOf(Text()),
                }
            )
        ),
    }
    not_implemented = frozenset(
        {
            "CodeSigningConfigArn",
            "FileSystemConfigs",
            "ImageConfig",
            "RuntimeManagementConfig",
        }
    )
    attributes = frozenset({"Arn"})
    name_property = "FunctionName"

    def prepare(self, props: Props, folder: File, path: Path) -> Props:
        return {**props, "Code": prepare_code(props["Code"], folder, (*path, "Code"))}

    def notice(self, props: Props) -> str | None:
        told = [handler_notice(props), network_notice(props)]
        return "; ".join(filter(None, told)) or None

    async def create(self, context: Context, props: Props) -> Made:
        name = context.name(props.get("FunctionName"))
        await context.aws(
            "lambda",
            "CreateFunction",
            {
                "FunctionName": name,
                "Code": code_parameters(props["Code"], props.get("Runtime", "")),
                "Architectures": props.get("Architectures"),
                "PackageType": props.get("PackageType"),
                "Tags": tag_map(props.get("Tags")),
                **_configuration(props),
            },
        )
        await self._settled(context, name)
        await self._reserve(context, name, {}, props)
        await self._loop(context, name, {}, props)
        return Made(name, {"Arn": str(function_arn(context.scope, name))})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        name, before = old.physical_id, old.properties
        if any(before.get(key) != props.get(key) for key in ("Code", "Architectures")):
            code = code_parameters(props["Code"], props.get("Runtime", ""))
            await context.aws(
                "lambda",
                "UpdateFunctionCode",
                {"FunctionName": name, "Architectures": props.get("Architectures", ["x86_64"]), **code},
            )
            await self._settled(context, name)
        changes = _changes(before, props)
        if changes:
            await context.aws("lambda", "UpdateFunctionConfiguration", {"FunctionName": name, **changes})
            await self._settled(context, name)
        await self._reserve(context, name, before, props)
        await self._loop(context, name, before, props)
        removed, added = tag_changes(before, props)
        arn = str(function_arn(context.scope, name))
        if removed:
            await context.aws("lambda", "UntagResource", {"Resource": arn, "TagKeys": removed})
        if added:
            await context.aws("lambda", "TagResource", {"Resource": arn, "Tags": added})
        return Made(name, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("lambda", "DeleteFunction", {"FunctionName": old.physical_id}))

    async def _reserve(self, context: Context, name: str, before: Props, props: Props) -> None:
        reserved = props.get("ReservedConcurrentExecutions")
        if reserved == before.get("ReservedConcurrentExecutions"):
            return
        if reserved is None:
            await context.aws("lambda", "DeleteFunctionConcurrency", {"FunctionName": name})
        else:
            await context.aws(
                "lambda",
                "PutFunctionConcurrency",
                {"FunctionName": name, "ReservedConcurrentExecutions": reserved},
            )

    async def _loop(self, context: Context, name: str, before: Props, props: Props) -> None:
        wanted = props.get("RecursiveLoop", "Terminate")
        if wanted != before.get("RecursiveLoop", "Terminate"):
            sent = {"FunctionName": name, "RecursiveLoop": wanted}
            await context.aws("lambda", "PutFunctionRecursionConfig", sent)

    async def _settled(self, context: Context, name: str) -> None:
        """Waits, in real time, for engines whose functions become active after a while."""
        remedy = f"look at it with GetFunctionConfiguration, {AGAIN}"
        late = ("FunctionPending", f"the function {name} is not active", remedy)
        patience = Patience(context, _PATIENCE, late)
        while True:
            state = await context.aws("lambda", "GetFunctionConfiguration", {"FunctionName": name})
            if "Failed" in (state.get("State"), state.get("LastUpdateStatus")):
                reason = state.get("StateReason") or state.get("LastUpdateStatusReason") or "no reason given"
                raise AwsError("FunctionFailed", f"the function {name} did not become active: {reason}")
            if state.get("State") != "Pending" and state.get("LastUpdateStatus") != "InProgress":
                return
            await patience.step()


def _configuration(props: Props) -> Props:
    made = {key: props[key] for key in _CONFIGURATION if key in props}
    if "KmsKeyArn" in props:
        made["KMSKeyArn"] = props["KmsKeyArn"]
    return made


def _changes(before: Props, props: Props) -> Props:
    old, new = _configuration(before), _configuration(props)
    return {key: new.get(key, _CONFIGURATION[key]) for key in _CONFIGURATION if old.get(key) != new.get(key)}


TYPES = (Function(),)
