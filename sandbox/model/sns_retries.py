"""How often and when SNS tries a delivery again.

Page: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sandbox.model.awserror import NotImplementedByName
from sandbox.model.sns_errors import invalid

_MOST_RETRIES = 100
_LONGEST = 3600
_BACKOFFS = ("linear", "arithmetic", "geometric", "exponential")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Four phases of retries: without delay, at the shortest delay, growing, at the longest delay.

    Attributes:
        retries: all of them.
        at_once, at_least, at_most: how many without delay, at the shortest, at the longest delay.
        shortest, longest: delays, seconds.
        backoff: how the delay grows in between.
    """

    retries: int = 3
    at_once: int = 0
    at_least: int = 0
    at_most: int = 0
    shortest: int = 20
    longest: int = 20
    backoff: str = "linear"

    def delay(self, attempts: int) -> float | None:
        """Seconds to wait after so many failed attempts; None when there is no further one."""
        retry = attempts - 1  # its index, from 0
        if retry >= self.retries:
            return None
        if retry < self.at_once:
            return 0.0
        if retry < self.at_once + self.at_least:
            return float(self.shortest)
        if retry >= self.retries - self.at_most:
            return float(self.longest)
        growing = self.retries - self.at_once - self.at_least - self.at_most
        return _grown(self, retry - self.at_once - self.at_least, growing)

    def document(self) -> dict[str, Any]:
        """The policy as it is written."""
        return {
            "minDelayTarget": self.shortest,
            "maxDelayTarget": self.longest,
            "numRetries": self.retries,
            "numMaxDelayRetries": self.at_most,
            "numNoDelayRetries": self.at_once,
            "numMinDelayRetries": self.at_least,
            "backoffFunction": self.backoff,
        }


#: What endpoints of customers (HTTP) get.
DEFAULT_POLICY = RetryPolicy()
#: What endpoints of AWS (SQS, Lambda) get: 100,015 attempts over 23 days.
AWS_POLICY = RetryPolicy(100_015, 3, 2, 100_000, 1, 20, "exponential")


def parse_delivery_policy(text: str, kind: str) -> RetryPolicy:
    """The retry policy of a delivery policy.

    Args:
        kind: `http`: that of a topic, under `http.defaultHealthyRetryPolicy`; `subscription`: under
            `healthyRetryPolicy`.

    Raises:
        AwsError: InvalidParameter; NotImplemented: it limits the rate or names a content type.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise invalid("DeliveryPolicy: failed to parse JSON") from None
    name = "healthyRetryPolicy"
    if kind == "http":
        document = document.get("http") if isinstance(document, dict) else None
        name = "defaultHealthyRetryPolicy"
    if not isinstance(document, dict):
        raise invalid("DeliveryPolicy: it must be a JSON object")
    for other in ("throttlePolicy", "defaultThrottlePolicy", "requestPolicy", "defaultRequestPolicy"):
        if document.get(other):
            raise NotImplementedByName("sns", f"{other} of delivery policies")
    given = document.get(name) or {}
    if not isinstance(given, dict):
        raise invalid(f"DeliveryPolicy: {name} must be a JSON object")
    return _policy(given)


def _policy(given: dict[str, Any]) -> RetryPolicy:
    policy = RetryPolicy(
        retries=_whole(given, "numRetries", 3, _MOST_RETRIES),
        at_once=_whole(given, "numNoDelayRetries", 0, _MOST_RETRIES),
        at_least=_whole(given, "numMinDelayRetries", 0, _MOST_RETRIES),
        at_most=_whole(given, "numMaxDelayRetries", 0, _MOST_RETRIES),
        shortest=_whole(given, "minDelayTarget", 20, _LONGEST),
        longest=_whole(given, "maxDelayTarget", 20, _LONGEST),
        backoff=given.get("backoffFunction", "linear"),
    )
    if policy.backoff not in _BACKOFFS:
        raise invalid(f"DeliveryPolicy: backoffFunction must be one of {', '.join(_BACKOFFS)}")
    if not 1 <= policy.shortest <= policy.longest:
        raise invalid("DeliveryPolicy: minDelayTarget must be from 1 to maxDelayTarget")
    if policy.at_once + policy.at_least + policy.at_most > policy.retries:
        raise invalid("DeliveryPolicy: numRetries must not be less than the retries of its phases together")
    return policy


def _whole(given: dict[str, Any], name: str, default: int, most: int) -> int:
    value = given.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise invalid(f"DeliveryPolicy: {name} must be an integer from 0 to {most}")
    return value


def _grown(policy: RetryPolicy, step: int, steps: int) -> float:
    """The delay of a step of the phase in which it grows from the shortest to the longest."""
    if steps <= 1:
        return float(policy.shortest)
    part = step / (steps - 1)
    span = policy.longest - policy.shortest
    if policy.backoff == "linear":
        return policy.shortest + span * part
    if policy.backoff == "arithmetic":
        return policy.shortest + span * step * (step + 1) / ((steps - 1) * steps)
    ratio: float = (policy.longest / policy.shortest) ** part
    if policy.backoff == "geometric":
        return policy.shortest * ratio
    return float(min(policy.longest, policy.shortest * 2.0 ** min(step, 32)))
