"""Compiled patterns and flattened events: matching, and explaining why not.

An event is flattened once to its leaves by dotted path and then matched by every pattern. Leaves inside
arrays of objects remember which element they are in: all fields of a match must come from the same elements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.model.event_patterns.jsontext import MalformedJsonError, Number, encode
from sandbox.model.event_patterns.parse import Alternative, FieldTest, parse_pattern

#: The elements of arrays that a leaf is in: (number of the array, index in it), sorted.
Membership = tuple[tuple[int, int], ...]
Leaf = tuple[Any, Membership]


@dataclass(frozen=True, slots=True)
class FlatEvent:
    """The leaves of an event by dotted path; `arrays` tells whether any of them is in an array of objects."""

    leaves: Mapping[str, list[Leaf]]
    arrays: bool


class _Flattener:
    def __init__(self) -> None:
        self.leaves: dict[str, list[Leaf]] = {}
        self.arrays = 0
        self.nested = False

    def add_object(self, value: Mapping[str, Any], prefix: str, membership: Membership) -> None:
        for name, item in value.items():
            path = prefix + name
            kind = type(item)
            if kind is dict:
                self.add_object(item, path + ".", membership)
            elif kind is list:
                self.add_array(item, path, membership)
            elif path in self.leaves:
                self.leaves[path].append((item, membership))
            else:
                self.leaves[path] = [(item, membership)]

    def add_array(self, value: list[Any], path: str, membership: Membership) -> None:
        number = self.arrays
        self.arrays += 1
        for index, item in enumerate(value):
            if type(item) is dict:
                self.nested = True
                self.add_object(item, path + ".", (*membership, (number, index)))
            elif type(item) is list:
                self.nested = True
                self.add_array(item, path, (*membership, (number, index)))
            else:
                self.leaves.setdefault(path, []).append((item, membership))


def flatten(event: Mapping[str, Any]) -> FlatEvent:
    """The leaves of a decoded event (of `jsontext.decode`).

    Raises:
        MalformedJsonError: it is nested too deeply.
    """
    flattener = _Flattener()
    try:
        flattener.add_object(event, "", ())
    except RecursionError:
        raise MalformedJsonError("nested too deeply") from None
    return FlatEvent(flattener.leaves, flattener.nested)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The first part of a pattern that an event did not pass.

    Attributes:
        path: the field, dotted.
        expected: what the pattern asks of it.
        found: the values that the event has there, as JSON; empty when it has none.
        why: one sentence.
    """

    path: str
    expected: str
    found: tuple[str, ...]
    why: str


class EventPattern:
    """A compiled event pattern.

    Args:
        text: the pattern, JSON.

    Raises:
        InvalidEventPatternError: it is not valid.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._rules = parse_pattern(text)
        #: Each alternative as (path, test) by path: the order in which elements of arrays are settled.
        self._alternatives = [sorted(rule.items(), key=lambda entry: entry[0]) for rule in self._rules]

    def matches(self, event: FlatEvent) -> bool:
        """Whether the event passes."""
        if event.arrays:
            return any(_settle(fields, event)[1] for fields in self._alternatives)
        leaves = event.leaves
        for fields in self._alternatives:
            for path, test in fields:
                seen = leaves.get(path)
                if seen is None:
                    if not test.absent:
                        break
                elif not any(test.accepts(value) for value, _ in seen):
                    break
            else:
                return True
        return False

    def explain(self, event: FlatEvent) -> Mismatch | None:
        """The first part that the event does not pass, or None when it matches.

        Of several alternatives (`$or`) the one that comes closest is explained.
        """
        if self.matches(event):
            return None
        tried = []
        for rule in self._rules:
            failed = [(path, test) for path, test in rule.items() if not _passes(test, event, path)]
            tried.append((len(failed) / len(rule), rule, failed))
        _, rule, failed = min(tried, key=lambda attempt: attempt[0])
        return _mismatch(rule, failed, event)

    def literals(self) -> dict[str, frozenset[str]]:
        """The fields that have one of some strings in every event that matches, with these strings."""
        first, *others = self._rules
        found = {}
        for path in first:
            tests = [first[path], *(rule[path] for rule in others if path in rule)]
            if len(tests) == len(self._rules) and not any(test.others or test.absent for test in tests):
                found[path] = frozenset().union(*(test.literals for test in tests))
        return found


def _passes(test: FieldTest, event: FlatEvent, path: str) -> bool:
    seen = event.leaves.get(path)
    if seen is None:
        return test.absent
    return any(test.accepts(value) for value, _ in seen)


def _settle(fields: list[tuple[str, FieldTest]], event: FlatEvent) -> tuple[str, bool]:
    """Goes field by field, keeping every choice of array elements that is still possible.

    Returns:
        The path where no choice was left, and whether there was one to the end.
    """
    choices: set[Membership] = {()}
    for path, test in fields:
        seen = event.leaves.get(path, ())
        passing = [membership for value, membership in seen if test.accepts(value)]
        remaining: set[Membership] = set()
        for choice in choices:
            for membership in passing:
                merged = _merge(choice, membership)
                if merged is not None:
                    remaining.add(merged)
            if test.absent and all(_merge(choice, membership) is None for _, membership in seen):
                remaining.add(choice)
        if not remaining:
            return path, False
        choices = remaining
    return "", True


def _merge(one: Membership, other: Membership) -> Membership | None:
    """Both memberships together, or None when they are in different elements of one array."""
    if not other or one == other:
        return one
    if not one:
        return other
    together = dict(one)
    for array, index in other:
        if together.setdefault(array, index) != index:
            return None
    return tuple(sorted(together.items()))


def _mismatch(rule: Alternative, failed: list[tuple[str, FieldTest]], event: FlatEvent) -> Mismatch:
    if failed:
        path, test = failed[0]
        found = tuple(_shown(value) for value, _ in event.leaves.get(path, ()))
        if found:
            why = f"{path} is {', '.join(found)}; the pattern asks for {test.says}"
        else:
            why = f"{path} is not in the event; the pattern asks for {test.says}"
        return Mismatch(path, test.says, found, why)
    path, _ = _settle(sorted(rule.items(), key=lambda entry: entry[0]), event)
    test = rule[path]
    found = tuple(_shown(value) for value, _ in event.leaves.get(path, ()))
    why = f"{path} matches only in other elements of its array than the fields before it"
    return Mismatch(path, test.says, found, why)


def _shown(value: Any) -> str:
    return value.text if isinstance(value, Number) else encode(value)
