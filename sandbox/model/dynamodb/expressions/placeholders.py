"""ExpressionAttributeNames and ExpressionAttributeValues of one request."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Set
from typing import Any, TypeVar

from sandbox.model.dynamodb.errors import validation
from sandbox.model.dynamodb.expressions.tokens import Tokens
from sandbox.model.dynamodb.reserved import RESERVED
from sandbox.model.dynamodb.values import Value, in_expression, kind_of

T = TypeVar("T")
#: Characters of a placeholder, at most, its mark included.
_MAX_KEY = 255
_KEYS = {"#": re.compile(r"#[A-Za-z0-9_]+\Z"), ":": re.compile(r":[A-Za-z0-9_]+\Z")}


class Placeholders:
    """What stands for names and values in the expressions of a request; all must be used.

    Raises:
        AwsError: ValidationException: a key has the wrong form, or a value is invalid.
    """

    def __init__(self, names: Mapping[str, str] | None, values: Mapping[str, Any] | None) -> None:
        self._names = _checked("ExpressionAttributeNames", "#", names)
        raw = _checked("ExpressionAttributeValues", ":", values)
        self._values = {key: in_expression(key, value) for key, value in raw.items()}
        self._used: set[str] = set()

    @property
    def none(self) -> bool:
        """Whether the request has none."""
        return not self._names and not self._values

    def shape(self) -> Hashable:
        """What the reading of an expression depends on: the names, and the kinds of the values."""
        kinds = tuple([(key, kind_of(value)) for key, value in self._values.items()])
        return tuple(self._names.items()), kinds

    def length(self) -> int:
        """Characters of the shape."""
        names = sum(len(key) + len(name) for key, name in self._names.items())
        return names + sum(map(len, self._values))

    def values(self) -> list[Value]:
        """The checked values, in the order of the request."""
        return list(self._values.values())

    def use(self, used: Set[str]) -> None:
        """Takes note of placeholders that an expression uses."""
        self._used |= used

    def used_by(self, read: Callable[[], T]) -> tuple[T, frozenset[str]]:
        """What `read` makes, and the placeholders that it uses."""
        before, self._used = self._used, set()
        made = read()
        used = frozenset(self._used)
        self._used |= before
        return made, used

    def check_wanted(self, expressions: Mapping[str, Any]) -> None:
        """Refuses placeholders in a request that has no expression.

        Args:
            expressions: those that the request could have had, by name, with what it has.

        Raises:
            AwsError: ValidationException.
        """
        if any(text is not None for text in expressions.values()):
            return
        for kind, given in (("Names", self._names), ("Values", self._values)):
            if given:
                without = " and ".join(expressions)
                verb = "is" if len(expressions) == 1 else "are"
                raise validation(
                    f"ExpressionAttribute{kind} can only be specified when using expressions: "
                    f"{without} {verb} null"
                )

    def name(self, tokens: Tokens, alias: str) -> str:
        """The attribute name that `#alias` stands for.

        Raises:
            AwsError: ValidationException: there is none.
        """
        found = self._names.get(alias)
        if found is None:
            raise tokens.error(
                "An expression attribute name used in the document path is not defined; "
                f"attribute name: {alias}"
            )
        self._used.add(alias)
        return str(found)

    def plain(self, tokens: Tokens, name: str) -> str:
        """An attribute name that stands for itself.

        Raises:
            AwsError: ValidationException: it is a reserved word.
        """
        if name.upper() in RESERVED:
            raise tokens.error(f"Attribute name is a reserved keyword; reserved keyword: {name}")
        return name

    def value(self, tokens: Tokens, key: str) -> Value:
        """The value that `:key` stands for.

        Raises:
            AwsError: ValidationException: there is none.
        """
        found = self._values.get(key)
        if found is None:
            raise tokens.error(
                f"An expression attribute value used in expression is not defined; attribute value: {key}"
            )
        self._used.add(key)
        return found

    def check_used(self) -> None:
        """Refuses placeholders that no expression used.

        Raises:
            AwsError: ValidationException.
        """
        for kind, given in (("Names", self._names), ("Values", self._values)):
            unused = [key for key in given if key not in self._used]
            if unused:
                raise validation(
                    f"Value provided in ExpressionAttribute{kind} unused in expressions: "
                    f"keys: {{{', '.join(unused)}}}"
                )


def _checked(kind: str, mark: str, given: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not given:
        raise validation(f"{kind} must not be empty")
    for key in given:
        if not _KEYS[mark].match(key):
            raise validation(f'{kind} contains invalid key: Syntax error; key: "{key}"')
        if len(key) > _MAX_KEY:
            size = f" size of key: {len(key)}" if mark == "#" else ""
            raise validation(
                f"{kind} contains invalid key: The expression attribute map contains a key that is too "
                f"long;{size}"
            )
    return given
