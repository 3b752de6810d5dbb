"""Filter patterns over events that are JSON: `{ $.level = "ERROR" && ($.total > 1 || $.tags[0] = vip) }`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from sandbox.services.logs.filter_values import OPERATORS, Test, compare, malformed, read_value

Step = str | int
_MISSING = object()
_STEP = re.compile(r"""\.?\[(?:'([^']*)'|"([^"]*)"|(\d+))\]|\.?([A-Za-z0-9_$:@/-]+)""")
_WORDS: tuple[tuple[str, Test], ...] = (
    ("NOT EXISTS", lambda value: value is _MISSING),
    ("EXISTS", lambda value: value is not _MISSING),
    ("IS TRUE", lambda value: value is True),
    ("IS FALSE", lambda value: value is False),
    ("IS NULL", lambda value: value is None),
    ("IS NOT NULL", lambda value: value is not None and value is not _MISSING),
)
#: Parentheses within parentheses.
_DEEPEST = 50


def compile_json(pattern: str) -> Callable[[str], bool]:
    """A predicate over log messages.

    Args:
        pattern: with its braces.

    Raises:
        AwsError: `InvalidParameterException`, it cannot be read.
    """
    if not pattern.endswith("}"):
        raise malformed()
    test = _Reader(pattern[1:-1]).whole()

    def matches(message: str) -> bool:
        try:
            event = msgspec.json.decode(message)
        except (msgspec.DecodeError, RecursionError):
            return False
        return isinstance(event, dict | list) and test(event)

    return matches


def compile_selector(text: str) -> Callable[[Any], Any]:
    """Reads what a selector names (`$.request.bytes`, `$.tags[0]`) out of an event, None where it is not.

    Raises:
        AwsError: `InvalidParameterException`, it is no selector.
    """
    steps = _Reader(text).selector()

    def read(event: Any) -> Any:
        value = _find(event, steps)
        return None if value is _MISSING else value

    return read


class _Reader:
    """Reads a condition by recursive descent: `||` binds less than `&&`, that less than parentheses."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def whole(self) -> Test:
        """The condition that the whole text is."""
        test = self._either()
        self._blank()
        if self._at != len(self._text):
            raise malformed()
        return test

    def selector(self) -> list[Step]:
        """The selector that the whole text is."""
        steps = self._selector()
        if not steps or self._at != len(self._text):
            raise malformed(f"Invalid field: {self._text!r}")
        return steps

    def _either(self) -> Test:
        tests = [self._both()]
        while self._take("||"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda event: any(test(event) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._take("&&"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda event: all(test(event) for test in tests)

    def _one(self) -> Test:
        if not self._take("("):
            return self._condition()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise malformed()
        test = self._either()
        self._depth -= 1
        if not self._take(")"):
            raise malformed()
        return test

    def _condition(self) -> Test:
        steps = self._selector()
        for words, passes in _WORDS:
            if self._take_words(words):
                return lambda event: passes(_find(event, steps))
        operator = next((operator for operator in OPERATORS if self._take(operator)), None)
        if operator is None:
            raise malformed()
        self._blank()
        kind, wanted, self._at = read_value(self._text, self._at)
        test = compare(operator, kind, wanted)

        def passes_value(event: Any) -> bool:
            value = _find(event, steps)
            return value is not _MISSING and not isinstance(value, dict | list) and test(value)

        return passes_value

    def _selector(self) -> list[Step]:
        if not self._take("$"):
            raise malformed()
        steps: list[Step] = []
        while (found := _STEP.match(self._text, self._at)) is not None:
            single, double, index, name = found.groups()
            steps.append(int(index) if index is not None else next(filter(None, (single, double, name)), ""))
            self._at = found.end()
        return steps

    def _blank(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1

    def _take(self, token: str) -> bool:
        self._blank()
        if not self._text.startswith(token, self._at):
            return False
        self._at += len(token)
        return True

    def _take_words(self, words: str) -> bool:
        self._blank()
        found = re.compile(r"\s+".join(words.split()) + r"(?!\w)").match(self._text, self._at)
        if found is None:
            return False
        self._at = found.end()
        return True


def _find(event: Any, steps: list[Step]) -> Any:
    for step in steps:
        if isinstance(step, int):
            if not isinstance(event, list) or step >= len(event):
                return _MISSING
            event = event[step]
        elif isinstance(event, dict) and step in event:
            event = event[step]
        else:
            return _MISSING
    return event
