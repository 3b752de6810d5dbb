"""The tap: one hop in the journal for every call that its service does not record itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.hops import HopKind
from sandbox.model.ports import Recorder

_NAMES = (
    "QueueUrl",
    "FunctionName",
    "EventBusName",
    "Rule",
    "restApiId",
    "logGroupName",
    "TopicArn",
    "TableName",
    "RoleName",
    "DBInstanceIdentifier",
    "StackName",
    "stateMachineArn",
    "Bucket",
    "QueueName",
    "Name",
    "name",
    "Id",
    "ResourceArn",
    "Resource",
    "UUID",
)
#: Members that name what a call is about, by how telling they are: the smallest number first.
_RESOURCES = {name: place for place, name in enumerate(_NAMES)}
_QUEUE_URL, _NO_PLACE = _RESOURCES["QueueUrl"], len(_NAMES)
#: The journal keeps less, and says so; more is not even handed over.
_MAX_PAYLOAD = 256 * 1024


def resource_of(params: Mapping[str, Any]) -> str:
    """What a call is about: a queue's name, a function, a rule; empty when its parameters do not say.

    PutEvents is about the bus of its first entry.
    """
    best, found = _NO_PLACE, ""
    for name, value in params.items():
        place = _RESOURCES.get(name, _NO_PLACE)
        if place < best and value and isinstance(value, str):
            best, found = place, value
    if found:
        return found.rstrip("/").rsplit("/", 1)[-1] if best == _QUEUE_URL else found
    match params.get("Entries"):
        case [{"DetailType": _, **entry}, *_]:
            return str(entry.get("EventBusName") or "default")
    return ""


class Tap:
    """Records API calls."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def reserve(self, cause: int | None) -> int:
        """The id of the hop that will record a call which `cause` led to."""
        return self._recorder.reserve(cause)

    def record(
        self,
        service: str,
        operation: str,
        call: Call,
        *,
        hop: int | None,
        cause: int | None,
        resource: str,
        error: AwsError | None,
        duration_ms: float,
        payload: bytes | None,
    ) -> None:
        """Records one call with its outcome.

        Args:
            hop: the id reserved for it, or None for a new one.
            cause: the hop that led to it.
            duration_ms: real milliseconds.
        """
        caller = call.caller
        self._recorder.record(
            HopKind.API_CALL,
            call.scope,
            service,
            hop=hop,
            cause=cause,
            operation=operation,
            resource=resource,
            status="ok" if error is None else "error",
            error="" if error is None else str(error),
            request_id=call.request_id,
            trace=call.trace,
            function=caller.function or "",
            duration_ms=duration_ms,
            detail={"caller": caller.arn} if caller.arn else None,
            payload=payload[:_MAX_PAYLOAD] if payload else None,
        )
