"""Queue attributes: names, defaults, ranges, and what they mean once parsed.

Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.model.arn import Arn
from sandbox.model.awserror import AwsError
from sandbox.model.redrive import (
    RedriveAllowPolicy,
    RedrivePolicy,
    parse_redrive_allow_policy,
    parse_redrive_policy,
)
from sandbox.model.sqs_errors import invalid_attribute_value, invalid_parameter, unknown_attribute
from sandbox.model.sqs_fifo import FIFO_DEFAULTS, GROUP_SCOPE, SUFFIX, is_fifo, normal_fifo

#: AWS raised the largest message, and the largest default, from 256 KiB to 1 MiB in August 2025.
MAX_MESSAGE_BYTES = 1_048_576
MAX_BATCH_BYTES = 1_048_576
MAX_DELAY = 900
MAX_VISIBILITY = 43_200
MAX_WAIT = 20
MAX_RECEIVE = 10
PURGE_INTERVAL = 60.0
#: Seconds after a deletion in which the name cannot be taken again.
DELETE_INTERVAL = 60.0

DEFAULTS: Mapping[str, str] = {
    "DelaySeconds": "0",
    "MaximumMessageSize": str(MAX_MESSAGE_BYTES),
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "VisibilityTimeout": "30",
    "SqsManagedSseEnabled": "true",
}
_RANGES: Mapping[str, tuple[int, int]] = {
    "DelaySeconds": (0, MAX_DELAY),
    "MaximumMessageSize": (1024, MAX_MESSAGE_BYTES),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, MAX_WAIT),
    "VisibilityTimeout": (0, MAX_VISIBILITY),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
}
COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)
_SETTABLE = {
    *_RANGES,
    "Policy",
    "RedrivePolicy",
    "RedriveAllowPolicy",
    "KmsMasterKeyId",
    "SqsManagedSseEnabled",
}
READABLE = {*_SETTABLE, *FIFO_DEFAULTS, *COUNTS, "CreatedTimestamp", "LastModifiedTimestamp", "QueueArn"}

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_SSE_KMS_DEFAULT_REUSE = "300"


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """The attributes of a queue as its rules use them; times in seconds, sizes in bytes."""

    delay: int
    max_bytes: int
    retention: int
    wait: int
    visibility: int
    redrive: RedrivePolicy | None
    allow: RedriveAllowPolicy
    fifo: bool = False
    content_based: bool = False
    scope: str = "queue"

    @property
    def per_group(self) -> bool:
        """Whether deduplication ids count within their message group only."""
        return self.scope == GROUP_SCOPE


def defaults(attributes: Mapping[str, str]) -> Mapping[str, str]:
    """The default attributes of a queue of this kind."""
    return {**DEFAULTS, **FIFO_DEFAULTS} if attributes.get("FifoQueue") == "true" else DEFAULTS


def settings(attributes: Mapping[str, str]) -> QueueSettings:
    """Parses stored attributes, which were checked when they were set."""
    values = {**defaults(attributes), **attributes}
    redrive = values.get("RedrivePolicy")
    allow = values.get("RedriveAllowPolicy")
    return QueueSettings(
        delay=int(values["DelaySeconds"]),
        max_bytes=int(values["MaximumMessageSize"]),
        retention=int(values["MessageRetentionPeriod"]),
        wait=int(values["ReceiveMessageWaitTimeSeconds"]),
        visibility=int(values["VisibilityTimeout"]),
        redrive=parse_redrive_policy(redrive) if redrive else None,
        allow=parse_redrive_allow_policy(allow) if allow else RedriveAllowPolicy(),
        fifo=values.get("FifoQueue") == "true",
        content_based=values.get("ContentBasedDeduplication") == "true",
        scope=values.get("DeduplicationScope", "queue"),
    )


def is_queue_name(text: str) -> bool:
    """Whether a queue could have that name."""
    return len(text) <= 80 and _NAME.fullmatch(text.removesuffix(SUFFIX)) is not None


def check_queue_name(name: str, attributes: Mapping[str, str]) -> bool:
    """Checks a new queue's name.

    Returns:
        Whether it is to be a FIFO queue.

    Raises:
        AwsError: InvalidParameterValue where AWS refuses the name.
    """
    if not name:
        raise invalid_parameter("Queue name cannot be empty")
    if attributes.get("FifoQueue", "").lower() == "true":
        if not is_fifo(name) or not is_queue_name(name):
            raise invalid_parameter(
                "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
                "must end with .fifo suffix and be 1 to 80 in length"
            )
        return True
    if not _NAME.fullmatch(name):
        raise invalid_parameter(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )
    return False


def normalise(given: Mapping[str, str], *, fifo: bool = False) -> dict[str, str]:
    """Checks attributes of CreateQueue or SetQueueAttributes and brings them into the form that is stored.

    Args:
        fifo: whether they are a FIFO queue's.

    Returns:
        The checked attributes; an empty text means: back to the default.

    Raises:
        AwsError: InvalidAttributeName, InvalidAttributeValue or InvalidParameterValue, in AWS's words.
    """
    if given.get("KmsMasterKeyId") and given.get("SqsManagedSseEnabled") == "true":
        raise AwsError(
            "InvalidAttributeName",
            "You can use one type of server-side encryption (SSE) at one time. "
            "You can either enable KMS SSE or SQS SSE.",
        )
    return {name: _normal(name, value, fifo) for name, value in given.items()}


def merged(current: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    """The attributes after `changes` (normalised): KMS and SQS encryption replace one another."""
    after = {**current, **changes}
    if changes.get("KmsMasterKeyId"):
        after["SqsManagedSseEnabled"] = "false"
    elif changes.get("SqsManagedSseEnabled") == "true":
        after["KmsMasterKeyId"] = after["KmsDataKeyReusePeriodSeconds"] = ""
    return {name: value for name, value in after.items() if value}


def first_difference(current: Mapping[str, str], asked: Mapping[str, str]) -> str | None:
    """The first attribute that a second CreateQueue wants otherwise than the queue has it, or None."""
    usual = defaults(current)
    existing = {**usual, **current}
    for name, value in asked.items():
        if existing.get(name, "") != (value or usual.get(name, "")):
            return name
    return None


def described(arn: Arn, attributes: Mapping[str, str], created: float, modified: float) -> dict[str, str]:
    """Every attribute of a queue but its counts, as GetQueueAttributes answers them."""
    values = {**defaults(attributes), **attributes}
    if "KmsMasterKeyId" in values:
        values.setdefault("KmsDataKeyReusePeriodSeconds", _SSE_KMS_DEFAULT_REUSE)
    else:
        values.pop("KmsDataKeyReusePeriodSeconds", None)
    return {
        **values,
        "QueueArn": str(arn),
        "CreatedTimestamp": str(int(created)),
        "LastModifiedTimestamp": str(int(modified)),
    }


def _normal(name: str, value: str, fifo: bool) -> str:
    if name in FIFO_DEFAULTS:
        return normal_fifo(name, value, fifo=fifo)
    if name not in _SETTABLE:
        raise unknown_attribute(name)
    if value == "":
        return ""
    if name in _RANGES:
        return _number(name, value)
    if name == "SqsManagedSseEnabled":
        value = value.lower()
        if value not in ("true", "false"):
            raise invalid_attribute_value(name)
    if name == "RedrivePolicy":
        return parse_redrive_policy(value).text()
    if name == "RedriveAllowPolicy":
        return parse_redrive_allow_policy(value).text()
    if name == "Policy":
        _check_policy(value)
    return value


def _number(name: str, value: str) -> str:
    low, high = _RANGES[name]
    if not (value.isascii() and value.isdigit() and len(value) <= 10 and low <= int(value) <= high):
        raise invalid_attribute_value(name)
    return str(int(value))


def _check_policy(value: str) -> None:
    try:
        policy = json.loads(value)
    except (ValueError, RecursionError):
        policy = None
    if not isinstance(policy, dict) or not isinstance(policy.get("Statement"), list | dict):
        raise invalid_attribute_value("Policy")
