"""What LocalStack 4.14.0 takes of a resource and does not act on, and without which a system still runs.

Found in its source and by trying; told before a deployment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

Properties = Mapping[str, Any]

_RESPONSES = "x-amazon-apigateway-gateway-responses"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference.

    Attributes:
        type: of resources.
        asked: whether one asks for it, by its properties as the template has them, intrinsic functions too.
        said: what LocalStack does.
        service: who may stand in, so that there is no difference; nothing where nobody can.
    """

    type: str
    asked: Callable[[Properties], bool]
    said: str
    service: str = ""


def _has(*names: str) -> Callable[[Properties], bool]:
    return lambda properties: any(name in properties for name in names)


def _targets_have(name: str) -> Callable[[Properties], bool]:
    def asked(properties: Properties) -> bool:
        targets = properties.get("Targets")
        return any(name in one for one in targets or () if isinstance(one, dict))

    return asked


def _disabled(properties: Properties) -> bool:
    return properties.get("State") == "DISABLED" and "EventPattern" in properties


def _shapes_responses(properties: Properties) -> bool:
    body = properties.get("Body")
    return isinstance(body, dict) and _RESPONSES in body


DIFFERENCES = (
    Difference(
        "AWS::ApiGateway::Stage",
        _has("MethodSettings"),
        "takes and ignores method settings: it does not throttle, and logs no executions",
    ),
    Difference(
        "AWS::ApiGateway::Stage",
        _has("AccessLogSetting"),
        "takes and ignores the access log: it writes none",
    ),
    Difference(
        "AWS::ApiGateway::RestApi",
        _shapes_responses,
        "takes of gateway responses the status alone: their headers and templates are left out",
    ),
    Difference(
        "AWS::ApiGateway::GatewayResponse",
        _has("ResponseParameters", "ResponseTemplates"),
        "takes of gateway responses the status alone: their headers and templates are left out",
    ),
    Difference(
        "AWS::Lambda::EventSourceMapping",
        _has("ScalingConfig"),
        "takes and ignores ScalingConfig: it runs one poller for each mapping",
    ),
    Difference(
        "AWS::Events::Archive",
        lambda _: True,
        "keeps the events of an archive, and cannot replay them: `--service events=native` can",
        "events",
    ),
    Difference("AWS::Events::Rule", _disabled, "delivers for disabled rules as for others", "events"),
    Difference(
        "AWS::Events::Rule",
        _targets_have("RetryPolicy"),
        "takes and ignores RetryPolicy: a delivery that fails is not tried again",
        "events",
    ),
    Difference(
        "AWS::Events::Rule",
        _targets_have("DeadLetterConfig"),
        "has no dead-letter queues of targets: the sandbox fills them, at the first failure",
        "events",
    ),
)


def differences(type_: str, properties: Properties, native: Collection[str]) -> list[str]:
    """What of a resource has no effect, each said in words; see `Engine.differences`.

    Args:
        native: the services that stand in.
    """
    return [
        f"LocalStack 4.14.0 {one.said}"
        for one in DIFFERENCES
        if one.type == type_ and one.service not in native and one.asked(properties)
    ]
