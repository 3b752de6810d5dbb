"""Filter criteria of event source mappings: event patterns over the records of a queue or stream.

Reference: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from sandbox.model.event_patterns import (
    EventPattern,
    InvalidEventPatternError,
    decode,
    flatten,
)
from sandbox.model.lambda_errors import invalid

MOST_FILTERS = 5
LONGEST_FILTER = 4096  # characters


class RecordFilter:
    """Says which records a mapping hands over: those that match one of its patterns, or all without any.

    Args:
        patterns: JSON texts.
        bodies: records have a `body` that is matched as the JSON in it (queues): a text that is no JSON
            matches only patterns for a text.

    Raises:
        AwsError: `InvalidParameterValueException`, a pattern is not one.
    """

    def __init__(self, patterns: Sequence[str], *, bodies: bool) -> None:
        self._bodies = bodies
        if len(patterns) > MOST_FILTERS:
            raise invalid(f"Number of filters exceeds the maximum of {MOST_FILTERS}.")
        if any(len(pattern) > LONGEST_FILTER for pattern in patterns):
            raise invalid(f"A filter pattern is longer than {LONGEST_FILTER} characters.")
        try:
            self._patterns = [EventPattern(pattern) for pattern in patterns]
        except InvalidEventPatternError as error:
            raise invalid("Invalid filter pattern definition.") from error
        self._texts = [_texts(msgspec.json.decode(pattern)) for pattern in patterns]
        self._named = _merged([_named(msgspec.json.decode(pattern)) for pattern in patterns])

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def matches(self, record: Mapping[str, Any]) -> bool:
        """Whether the record is handed over."""
        if not self._patterns:
            return True
        if self._bodies:
            record = {**record, "body": _body(record.get("body"))}
        quick = [None if texts is None else _holds(record, texts) for texts in self._texts]
        if True in quick or None not in quick:
            return True in quick
        record = _narrowed(record, self._named)
        event = flatten(decode(msgspec.json.encode(record).decode()))
        return any(pattern.matches(event) for pattern in self._patterns)


#: A pattern that asks for nothing but texts: the fields that each lies in, its name, and which it may be.
_Texts = list[tuple[tuple[str, ...], str, frozenset[str]]]


def _texts(pattern: Any, path: tuple[str, ...] = ()) -> _Texts | None:
    """What a pattern asks for, where that is nothing but texts of fields; most filters are such."""
    if isinstance(pattern, list):
        if not path or not all(isinstance(value, str) for value in pattern):
            return None
        return [(path[:-1], path[-1], frozenset(pattern))]
    if not isinstance(pattern, dict) or any(name == "$or" or "." in name for name in pattern):
        return None
    found: _Texts = []
    for name, inner in pattern.items():
        texts = _texts(inner, (*path, name))
        if texts is None:
            return None
        found += texts
    return found


def _holds(record: Mapping[str, Any], texts: _Texts) -> bool | None:
    """Whether a record has the texts; None where only the whole pattern can tell (lists, names with dots)."""
    for path, name, wanted in texts:
        fields: Any = record
        for outer in path:
            if type(fields) is not dict:
                return None
            fields = fields.get(outer)
        if type(fields) is not dict:
            return None
        value = fields.get(name, "")
        if type(value) is not str:
            return None
        if value not in wanted or name not in fields:
            return None if _has_dots(record, path) else False
    return True


def _has_dots(record: Mapping[str, Any], path: Sequence[str]) -> bool:
    """Whether a field beside those of a path has a dot in its name: it may stand for the path as well."""
    fields: Any = record
    for name in path:
        if any("." in one for one in fields):
            return True
        fields = fields[name]
    return any("." in one for one in fields)


#: The fields that patterns name, as deep as they do; None: all that is there.
_Named = dict[str, "_Named"] | None


def _named(pattern: Any) -> _Named:
    """The fields of a pattern."""
    if not isinstance(pattern, dict) or any(name == "$or" or "." in name for name in pattern):
        return None
    return {name: _named(inner) for name, inner in pattern.items()}


def _merged(several: Sequence[_Named]) -> _Named:
    """The fields of any of several patterns."""
    found: dict[str, _Named] = {}
    for one in several:
        if one is None:
            return None
        for name, inner in one.items():
            found[name] = _merged([found[name], inner]) if name in found else inner
    return found


def _narrowed(value: Any, named: _Named) -> Any:
    """A record without what no pattern names: images may be large, and patterns are about little of them."""
    if named is None or not isinstance(value, dict) or any("." in name for name in value):
        return value
    return {name: _narrowed(value[name], inner) for name, inner in named.items() if name in value}


def _body(text: Any) -> Any:
    try:
        return msgspec.json.decode(text) if isinstance(text, str) else text
    except msgspec.DecodeError:
        return text
