"""The rules of asynchronous invocation: when to try again, and what destinations and dead-letter queues get.

Reference: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html and
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec

from sandbox.model.lambda_names import LATEST
from sandbox.model.scope import Scope

MAX_AGE = 21_600  # seconds an event waits at most
MIN_AGE = 60
MAX_RETRIES = 2

_FIRST_RETRY = 60.0
_LONGEST_THROTTLE_DELAY = 300.0


class Condition(StrEnum):
    """How an asynchronous invocation ended, in the words of its destination record."""

    SUCCESS = "Success"
    RETRIES_EXHAUSTED = "RetriesExhausted"
    EVENT_AGE_EXCEEDED = "EventAgeExceeded"
    ZERO_RESERVED_CONCURRENCY = "ZeroReservedConcurrency"
    RECURSIVE_LOOP = "RecursiveInvocationDetected"


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of an asynchronous invocation.

    Attributes:
        arn: the function's ARN with the qualifier it was invoked by.
        version: the version that ran last.
        event: what the function was invoked with.
        invocations: how often the function ran for it.
        payload: the last answer or error document; None when the function never ran.
        error: `Unhandled` when the last run failed.
    """

    arn: str
    request_id: str
    condition: Condition
    event: bytes
    invocations: int
    payload: bytes | None = None
    error: str | None = None
    version: str = LATEST


def retry_delay(failures: int) -> float:
    """Seconds to wait after the nth failed run of an event: one minute, then two."""
    return _FIRST_RETRY * max(1, failures)


def throttle_delay(refusals: int) -> float:
    """Seconds to wait after the nth refusal for want of concurrency: 1 s, doubling to 5 minutes."""
    return min(_LONGEST_THROTTLE_DELAY, 2.0 ** min(max(0, refusals - 1), 16))


def destination_record(ending: Ending, at: float) -> bytes:
    """The document that a destination gets.

    Args:
        at: virtual time, seconds since the epoch.
    """
    moment = datetime.fromtimestamp(at, UTC)
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z",
        "requestContext": {
            "requestId": ending.request_id,
            "functionArn": ending.arn,
            "condition": ending.condition.value,
            "approximateInvokeCount": ending.invocations,
        },
        "requestPayload": _json(ending.event),
    }
    if ending.payload is not None:
        context: dict[str, Any] = {"statusCode": 200, "executedVersion": ending.version}
        if ending.error:
            context["functionError"] = ending.error
        record["responseContext"] = context
        record["responsePayload"] = _json(ending.payload)
    return msgspec.json.encode(record)


def destination_event(ending: Ending, record: bytes, event_id: str, scope: Scope, at: float) -> bytes:
    """The event that a bus gets as a destination: the record is its detail.

    Args:
        record: what `destination_record` made.
        at: virtual time, seconds since the epoch.
    """
    outcome = "Success" if ending.condition is Condition.SUCCESS else "Failure"
    event = {
        "version": "0",
        "id": event_id,
        "detail-type": f"Lambda Function Invocation Result - {outcome}",
        "source": "lambda",
        "account": scope.account,
        "time": f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": scope.region,
        "resources": [ending.arn],
        "detail": msgspec.Raw(record),
    }
    return msgspec.json.encode(event)


def dead_letter_attributes(ending: Ending) -> Mapping[str, Mapping[str, str]]:
    """The message attributes beside the event in a dead-letter queue."""
    ran = ending.payload is not None
    message = error_message(ending.payload) if ending.payload is not None else "Rate Exceeded."
    return {
        "RequestID": {"DataType": "String", "StringValue": ending.request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": "200" if ran else "429"},
        "ErrorMessage": {"DataType": "String", "StringValue": message[:1024] or "Unhandled"},
    }


def error_message(payload: bytes) -> str:
    """The message in an error document; empty where there is none."""
    document = _json(payload)
    message = document.get("errorMessage") if isinstance(document, dict) else None
    return message if isinstance(message, str) else ""


def error_text(payload: bytes) -> str:
    """Type and message of an error document, for people."""
    document = _json(payload)
    if not isinstance(document, dict):
        return ""
    kind, message = document.get("errorType"), document.get("errorMessage")
    return ": ".join(str(part) for part in (kind, message) if part)


def _json(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data) if data else None
    except msgspec.DecodeError:
        return data.decode("utf-8", "replace")
