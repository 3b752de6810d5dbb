"""A target as the API takes it: what of it is refused, and what becomes of it.

Page: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.model.arn import Arn, parse_arn
from sandbox.model.awserror import NotImplementedByName
from sandbox.model.delivering import DEFAULT_AGE, DEFAULT_ATTEMPTS
from sandbox.model.event_patterns import MalformedJsonError, decode, encode
from sandbox.services.events.documents import EventDocument
from sandbox.services.events.errors import invalid
from sandbox.services.events.inputs import (
    PREDEFINED,
    Render,
    Transformer,
    constant,
    part,
    placeholders,
    whole_event,
)
from sandbox.services.events.jsonpath import MISSING, JsonPath, JsonPathError

#: Members of a target that are acted on (the role is stored; permissions are not checked yet).
ACCEPTED = frozenset(
    (
        "Id",
        "Arn",
        "RoleArn",
        "Input",
        "InputPath",
        "InputTransformer",
        "SqsParameters",
        "DeadLetterConfig",
        "RetryPolicy",
        "HttpParameters",
    )
)
INPUTS = ("Input", "InputPath", "InputTransformer")


@dataclass(frozen=True, slots=True)
class Target:
    """A target, ready for deliveries.

    Attributes:
        render: makes what it gets of an event.
        group_id: message group, for FIFO queues.
        max_retries: attempts after the first one.
        max_age: seconds after which an event is given up.
        dead_letter: queue for what could not be delivered.
        http: makes `path`, `headers` and `query` of a request of an event.
    """

    id: str
    arn: Arn
    render: Render
    group_id: str | None
    max_retries: int
    max_age: int
    dead_letter: Arn | None
    http: Callable[[EventDocument], dict[str, Any]] | None = None


def compile_target(document: Mapping[str, Any]) -> Target:
    """The target that a document describes.

    Raises:
        AwsError: ValidationException, or a member that is refused by name.
    """
    identity = document["Id"]
    for member in document:
        if member not in ACCEPTED:
            raise NotImplementedByName("events", f"{member} of targets")
    retry = document.get("RetryPolicy") or {}
    dead_letter = (document.get("DeadLetterConfig") or {}).get("Arn")
    return Target(
        id=identity,
        arn=_arn(document["Arn"]),
        render=_render(document, identity),
        group_id=(document.get("SqsParameters") or {}).get("MessageGroupId"),
        max_retries=retry.get("MaximumRetryAttempts", DEFAULT_ATTEMPTS),
        max_age=retry.get("MaximumEventAgeInSeconds", DEFAULT_AGE),
        dead_letter=None if dead_letter is None else _dead_letter(dead_letter),
        http=_http(document["HttpParameters"], identity) if "HttpParameters" in document else None,
    )


def _http(parameters: Mapping[str, Any], identity: str) -> Callable[[EventDocument], dict[str, Any]]:
    """Makes the parts of a request; a value that begins with `$.` is a path into the event."""

    def value(text: str) -> Callable[[EventDocument], str]:
        if not text.startswith("$."):
            return lambda _: text
        path = _path(text, "HttpParameters", identity)

        def found(event: EventDocument) -> str:
            inner = path.find(event.tree)
            return "" if inner is MISSING else inner if isinstance(inner, str) else encode(inner)

        return found

    path = [value(text) for text in parameters.get("PathParameterValues") or ()]
    headers, query = (
        {name: value(text) for name, text in (parameters.get(member) or {}).items()}
        for member in ("HeaderParameters", "QueryStringParameters")
    )
    return lambda event: {
        "path": [make(event) for make in path],
        "headers": {name: make(event) for name, make in headers.items()},
        "query": {name: make(event) for name, make in query.items()},
    }


def _arn(text: str) -> Arn:
    try:
        return parse_arn(text)
    except ValueError:
        raise invalid(
            f"Parameter {text} is not valid. Reason: Provided Arn is not in correct format."
        ) from None


def _dead_letter(text: str) -> Arn:
    arn = _arn(text)
    if arn.service != "sqs" or arn.name.endswith(".fifo"):
        raise invalid(
            f"Parameter DeadLetterConfig is not valid. Reason: {text} is not the ARN of a standard SQS queue."
        )
    return arn


def _render(document: Mapping[str, Any], identity: str) -> Render:
    given = [name for name in INPUTS if document.get(name)]
    if len(given) > 1:
        raise invalid(
            f"Only one of Input, InputPath, or InputTransformer must be provided for target {identity}."
        )
    if given == ["Input"]:
        return _constant(document["Input"], identity)
    if given == ["InputPath"]:
        return part(_path(document["InputPath"], "InputPath", identity))
    if given == ["InputTransformer"]:
        return _transformer(document["InputTransformer"], identity)
    return whole_event


def _constant(text: str, identity: str) -> Render:
    try:
        decode(text)
    except MalformedJsonError as error:
        raise invalid(f"JSON syntax error in input for target {identity}: {error}") from None
    return constant(text)


def _path(text: str, member: str, identity: str) -> JsonPath:
    try:
        return JsonPath(text)
    except JsonPathError as error:
        raise invalid(f"Invalid {member} for target {identity}: {error}.") from None


def _transformer(document: Mapping[str, Any], identity: str) -> Render:
    paths = {
        name: _path(path, "InputPathsMap", identity)
        for name, path in (document.get("InputPathsMap") or {}).items()
    }
    template = document.get("InputTemplate")
    if not template:
        raise invalid(f"InputTemplate must be specified for target {identity}.")
    for name in placeholders(template):
        if name not in paths and name not in PREDEFINED:
            raise invalid(f"InputTemplate for target {identity} contains invalid placeholder {name}.")
    return Transformer(paths, template)
