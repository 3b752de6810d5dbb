"""What a target gets: the event, a part of it, a constant, or what an input transformer makes of it.

Page: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.model.event_patterns import MalformedJsonError, Number, compact, decode, encode
from sandbox.services.events.documents import EventDocument
from sandbox.services.events.jsonpath import MISSING, JsonPath

_PLACEHOLDER = re.compile(r"<([^<>\s]+)>")
_DECODER = json.JSONDecoder()

#: The values that a template can name without asking for them.
PREDEFINED = frozenset(
    (
        "aws.events.rule-arn",
        "aws.events.rule-name",
        "aws.events.event.ingestion-time",
        "aws.events.event",
        "aws.events.event.json",
    )
)


class InputError(ValueError):
    """A transformer's result is not JSON: EventBridge does not deliver it."""


@dataclass(frozen=True, slots=True)
class Firing:
    """What a transformer may tell of the rule: its ARN and name, and when the event came in."""

    rule_arn: str
    rule_name: str
    ingestion_time: str


#: Makes the text for a target of an event.
Render = Callable[[EventDocument, Firing], str]


def whole_event(event: EventDocument, _firing: Firing) -> str:
    """The event as it is."""
    return event.text


def constant(text: str) -> Render:
    """Always the same text."""
    return lambda _event, _firing: text


def part(path: JsonPath) -> Render:
    """What a path leads to in the event, as JSON; `null` where it leads nowhere."""

    def render(event: EventDocument, _firing: Firing) -> str:
        found = path.find(event.tree)
        return "null" if found is MISSING else encode(found)

    return render


def placeholders(template: str) -> list[str]:
    """The names between `<` and `>`, in order."""
    return _PLACEHOLDER.findall(template)


class Transformer:
    """A compiled input transformer.

    A template that begins with a brace or bracket is JSON: a placeholder outside quotes becomes a JSON value,
    one inside them text. Any other template is text in quotes, where structures lose their own quotes.

    Args:
        paths: names to paths into the event.
        template: the template; every placeholder is in `paths` or predefined.
    """

    def __init__(self, paths: Mapping[str, JsonPath], template: str) -> None:
        self._paths = paths
        self._is_json = template.lstrip().startswith(("{", "["))
        self._parts = _split(template)

    def __call__(self, event: EventDocument, firing: Firing) -> str:
        """Makes the text of an event.

        Raises:
            InputError: it is not JSON.
        """
        values = {name: path.find(event.tree) for name, path in self._paths.items()}
        pieces = [
            part if isinstance(part, str) else self._fill(part, values, event, firing) for part in self._parts
        ]
        text = "".join(pieces)
        if not self._is_json:
            return _checked_lines(text)
        try:
            decode(text)
        except MalformedJsonError as error:
            raise InputError(f"the input transformer made no JSON: {error}") from None
        return compact(text)

    def _fill(self, hole: _Hole, values: Mapping[str, Any], event: EventDocument, firing: Firing) -> str:
        value = values[hole.name] if hole.name in values else _predefined(hole.name, event, firing)
        if value is MISSING:
            value = ""
        if not hole.quoted:
            return encode(value)
        if isinstance(value, str):
            return encode(value)[1:-1]
        text = value.text if isinstance(value, Number) else encode(value)
        return text if self._is_json else text.replace('"', "")


@dataclass(frozen=True, slots=True)
class _Hole:
    """A placeholder, and whether it is inside quotes."""

    name: str
    quoted: bool


def _split(template: str) -> list[str | _Hole]:
    parts: list[str | _Hole] = []
    at, quoted = 0, False
    for match in _PLACEHOLDER.finditer(template):
        text = template[at : match.start()]
        quoted ^= _quotes(text) % 2 == 1
        parts += [text, _Hole(match[1], quoted)]
        at = match.end()
    return [*parts, template[at:]]


def _quotes(text: str) -> int:
    """How many quotes of `text` begin or end a string."""
    count, escaped = 0, False
    for char in text:
        if char == '"' and not escaped:
            count += 1
        escaped = char == "\\" and not escaped
    return count


def _predefined(name: str, event: EventDocument, firing: Firing) -> Any:
    if name == "aws.events.rule-arn":
        return firing.rule_arn
    if name == "aws.events.rule-name":
        return firing.rule_name
    if name == "aws.events.event.ingestion-time":
        return firing.ingestion_time
    if name == "aws.events.event.json":
        return event.tree
    # `aws.events.event` is the envelope: without the detail, and with a name that templates can use.
    return {
        "detailType" if key == "detail-type" else key: value
        for key, value in event.tree.items()
        if key != "detail"
    }


def _checked_lines(text: str) -> str:
    """`text`, which must be one JSON value after another, as quoted lines are."""
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        try:
            _, at = _DECODER.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError) as error:
            raise InputError(f"the input transformer made no JSON: {error}") from None
    return text
