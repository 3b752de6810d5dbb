"""AWS services behind a route: `EventBridge-PutEvents`, `SQS-SendMessage` and the others.

Follows "Integration subtype reference" of the API Gateway Developer Guide. Each becomes the request that the
service's own protocol wants, and its answer is handed to the client as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec

from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.http import HttpRequest

_NUMBERS = frozenset({"DelaySeconds", "MaxNumberOfMessages", "VisibilityTimeout", "WaitTimeSeconds"})


class MappedValueError(Exception):
    """A value that a parameter got is none that the service could be sent."""


@dataclass(frozen=True, slots=True)
class Subtype:
    """One action of a service.

    Attributes:
        service: botocore's name of it.
        action: the operation.
        required, optional: parameters.
        build: makes the request of their values.
    """

    service: str
    action: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    build: Callable[[Subtype, Mapping[str, str]], HttpRequest]


def check_subtype(name: str, parameters: Mapping[str, str]) -> None:
    """Refuses subtypes that do not exist, or whose parameters do not fit.

    Raises:
        AwsError: `BadRequestException`, or refused by name.
    """
    subtype = SUBTYPES.get(name)
    if subtype is None:
        if name in ("AppConfig-GetConfiguration",):
            raise NotImplementedByName("apigatewayv2", f"integration subtype {name}")
        raise AwsError("BadRequestException", f"Unsupported integration subtype {name}")
    missing = [one for one in subtype.required if one not in parameters]
    if missing:
        raise AwsError(
            "BadRequestException",
            f"Parameters: [{', '.join(missing)}] are required for integration subtype {name}",
        )
    unknown = [one for one in parameters if one not in (*subtype.required, *subtype.optional, "Region")]
    if unknown:
        raise AwsError(
            "BadRequestException",
            f"Parameters: [{', '.join(unknown)}] are not supported for integration subtype {name}",
        )


def service_request(name: str, values: Mapping[str, str]) -> HttpRequest:
    """The request that a subtype makes of its parameters' values.

    Raises:
        MappedValueError: a value is not what the service takes.
    """
    subtype = SUBTYPES[name]
    missing = [one for one in subtype.required if not values.get(one)]
    if missing:
        raise MappedValueError(f"no value for {', '.join(missing)}")
    return subtype.build(subtype, {key: value for key, value in values.items() if key != "Region"})


def _query(subtype: Subtype, values: Mapping[str, str]) -> HttpRequest:
    fields: dict[str, str] = {"Action": subtype.action, "Version": "2012-11-05"}
    for name, value in values.items():
        if name in ("MessageAttributes", "MessageSystemAttributes"):
            fields |= _attributes(name.removesuffix("s"), _json(name, value))
        elif name in ("AttributeNames", "MessageAttributeNames"):
            for number, one in enumerate(_texts(value), 1):
                fields[f"{name.removesuffix('s')}.{number}"] = one
        elif name in _NUMBERS and not re.fullmatch(r"\d{1,6}", value):
            raise MappedValueError(f"{name} must be a number")
        else:
            fields[name] = value
    headers = [("content-type", "application/x-www-form-urlencoded")]
    return HttpRequest("POST", "/", headers=headers, body=urlencode(fields).encode())


def _attributes(name: str, document: Any) -> dict[str, str]:
    if not isinstance(document, Mapping):
        raise MappedValueError(f"{name}s must be an object")
    fields: dict[str, str] = {}
    for number, (key, value) in enumerate(document.items(), 1):
        if not isinstance(value, Mapping):
            raise MappedValueError(f"{name} {key} must be an object")
        fields[f"{name}.{number}.Name"] = key
        for member, one in value.items():
            fields[f"{name}.{number}.Value.{member}"] = str(one)
    return fields


def _put_events(subtype: Subtype, values: Mapping[str, str]) -> HttpRequest:
    entry: dict[str, Any] = dict(values)
    if "Resources" in values:
        entry["Resources"] = _texts(values["Resources"])
    return _as_json("AWSEvents.PutEvents", "1.1", {"Entries": [entry]})


def _states(subtype: Subtype, values: Mapping[str, str]) -> HttpRequest:
    body = {key[:1].lower() + key[1:]: value for key, value in values.items()}
    return _as_json(f"AWSStepFunctions.{subtype.action}", "1.0", body)


def _put_record(subtype: Subtype, values: Mapping[str, str]) -> HttpRequest:
    return _as_json("Kinesis_20131202.PutRecord", "1.1", dict(values))


def _as_json(target: str, version: str, body: Any) -> HttpRequest:
    headers = [("content-type", f"application/x-amz-json-{version}"), ("x-amz-target", target)]
    return HttpRequest("POST", "/", headers=headers, body=msgspec.json.encode(body))


def _json(name: str, value: str) -> Any:
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError) as error:
        raise MappedValueError(f"{name} must be JSON") from error


def _texts(value: str) -> list[str]:
    """A list given as JSON or as words between commas."""
    if value.startswith("["):
        found = _json("a list", value)
        return [str(one) for one in found]
    return [part.strip() for part in value.split(",") if part.strip()]


SUBTYPES: Mapping[str, Subtype] = {
    "EventBridge-PutEvents": Subtype(
        "events",
        "PutEvents",
        ("Detail", "DetailType", "Source"),
        ("Time", "EventBusName", "Resources", "TraceHeader"),
        _put_events,
    ),
    "SQS-SendMessage": Subtype(
        "sqs",
        "SendMessage",
        ("QueueUrl", "MessageBody"),
        (
            "DelaySeconds",
            "MessageAttributes",
            "MessageDeduplicationId",
            "MessageGroupId",
            "MessageSystemAttributes",
        ),
        _query,
    ),
    "SQS-ReceiveMessage": Subtype(
        "sqs",
        "ReceiveMessage",
        ("QueueUrl",),
        (
            "AttributeNames",
            "MaxNumberOfMessages",
            "MessageAttributeNames",
            "ReceiveRequestAttemptId",
            "VisibilityTimeout",
            "WaitTimeSeconds",
        ),
        _query,
    ),
    "SQS-DeleteMessage": Subtype("sqs", "DeleteMessage", ("ReceiptHandle", "QueueUrl"), (), _query),
    "SQS-PurgeQueue": Subtype("sqs", "PurgeQueue", ("QueueUrl",), (), _query),
    "Kinesis-PutRecord": Subtype(
        "kinesis",
        "PutRecord",
        ("StreamName", "Data", "PartitionKey"),
        ("SequenceNumberForOrdering", "ExplicitHashKey"),
        _put_record,
    ),
    "StepFunctions-StartExecution": Subtype(
        "stepfunctions", "StartExecution", ("StateMachineArn",), ("Name", "Input"), _states
    ),
    "StepFunctions-StartSyncExecution": Subtype(
        "stepfunctions", "StartSyncExecution", ("StateMachineArn",), ("Name", "Input", "TraceHeader"), _states
    ),
    "StepFunctions-StopExecution": Subtype(
        "stepfunctions", "StopExecution", ("ExecutionArn",), ("Cause", "Error"), _states
    ),
}
