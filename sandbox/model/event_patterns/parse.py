"""From the text of an event pattern to alternatives of field tests.

An object ands its fields; `$or` multiplies what was read so far by its alternatives. A path named twice
counts as it was written last.
Page: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

from sandbox.model.event_patterns.jsontext import Number
from sandbox.model.event_patterns.malformed import malformed, no_object
from sandbox.model.event_patterns.operators import exact, match_expression
from sandbox.model.event_patterns.reasons import InvalidEventPatternError
from sandbox.model.event_patterns.value_tests import JsonObject, Test

#: Words that cannot be field names inside `$or`: EventBridge keeps them for its operators.
_RESERVED_IN_OR = frozenset(
    (
        "exactly",
        "equals-ignore-case",
        "prefix",
        "suffix",
        "anything-but",
        "exists",
        "wildcard",
        "numeric",
        "cidr",
        "=",
        "<",
        "<=",
        ">",
        ">=",
        "regex",
        "not-wildcard",
        "not-equals-ignore-case",
        "date-after",
        "date-on-or-after",
        "date-before",
        "date-on-or-before",
        "in-date-range",
        "ip-address-in-range",
        "ip-address-not-in-range",
    )
)
#: Alternatives that nested `$or`s may multiply to.
MAX_ALTERNATIVES = 1_000


@dataclass(frozen=True, slots=True)
class FieldTest:
    """What a pattern asks of one field: any of the tests.

    Attributes:
        literals: the plain strings among them, for a quick look-up.
        others: the tests that are more than that.
        absent: whether the field may be absent.
        says: all of it in words.
    """

    literals: frozenset[str]
    others: tuple[Test, ...]
    absent: bool
    says: str

    def accepts(self, seen: Any) -> bool:
        """Whether a value of the field passes."""
        if type(seen) is str and seen in self.literals:
            return True
        return any(test.accepts(seen) for test in self.others)


#: The fields that must all pass, by dotted path.
Alternative = dict[str, FieldTest]


def parse_pattern(text: str) -> list[Alternative]:
    """The alternatives of a pattern; an event matches when it passes one of them.

    Raises:
        InvalidEventPatternError: the pattern is not JSON, or not in the language.
    """
    try:
        tree = json.loads(
            text,
            object_pairs_hook=JsonObject,
            parse_float=Number,
            parse_int=Number,
            parse_constant=_not_json,
        )
        if not isinstance(tree, JsonObject):
            raise InvalidEventPatternError(no_object(text))
        return _object(tree, "", [], inside_or=False)
    except json.JSONDecodeError as error:
        raise InvalidEventPatternError(malformed(text, error)) from None
    except RecursionError:
        raise InvalidEventPatternError("Malformed JSON: nested too deeply") from None


def _not_json(constant: str) -> NoReturn:
    raise InvalidEventPatternError(f"Malformed JSON: {constant} is not a JSON value")


def _object(tree: JsonObject, path: str, rules: list[Alternative], *, inside_or: bool) -> list[Alternative]:
    if not tree:
        raise InvalidEventPatternError("Empty objects are not allowed")
    for name, value in tree:
        if name == "$or":
            rules = _or(value, path, rules)
            continue
        if inside_or and name in _RESERVED_IN_OR:
            raise InvalidEventPatternError(
                f"{name} is Ruler reserved fieldName which cannot be used inside $or."
            )
        inner = f"{path}.{name}" if path else name
        if isinstance(value, JsonObject):
            rules = _object(value, inner, rules, inside_or=inside_or)
        elif isinstance(value, list):
            field = _field(value)
            rules = [{**rule, inner: field} for rule in rules or [{}]]
        else:
            raise InvalidEventPatternError(f'"{name}" must be an object or an array')
    return rules


def _or(value: Any, path: str, rules: list[Alternative]) -> list[Alternative]:
    if isinstance(value, JsonObject) or not isinstance(value, list):
        raise InvalidEventPatternError("It must be an Array followed with $or.")
    together: list[Alternative] = []
    for choice in value:
        if not isinstance(choice, JsonObject):
            raise InvalidEventPatternError("Only JSON object is allowed in array of $or relationship.")
        together += _object(choice, path, rules or [{}], inside_or=True)
        if len(together) > MAX_ALTERNATIVES:
            raise InvalidEventPatternError(f"$or relationships combine to more than {MAX_ALTERNATIVES} rules")
    if len(value) < 2:
        raise InvalidEventPatternError("There must have at least 2 Objects in $or relationship.")
    return together


def _field(values: list[Any]) -> FieldTest:
    tests = [match_expression(item) if isinstance(item, JsonObject) else exact(item) for item in values]
    if not tests:
        raise InvalidEventPatternError("Empty arrays are not allowed")
    return FieldTest(
        literals=frozenset(test.literal for test in tests if test.literal is not None),
        others=tuple(test for test in tests if test.literal is None),
        absent=any(test.absent for test in tests),
        says=" or ".join(test.says for test in tests),
    )
