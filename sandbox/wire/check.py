"""Required members and constraints of parameters, in the words of AWS's own validation.

The front of most AWS services checks a request against its model before the service sees it and answers
with all violations at once. Checks are compiled once per shape; a shape with nothing to check costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.wire.model import ServiceModel, Shape

#: (value, path, violations) -> None
Check = Callable[[Any, str, list[str]], None]

_NOT_NULL = "failed to satisfy constraint: Member must not be null"
_STRINGS = ("string", "character")
_NUMBERS = ("integer", "long", "short", "float", "double")
#: The longest value that is repeated in a message.
_SHOWN = 1000


def lower_first(name: str) -> str:
    """A member's name as the messages have it."""
    return name[:1].lower() + name[1:]


def shown(value: Any, shape: str = "") -> str:
    """A value as the messages show it."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{lower_first(key)}={shown(item)}" for key, item in value.items())
        return f"{shape}({inner})"
    if isinstance(value, list):
        return "[" + ", ".join(shown(item, shape) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


class Checker:
    """Compiles checks for the shapes of one service.

    Args:
        model: the service.
        constraints: whether lengths, ranges, patterns and enumerations are checked, beside required members.
    """

    def __init__(self, model: ServiceModel, *, constraints: bool) -> None:
        self._model = model
        self._constraints = constraints
        self._compiled: dict[str, Check | None] = {}

    def check(self, shape: str) -> Check | None:
        """The check of a shape's values, or None where there is nothing to check."""
        if shape in self._compiled:
            return self._compiled[shape]
        if self._is_free(shape):
            self._compiled[shape] = None
            return None
        # A shape inside itself is checked through this, whether or not it will have anything to check.
        self._compiled[shape] = lambda value, path, found: self._late(shape, value, path, found)
        compiled = self._compiled[shape] = self._compile(shape, self._model.shapes[shape])
        return compiled

    def _is_free(self, name: str) -> bool:
        """Whether nothing within a shape is checked, however deep: a shape may contain itself."""
        seen, left = {name}, [name]
        while left:
            shape = self._model.shapes[left.pop()]
            if shape.required or (self._constraints and self._own(shape)):
                return False
            inner = {ref.shape for ref in (*shape.members.values(), shape.member, shape.value) if ref}
            left += inner - seen
            seen |= inner
        return True

    def _late(self, shape: str, value: Any, path: str, found: list[str]) -> None:
        check = self._compiled[shape]
        if check is not None:
            check(value, path, found)

    def _compile(self, name: str, shape: Shape) -> Check | None:
        own = self._own(shape) if self._constraints else []
        inner = self._inner(shape)
        if not own:
            return inner

        def check(value: Any, path: str, found: list[str]) -> None:
            for holds, wanted in own:
                if not holds(value):
                    element = self._model.shapes[name].member
                    text = shown(value, element.shape if element else "")
                    found.append(
                        f"Value '{text}' at '{path}' failed to satisfy constraint: Member must {wanted}"
                    )
            if inner is not None:
                inner(value, path, found)

        return check

    def _inner(self, shape: Shape) -> Check | None:
        if shape.type == "structure" and not shape.document:
            return self._structure(shape)
        if shape.type == "list" and shape.member:
            element = self.check(shape.member.shape)
            return None if element is None else _each_element(element)
        if shape.type == "map" and shape.value:
            entry = self.check(shape.value.shape)
            return None if entry is None else _each_entry(entry)
        return None

    def _structure(self, shape: Shape) -> Check | None:
        required = [(name, lower_first(name)) for name in shape.required]
        inner = {
            name: (place, lower_first(name), of_member)
            for place, (name, ref) in enumerate(shape.members.items())
            if (of_member := self.check(ref.shape)) is not None
        }
        if not required and not inner:
            return None

        def check(value: Mapping[str, Any], path: str, found: list[str]) -> None:
            prefix = f"{path}." if path else ""
            for name, lower in required:
                if value.get(name) is None:
                    found.append(f"Value null at '{prefix}{lower}' {_NOT_NULL}")
            # By what was sent, which is less than what could be.
            wrong = []
            for name, item in value.items():
                member = inner.get(name)
                if member is not None and item is not None:
                    place, lower, check_member = member
                    before = len(found)
                    check_member(item, prefix + lower, found)
                    if len(found) > before:
                        wrong.append((place, found[before:]))
            if len(wrong) > 1:  # they are told in the model's order
                del found[-sum(len(of_member) for _, of_member in wrong) :]
                for _, of_member in sorted(wrong):
                    found += of_member

        return check

    @staticmethod
    def _own(shape: Shape) -> list[tuple[Callable[[Any], bool], str]]:
        out: list[tuple[Callable[[Any], bool], str]] = []
        if shape.type in _STRINGS:
            out += _pattern(shape.pattern)
        measure = float if shape.type in _NUMBERS else len
        what = "value" if shape.type in _NUMBERS else "length"
        if shape.type != "timestamp" and shape.max is not None:
            most = shape.max
            out.append((lambda value: measure(value) <= most, f"have {what} less than or equal to {most:g}"))
        if shape.type != "timestamp" and shape.min is not None and (shape.min > 0 or what == "value"):
            least = shape.min
            out.append(
                (lambda value: measure(value) >= least, f"have {what} greater than or equal to {least:g}")
            )
        if shape.enum:
            allowed = frozenset(shape.enum)
            out.append((lambda value: value in allowed, f"satisfy enum value set: [{', '.join(shape.enum)}]"))
        return out


def _pattern(pattern: str | None) -> list[tuple[Callable[[Any], bool], str]]:
    """The check of a pattern; one in a dialect that Python has not (`\\p{L}`) cannot be checked."""
    if not pattern:
        return []
    try:
        compiled = re.compile(pattern)
    except re.error:
        return []
    return [
        (
            lambda value: compiled.fullmatch(value) is not None,
            f"satisfy regular expression pattern: {pattern}",
        )
    ]


def _each_element(check: Check) -> Check:
    def each(values: list[Any], path: str, found: list[str]) -> None:
        for index, value in enumerate(values, 1):
            if value is not None:
                check(value, f"{path}.{index}.member", found)

    return each


def _each_entry(check: Check) -> Check:
    def each(values: Mapping[str, Any], path: str, found: list[str]) -> None:
        for key, value in values.items():
            check(value, f"{path}.{key}.member", found)

    return each
