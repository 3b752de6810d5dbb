"""A function's configuration between the API's members and the stored record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sandbox.model.awserror import NotImplementedByName
from sandbox.model.lambda_errors import invalid
from sandbox.services.lambda_.destinations import Destinations
from sandbox.services.lambda_.records import Function, InvokeConfig, LayerVersion, Network
from sandbox.services.lambda_.specs import log_group

#: Members that are accepted when they say what the sandbox does anyway, and refused by name otherwise.
_NEUTRAL: Mapping[str, tuple[Any, ...]] = {
    "PackageType": ("Zip",),
    "KMSKeyArn": ("",),
    "CodeSigningConfigArn": ("",),
    "FileSystemConfigs": ([],),
    "SnapStart": ({}, {"ApplyOn": "None"}),
    "ImageConfig": ({},),
}
#: To be listed in `accepts` of the operations that take a configuration.
NEUTRAL_MEMBERS = " ".join(_NEUTRAL)
CONFIGURATION_MEMBERS = (
    "Role Handler Description Timeout MemorySize Environment Runtime DeadLetterConfig TracingConfig "
    "EphemeralStorage LoggingConfig Layers VpcConfig"
)


def refuse_unsupported(params: Mapping[str, Any]) -> None:
    """Refuses by name what a function cannot have here.

    Raises:
        AwsError: `NotImplemented`, naming the parameter.
    """
    for member, values in _NEUTRAL.items():
        given = params.get(member)
        if given is not None and given not in values:
            raise NotImplementedByName("lambda", f"parameter {member}")


def fields_of(params: Mapping[str, Any], destinations: Destinations) -> dict[str, Any]:
    """The fields of the record that a request sets; what it does not name is left out.

    Raises:
        AwsError: the dead-letter target cannot be delivered to.
    """
    fields: dict[str, Any] = {
        "runtime": params.get("Runtime"),
        "handler": params.get("Handler"),
        "role": params.get("Role"),
        "description": params.get("Description"),
        "timeout": params.get("Timeout"),
        "memory": params.get("MemorySize"),
        "tmp_size": (params.get("EphemeralStorage") or {}).get("Size"),
        "tracing": (params.get("TracingConfig") or {}).get("Mode"),
        **_logging(params.get("LoggingConfig")),
    }
    fields = {name: value for name, value in fields.items() if value is not None}
    if params.get("Environment") is not None:
        fields["environment"] = dict(params["Environment"].get("Variables") or {})
    if params.get("Layers") is not None:
        fields["layers"] = list(params["Layers"])
    if params.get("VpcConfig") is not None:
        fields["network"] = _network(params["VpcConfig"])
    if params.get("DeadLetterConfig") is not None:
        target = params["DeadLetterConfig"].get("TargetArn")
        fields["dead_letter"] = destinations.check_dead_letter(target) if target else None
    return fields


def _network(given: Mapping[str, Any]) -> Network | None:
    """What is recorded of `VpcConfig`; None for one that takes a function out of its network.

    Raises:
        AwsError: `InvalidParameterValueException`, it names subnets without groups, or the reverse; or it
            allows IPv6 and names none: AWS does not say what that means.
    """
    subnets, groups = list(given.get("SubnetIds") or ()), list(given.get("SecurityGroupIds") or ())
    if not subnets and not groups:
        if given.get("Ipv6AllowedForDualStack"):
            raise NotImplementedByName("lambda", "VpcConfig.Ipv6AllowedForDualStack without subnets")
        return None
    if not subnets or not groups:
        raise invalid("SubnetIds and SecurityIds must coexist or be both empty list.")
    return Network(
        subnets=subnets, security_groups=groups, ipv6=bool(given.get("Ipv6AllowedForDualStack", False))
    )


def _network_answer(network: Network) -> dict[str, Any]:
    return {
        "SubnetIds": network.subnets,
        "SecurityGroupIds": network.security_groups,
        "Ipv6AllowedForDualStack": network.ipv6,
    }


def _logging(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """The fields of `LoggingConfig`; a format without levels has those that AWS takes."""
    if given is None:
        return {}
    return {
        "log_group": given.get("LogGroup"),
        "log_format": given.get("LogFormat"),
        "log_level": given.get("ApplicationLogLevel"),
        "system_log_level": given.get("SystemLogLevel"),
    }


def _logging_answer(function: Function) -> dict[str, Any]:
    answer = {"LogFormat": function.log_format, "LogGroup": log_group(function)}
    if function.log_format == "JSON":
        answer["ApplicationLogLevel"] = function.log_level
        answer["SystemLogLevel"] = function.system_log_level
    return answer


def describe(
    function: Function, environment: Mapping[str, str], layers: Sequence[LayerVersion], arn: str = ""
) -> dict[str, Any]:
    """The configuration as the API answers it.

    Args:
        environment: the variables with their tokens replaced.
        layers: its layers.
        arn: the function's ARN as it was named; empty for its own.
    """
    answer: dict[str, Any] = {
        "FunctionName": function.name,
        "FunctionArn": arn or str(function.arn),
        "Runtime": function.runtime,
        "Role": function.role,
        "Handler": function.handler,
        "CodeSize": function.package.size,
        "Description": function.description,
        "Timeout": function.timeout,
        "MemorySize": function.memory,
        "LastModified": modified_text(function.modified),
        "CodeSha256": function.package.sha256,
        "Version": function.version,
        "TracingConfig": {"Mode": function.tracing},
        "RevisionId": function.revision,
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": [function.architecture],
        "EphemeralStorage": {"Size": function.tmp_size},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": _logging_answer(function),
    }
    if environment:
        answer["Environment"] = {"Variables": dict(environment)}
    if layers:
        answer["Layers"] = [{"Arn": str(one.arn), "CodeSize": one.package.size} for one in layers]
    if function.network is not None:
        answer["VpcConfig"] = _network_answer(function.network)
    if function.dead_letter:
        answer["DeadLetterConfig"] = {"TargetArn": function.dead_letter}
    return answer


def describe_invoke_config(function: Function, key: str, config: InvokeConfig) -> dict[str, Any]:
    """The configuration of asynchronous invocation as the API answers it.

    Args:
        key: the qualifier it is for.
    """
    destinations: dict[str, Any] = {
        "OnSuccess": {"Destination": config.on_success} if config.on_success else {},
        "OnFailure": {"Destination": config.on_failure} if config.on_failure else {},
    }
    answer: dict[str, Any] = {
        "LastModified": config.last_modified,
        "FunctionArn": f"{function.arn}:{key}",
        "DestinationConfig": destinations,
    }
    if config.retries is not None:
        answer["MaximumRetryAttempts"] = config.retries
    if config.max_age is not None:
        answer["MaximumEventAgeInSeconds"] = config.max_age
    return answer


def modified_text(at: float) -> str:
    """A time as functions show it: `2026-03-01T12:00:00.000+0000`."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"
