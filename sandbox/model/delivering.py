"""Which failed deliveries of rules and schedules are tried again, and when.

Page: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.model.awserror import AwsError

DEFAULT_ATTEMPTS = 185
DEFAULT_AGE = 86_400
#: Conditions that end retrying, as dead-lettered messages name them.
ATTEMPTS_EXHAUSTED = "MaximumRetryAttempts"
AGE_EXHAUSTED = "MaximumEventAgeInSeconds"

_LONGEST_DELAY = 512.0
_ABSENT = ("DoesNotExist", "NonExistentQueue", "ResourceNotFound", "NotFound")
_FORBIDDEN = ("AccessDenied", "NotAuthorized", "UnauthorizedOperation")
_THROTTLED = ("Throttl", "TooManyRequests", "RequestLimitExceeded", "OverLimit")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a delivery failed.

    Attributes:
        code: EventBridge's code for it (`NO_RESOURCE`, `THROTTLING`, …).
        message: what the target answered.
        retryable: whether trying again can help.
        wait: seconds that the target asked to be left alone for.
    """

    code: str
    message: str
    retryable: bool
    wait: float = 0.0


def classify(error: AwsError) -> Failure:
    """What EventBridge makes of a target's answer: it tries again after 5xx and throttling only."""
    message = str(error)
    if any(part in error.code for part in _ABSENT):
        return Failure("NO_RESOURCE", message, retryable=False)
    if any(part in error.code for part in _FORBIDDEN):
        return Failure("NO_PERMISSIONS", message, retryable=False)
    if error.status == 429 or any(part in error.code for part in _THROTTLED):
        return Failure("THROTTLING", message, retryable=True, wait=_wait(error))
    if error.status >= 500 and error.status != 501:
        return Failure("ERROR_FROM_TARGET", message, retryable=True, wait=_wait(error))
    return Failure("SDK_CLIENT_ERROR", message, retryable=False)


def _wait(error: AwsError) -> float:
    try:
        return float(error.fields.get("RetryAfterSeconds") or 0)
    except (TypeError, ValueError):
        return 0.0


def retry_delay(attempts: int) -> float:
    """Seconds to wait after so many failed attempts: doubling from one second, without AWS's jitter.

    Runs on a virtual clock are repeatable this way; 185 retries still take about a day.
    """
    return min(_LONGEST_DELAY, 2.0 ** min(attempts - 1, 16))


def text_attributes(values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Message attributes of a dead letter, in the form of the SQS API."""
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}
