"""An expression that came before with other values is read, and refused, as if it were new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import pytest

from sandbox.model.awserror import AwsError
from sandbox.model.dynamodb.expressions import again
from sandbox.model.dynamodb.expressions.conditions import parse_condition
from sandbox.model.dynamodb.expressions.placeholders import Placeholders
from sandbox.model.dynamodb.expressions.updates import parse_update

#: Names and values with which an expression comes, one time after another.
Times = Sequence[tuple[Mapping[str, str] | None, Mapping[str, Any] | None]]
UPDATES: Mapping[str, Times] = {
    "SET a = :v, #b = if_not_exists(#b, :w) + :n REMOVE c[1]": [
        ({"#b": "b"}, {":v": {"S": "um"}, ":w": {"N": "1"}, ":n": {"N": "2"}}),
        ({"#b": "b"}, {":v": {"S": "dois"}, ":w": {"N": "3.0"}, ":n": {"N": "4"}}),
        ({"#b": "d"}, {":v": {"S": "dois"}, ":w": {"N": "3"}, ":n": {"N": "4"}}),
        ({"#b": "a"}, {":v": {"S": "dois"}, ":w": {"N": "3"}, ":n": {"N": "4"}}),  # twice the same path
        ({"#b": "b"}, {":n": {"N": "4"}, ":v": {"L": [{"N": "01"}]}, ":w": {"N": "3"}}),
        ({"#b": "b"}, {":v": {"S": "um"}, ":w": {"N": "1"}, ":n": {"S": "2"}}),
        ({"#b": "b"}, {":v": {"S": "um"}, ":w": {"N": "1"}}),
        ({"#b": "b"}, {":v": {"S": "um"}, ":w": {"N": "1"}, ":n": {"N": "2"}, ":x": {"N": "1"}}),
        ({"#b": "b", "#c": "c"}, {":v": {"S": "um"}, ":w": {"N": "1"}, ":n": {"N": "2"}}),
        (None, {":v": {"S": "um"}, ":w": {"N": "1"}, ":n": {"N": "2"}}),
    ],
    "ADD n :n, s :s DELETE t :s": [
        (None, {":n": {"N": "1"}, ":s": {"SS": ["b", "a"]}}),
        (None, {":n": {"N": "2"}, ":s": {"SS": ["c"]}}),
        (None, {":n": {"NS": ["2"]}, ":s": {"SS": ["c"]}}),
        (None, {":n": {"S": "2"}, ":s": {"SS": ["c"]}}),
        (None, {":n": {"N": "2"}, ":s": {"N": "1"}}),
    ],
    "SET l = list_append(l, :v)": [
        (None, {":v": {"L": [{"S": "a"}]}}),
        (None, {":v": {"L": []}}),
        (None, {":v": {"S": "a"}}),
    ],
}
CONDITIONS: Mapping[str, Times] = {
    "a = :v AND NOT (#b < :v OR begins_with(c, :w))": [
        ({"#b": "b"}, {":v": {"S": "um"}, ":w": {"S": "d"}}),
        ({"#b": "b"}, {":v": {"S": "dois"}, ":w": {"S": "t"}}),
        ({"#b": "b"}, {":v": {"BOOL": True}, ":w": {"S": "t"}}),
        ({"#b": "b"}, {":v": {"S": "dois"}, ":w": {"N": "1"}}),
        ({"#b": "z"}, {":v": {"S": "dois"}, ":w": {"S": "t"}}),
    ],
    "a BETWEEN :v AND :w": [
        (None, {":v": {"N": "1"}, ":w": {"N": "2"}}),
        (None, {":v": {"N": "3"}, ":w": {"N": "2"}}),
        (None, {":v": {"N": "2"}, ":w": {"N": "10"}}),
    ],
    "attribute_type(a, :v)": [
        (None, {":v": {"S": "N"}}),
        (None, {":v": {"S": "SS"}}),
        (None, {":v": {"S": "nenhum"}}),
    ],
    "a IN (:v, :w) AND size(b) > :n": [
        (None, {":v": {"N": "1"}, ":w": {"S": "2"}, ":n": {"N": "5"}}),
        (None, {":v": {"N": "7"}, ":w": {"S": "8"}, ":n": {"N": "9"}}),
        (None, {":v": {"N": "7"}, ":w": {"S": "8"}, ":n": {"L": []}}),
    ],
}


def outcome(kind: str, text: str, names: Mapping[str, str] | None, values: Mapping[str, Any] | None) -> Any:
    """What was read, or the refusal, which includes that all placeholders are used."""
    try:
        placeholders = Placeholders(names, values)
        read: Any
        if kind == "UpdateExpression":
            read = parse_update(text, placeholders)
        else:
            read = parse_condition(kind, text, placeholders)
        placeholders.check_used()
    except AwsError as error:
        return error.code, error.message
    return read


_spaces = count(1)


def anew(text: str) -> str:
    """The same expression as nobody has read it: spaces make another text of it."""
    return text + " " * next(_spaces)


@pytest.mark.parametrize(
    ("kind", "text", "times"),
    [
        *[("UpdateExpression", text, times) for text, times in UPDATES.items()],
        *[("ConditionExpression", text, times) for text, times in CONDITIONS.items()],
    ],
)
def test_again_is_as_at_first(kind: str, text: str, times: Times) -> None:
    for names, values in [*times, *times]:
        assert outcome(kind, text, names, values) == outcome(kind, anew(text), names, values)


def test_what_one_expression_uses_the_other_need_not() -> None:
    for value in ("um", "dois"):
        placeholders = Placeholders({"#a": "a", "#b": "b"}, {":v": {"S": value}, ":w": {"S": "x"}})
        update = parse_update("SET #a = :v", placeholders)
        assert update.sets[0].value.value == {"S": value}  # type: ignore[union-attr]
        with pytest.raises(AwsError, match="unused in expressions"):
            placeholders.check_used()
        parse_condition("ConditionExpression", "#b = :w", placeholders)
        placeholders.check_used()


def test_what_was_read_before_keeps_its_values() -> None:
    first = parse_update("SET f = :v", Placeholders(None, {":v": {"S": "um"}}))
    second = parse_update("SET f = :v", Placeholders(None, {":v": {"S": "dois"}}))
    assert [one.sets[0].value for one in (first, second)] != [second.sets[0].value] * 2
    assert first.sets[0].value.value == {"S": "um"}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("names", "values", "kept"),
    [
        ({"#a": "curto"}, {":v": {"S": "x" * 10_000}}, True),
        ({"#a": "x" * 10_000}, {":v": {"S": "um"}}, False),
        ({"#a": "a"}, {":v": {"S": "um"}, **{f":{n}{'x' * 200}": {"S": "um"} for n in range(30)}}, False),
    ],
)
def test_what_is_long_is_not_remembered(
    names: Mapping[str, str], values: Mapping[str, Any], kept: bool
) -> None:
    text = anew("SET #a = :v")
    for content in ("um", "dois"):
        placeholders = Placeholders(names, {**values, ":v": {"S": content}})
        update = parse_update(text, placeholders)
        assert update.sets[0].value.value == {"S": content}  # type: ignore[union-attr]
    known = again._known.get(("UpdateExpression", text, placeholders.shape()))
    assert (known is not None) is kept
