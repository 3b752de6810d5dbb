"""What LocalStack 4.14.0 lacks, by name: told before a deployment, and refused when it is called.

Found in its source and by trying; the community image is meant.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

LOCALSTACK = "LocalStack 4.14.0"

#: Services that it has nothing of, or nothing that runs.
_SERVICES = {
    "apigatewayv2": "it has no HTTP or WebSocket APIs",
    "cognito-idp": "it has no Cognito",
    "cognito-identity": "it has no Cognito",
    "xray": "it has no X-Ray",
    "elasticache": "it has no ElastiCache",
    "elbv2": "it has no load balancers",
    "pipes": "it has no EventBridge Pipes",
    "scheduler": "it keeps the schedules of EventBridge Scheduler and never fires them",
}
#: What of these the sandbox does itself: see `native.py`.
STANDING_IN = frozenset({"apigatewayv2", "scheduler"})
#: The services of resource types, by the beginning of their names.
_TYPES = {
    "AWS::ApiGatewayV2::": "apigatewayv2",
    "AWS::Cognito::": "cognito-idp",
    "AWS::XRay::": "xray",
    "AWS::ElastiCache::": "elasticache",
    "AWS::ElasticLoadBalancingV2::": "elbv2",
    "AWS::Pipes::": "pipes",
    "AWS::Scheduler::": "scheduler",
}
#: Operations whose effect it does not have.
_OPERATIONS = {
    ("events", "StartReplay"): "its replay fails as soon as the archive holds an event;"
    " `sandbox up --engine docker --service events=native` has the sandbox's own EventBridge instead",
}
#: Properties that it takes and does not act on, and without which a system still runs.
_DIFFERENCES = {
    ("AWS::ApiGateway::Stage", "MethodSettings"): "method settings: it does not throttle",
    ("AWS::ApiGateway::Stage", "AccessLogSetting"): "the access log: it writes none",
    (
        "AWS::Lambda::EventSourceMapping",
        "ScalingConfig",
    ): "ScalingConfig: it runs one poller for each mapping",
}
_STREAMS = (
    "event source mappings on streams of DynamoDB Local: LocalStack reads those of its own DynamoDB alone;"
    " the sandbox reads them, and invokes LocalStack's functions"
)

#: For `sandbox services`, whatever the service.
NOTES = (
    f"{LOCALSTACK} and DynamoDB Local answer; what they check and do not check is theirs.",
    "Nothing they hold outlives the sandbox: every start begins empty and deploys again.",
    "The clock is real: `sandbox clock` cannot move it.",
)


#: Faults that strike calls, which pass the front door.
_FAULTS = ("throttle", "error", "latency", "fail-entries")


def fault_refusal(kind: str) -> str | None:
    """Why faults of a kind cannot be injected, or None."""
    if kind in _FAULTS:
        return None
    return f"what it would strike happens inside {LOCALSTACK}, and does not pass the front door"


def refusal(service: str, operation: str) -> str | None:
    """Why a call is not passed on, or None."""
    reason = _SERVICES.get(service) or _OPERATIONS.get((service, operation))
    return f"{LOCALSTACK} cannot do it: {reason}" if reason else None


def unsupported(type_: str, properties: Mapping[str, Any], native: Collection[str]) -> str | None:
    """Why a resource of a template cannot be deployed, or None.

    Args:
        native: the services that stand in for what LocalStack lacks.
    """
    service = next((name for start, name in _TYPES.items() if type_.startswith(start)), "")
    if service in _SERVICES and service not in native:
        return f"{LOCALSTACK} cannot do it: {_SERVICES[service]}"
    if type_ == "AWS::Lambda::Url":
        return f"the front door does not pass function URLs on to {LOCALSTACK}"
    return None


def _differences_of_rule(properties: Mapping[str, Any]) -> str | None:
    if properties.get("State") == "DISABLED" and "EventPattern" in properties:
        return f"{LOCALSTACK} delivers for disabled rules as for others"
    targets = properties.get("Targets")
    members = {name for one in targets or () if isinstance(one, dict) for name in one}
    if "RetryPolicy" in members:
        return f"{LOCALSTACK} takes and ignores RetryPolicy: a delivery that fails is not tried again"
    if "DeadLetterConfig" in members:
        return (
            f"{LOCALSTACK} has no dead-letter queues of targets: the sandbox fills them, at the first failure"
        )
    return None


def difference(type_: str, properties: Mapping[str, Any]) -> str | None:
    """What of a resource has no effect on this engine, or None."""
    if type_ == "AWS::Events::Rule":
        return _differences_of_rule(properties)
    for (known, name), said in _DIFFERENCES.items():
        if type_ == known and name in properties:
            return f"{LOCALSTACK} takes and ignores {said}"
    return None


def lacking() -> list[str]:
    """All that is refused or has no effect on this engine, in words, for people."""
    services = [
        f"{name}: LocalStack: {reason}; {'the sandbox stands in' if name in STANDING_IN else 'refused'}"
        for name, reason in sorted(_SERVICES.items())
    ]
    operations = [f"{name} of {service}: {reason}" for (service, name), reason in _OPERATIONS.items()]
    differences = [f"{type_}: {said}" for (type_, _), said in _DIFFERENCES.items()]
    asked: tuple[dict[str, Any], ...] = (
        {"State": "DISABLED", "EventPattern": {}},
        {"Targets": [{"RetryPolicy": {}}]},
        {"Targets": [{"DeadLetterConfig": {}}]},
    )
    rules = [f"AWS::Events::Rule: {_differences_of_rule(properties)}" for properties in asked]
    return [*services, *operations, _STREAMS, *differences, *rules]
