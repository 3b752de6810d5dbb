"""Redrive policies: when a message goes to a dead-letter queue, and which queues one serves.

Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sandbox.model.arn import Arn, parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.sqs_errors import invalid_parameter, invalid_value

MAX_RECEIVES = 1000
MAX_SOURCES = 10

_POLICY = "RedrivePolicy"
_ALLOW = "RedriveAllowPolicy"
_PERMISSIONS = ("allowAll", "denyAll", "byQueue")


@dataclass(frozen=True, slots=True)
class RedrivePolicy:
    """Where messages go that were received too often.

    Attributes:
        target: ARN of the dead-letter queue.
        max_receives: receives a message gets here; the attempt after them moves it.
    """

    target: Arn
    max_receives: int

    def exhausted(self, receives: int) -> bool:
        """Whether a message received `receives` times must move instead of being received again."""
        return receives >= self.max_receives

    def text(self) -> str:
        """The attribute as GetQueueAttributes answers it."""
        return _compact({"deadLetterTargetArn": str(self.target), "maxReceiveCount": self.max_receives})


@dataclass(frozen=True, slots=True)
class RedriveAllowPolicy:
    """Which queues may name this one as their dead-letter queue.

    Attributes:
        permission: `allowAll`, `denyAll` or `byQueue`.
        sources: ARNs of the queues allowed by `byQueue`.
    """

    permission: str = "allowAll"
    sources: tuple[str, ...] = ()

    def allows(self, source: Arn) -> bool:
        """Whether `source` may send its dead letters here."""
        if self.permission == "byQueue":
            return str(source) in self.sources
        return self.permission == "allowAll"

    def text(self) -> str:
        """The attribute as GetQueueAttributes answers it."""
        members: dict[str, Any] = {"redrivePermission": self.permission}
        if self.sources:
            members["sourceQueueArns"] = list(self.sources)
        return _compact(members)


def parse_redrive_policy(text: str) -> RedrivePolicy:
    """Reads a redrive policy; `maxReceiveCount` may be a number or a string of digits, as on AWS.

    Raises:
        AwsError: InvalidParameterValue with the reason.
    """
    policy = _json_map(text, _POLICY, "Redrive policy is not a valid JSON map.")
    for member in ("maxReceiveCount", "deadLetterTargetArn"):
        if member not in policy:
            raise invalid_value(
                text, _POLICY, f"Redrive policy does not contain mandatory attribute: {member}."
            )
    if len(policy) > 2:
        reason = "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount]."
        raise invalid_value(text, _POLICY, reason)
    count = _whole(policy["maxReceiveCount"])
    if count is None or not 1 <= count <= MAX_RECEIVES:
        given = policy["maxReceiveCount"]
        reason = (
            f"Invalid value for maxReceiveCount: {given}, valid values are from 1 to 1000 both inclusive."
        )
        raise invalid_value(text, _POLICY, reason)
    return RedrivePolicy(_target(text, policy["deadLetterTargetArn"]), count)


def parse_redrive_allow_policy(text: str) -> RedriveAllowPolicy:
    """Reads a redrive allow policy.

    Raises:
        AwsError: InvalidParameterValue with the reason.
    """
    policy = _json_map(text, _ALLOW, "it is not a valid JSON map.")
    permission = policy.get("redrivePermission")
    if permission not in _PERMISSIONS or set(policy) - {"redrivePermission", "sourceQueueArns"}:
        reason = "redrivePermission must be allowAll, denyAll or byQueue, with sourceQueueArns at most."
        raise invalid_value(text, _ALLOW, reason)
    sources = policy.get("sourceQueueArns", [])
    if not isinstance(sources, list) or not all(isinstance(source, str) for source in sources):
        raise invalid_value(text, _ALLOW, "sourceQueueArns must be a list of queue ARNs.")
    if permission != "byQueue" and sources:
        raise invalid_value(text, _ALLOW, "sourceQueueArns can be given only with redrivePermission byQueue.")
    if permission == "byQueue" and not 1 <= len(sources) <= MAX_SOURCES:
        raise invalid_value(text, _ALLOW, "byQueue needs between 1 and 10 sourceQueueArns.")
    return RedriveAllowPolicy(permission, tuple(sources))


def check_target(source: Arn, policy: RedrivePolicy, *, exists: bool, allow: RedriveAllowPolicy) -> None:
    """Checks that `source` may name the policy's queue as its dead-letter queue.

    Args:
        exists: whether the target exists.
        allow: the target's own redrive allow policy.

    Raises:
        AwsError: InvalidParameterValue with the reason.
    """

    def refuse(reason: str) -> AwsError:
        return invalid_value(policy.text(), _POLICY, reason)

    if policy.target.scope != source.scope:
        raise refuse("Dead-letter target must be in the same account and region as the source.")
    if policy.target == source:
        raise refuse("A queue cannot be its own dead-letter queue.")
    if policy.target.name.endswith(".fifo") != source.name.endswith(".fifo"):
        raise refuse("Dead-letter queue must be same type of queue as the source.")
    if not exists:
        raise refuse("Dead letter target does not exist.")
    if not allow.allows(source):
        raise refuse(f"The redrive allow policy of the dead-letter queue does not allow {source}.")


def _target(text: str, value: Any) -> Arn:
    try:
        target = parse_arn(value) if isinstance(value, str) else None
    except ValueError:
        target = None
    if target is None or target.service != "sqs" or not target.region or not target.account:
        raise invalid_value(text, _POLICY, "Invalid value for deadLetterTargetArn.")
    return target


def _json_map(text: str, attribute: str, reason: str) -> dict[str, Any]:
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise invalid_parameter(f"Value {text} for parameter {attribute} is invalid. Reason: {reason}")
    return parsed


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 4:
        return int(value)
    return None


def _compact(members: dict[str, Any]) -> str:
    return json.dumps(members, separators=(",", ":"))
