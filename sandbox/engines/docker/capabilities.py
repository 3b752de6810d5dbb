"""What LocalStack 4.14.0 lacks, by name: told before a deployment, and refused when it is called.

Found in its source and by trying; the community image is meant.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sandbox.engines.docker.differences import DIFFERENCES

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


def lacking() -> list[str]:
    """All that is refused or has no effect on this engine, in words, for people."""
    services = [
        f"{name}: LocalStack: {reason}; {'the sandbox stands in' if name in STANDING_IN else 'refused'}"
        for name, reason in sorted(_SERVICES.items())
    ]
    operations = [f"{name} of {service}: {reason}" for (service, name), reason in _OPERATIONS.items()]
    differences = [f"{one.type}: it {one.said}" for one in DIFFERENCES]
    return [*services, *operations, _STREAMS, *differences]
