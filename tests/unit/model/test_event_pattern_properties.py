"""Properties of patterns, and the index that spares most of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.model.event_patterns import (
    EventPattern,
    RuleIndex,
    compact,
    decode,
    encode,
    explain,
    flatten,
)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.text(max_size=6),
)
names = st.text(alphabet="abcxyz", min_size=1, max_size=3)
events = st.dictionaries(
    names,
    st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(names, inner, min_size=1, max_size=3)
        ),
        max_leaves=8,
    ),
    min_size=1,
    max_size=4,
)


def exact_pattern(value: Any) -> Any:
    """The pattern that asks for one choice of what is in an event; None where nothing can be asked."""
    if isinstance(value, dict):
        inner = {name: asked for name, item in value.items() if (asked := exact_pattern(item)) is not None}
        return inner or None
    if isinstance(value, list):
        asked = [exact_pattern(item) for item in value]
        return next((item for item in asked if item is not None), None)
    return [value]


@given(events)
@settings(max_examples=150, deadline=None)
def test_a_pattern_built_from_an_event_matches_it(event: dict[str, Any]) -> None:
    pattern = exact_pattern(event)
    if pattern is not None:
        assert explain(json.dumps(pattern), json.dumps(event)) is None


@given(events, st.text(max_size=6), st.text(max_size=4))
@settings(max_examples=100, deadline=None)
def test_anything_but_is_the_opposite_of_exact_for_a_field_that_is_there(
    event: dict[str, Any], text: str, other: str
) -> None:
    event["campo"] = text
    flat = flatten(decode(json.dumps(event)))
    for exact, but in (
        ([other], {"anything-but": other}),
        ([{"equals-ignore-case": other}], {"anything-but": {"equals-ignore-case": other}}),
        ([{"prefix": other or "a"}], {"anything-but": {"prefix": other or "a"}}),
        ([{"suffix": other or "a"}], {"anything-but": {"suffix": other or "a"}}),
    ):
        one = EventPattern(json.dumps({"campo": exact})).matches(flat)
        assert one != EventPattern(json.dumps({"campo": [but]})).matches(flat)


@given(st.text(alphabet="ab*\\", max_size=8), st.text(alphabet="ab*\\", max_size=12))
@settings(max_examples=200, deadline=None)
def test_wildcards_match_as_the_slow_way_does(pieces: str, value: str) -> None:
    segments = pieces.replace("\\", "").split("*")
    while "" in segments[1:-1]:
        segments.remove("")
    pattern = "*".join(segments) if len(segments) < 5 else "*"
    event = flatten({"v": value})
    assert EventPattern(json.dumps({"v": [{"wildcard": pattern}]})).matches(event) is slowly(pattern, value)


def slowly(pattern: str, value: str) -> bool:
    if not pattern:
        return not value
    if pattern[0] == "*":
        return any(slowly(pattern[1:], value[start:]) for start in range(len(value) + 1))
    return bool(value) and pattern[0] == value[0] and slowly(pattern[1:], value[1:])


fields = st.sampled_from(["source", "detail-type", "kind", "deep"])
words = st.sampled_from(["a", "b", "c"])
alternatives = st.one_of(
    words,
    st.sampled_from([{"prefix": "a"}, {"exists": False}, {"exists": True}, {"anything-but": "b"}, None, 1]),
)
field_patterns = st.lists(alternatives, min_size=1, max_size=2)


@st.composite
def rule_patterns(draw: st.DrawFn) -> str:
    """A pattern over a few fields, so that rules often ask for the same."""
    simple = st.dictionaries(fields, field_patterns, min_size=1, max_size=3)
    pattern: dict[str, Any] = draw(simple)
    if "deep" in pattern:
        pattern["deep"] = {"x": pattern["deep"]}
    if draw(st.booleans()):
        pattern["$or"] = [{"source": draw(field_patterns)}, {"kind": draw(field_patterns), "y": [1]}]
    return json.dumps(pattern)


values = st.one_of(words, st.none(), st.just(1), st.lists(words, max_size=3))
small_events = st.fixed_dictionaries(
    {},
    optional={
        "source": values,
        "detail-type": values,
        "kind": values,
        "y": st.just(1),
        "deep": st.one_of(
            st.fixed_dictionaries({"x": values}),
            st.lists(st.fixed_dictionaries({"x": values}), max_size=2),
        ),
    },
)


@given(patterns=st.lists(rule_patterns(), max_size=14), event=small_events)
def test_the_index_and_trying_every_rule_agree(patterns: list[str], event: dict[str, Any]) -> None:
    rules = [EventPattern(pattern) for pattern in patterns]
    index: RuleIndex[int] = RuleIndex()
    for number, rule in enumerate(rules):
        index.add(rule, number)
    flat = flatten(decode(json.dumps(event)))
    found = [number for number in index.candidates(flat) if rules[number].matches(flat)]
    assert found == [number for number, rule in enumerate(rules) if rule.matches(flat)]


@pytest.mark.parametrize(
    "pattern",
    [
        '{"source": ["loja"], "detail-type": ["Tipo%d"]}',
        '{"source": ["loja%d"], "detail-type": [{"prefix": "Tipo"}]}',
        '{"source": ["loja"], "detail-type": ["Tipo0"], "detail": {"cliente": ["c%d"]}}',
        '{"source": ["loja", "banca"], "detail": {"pedido": {"estado": ["e%d", "f%d"]}}}',
    ],
)
def test_of_three_hundred_rules_few_are_tried(pattern: str) -> None:
    index: RuleIndex[int] = RuleIndex()
    for number in range(300):
        index.add(EventPattern(pattern.replace("%d", str(number))), number)
    detail = {"cliente": "c0", "pedido": {"estado": "f0"}}
    for source in ("loja", "loja0"):
        event = {"source": source, "detail-type": "Tipo0", "detail": detail}
        assert len(index.candidates(flatten(decode(json.dumps(event))))) <= 3


def test_the_index_keeps_the_order_of_rules() -> None:
    index: RuleIndex[str] = RuleIndex()
    rules = {
        "by source": '{"source": ["a", "b"]}',
        "by type": '{"source": [{"prefix": "a"}], "detail-type": ["t"]}',
        "always": '{"detail": {"x": [1]}}',
        "either": '{"$or": [{"source": ["c"]}, {"detail-type": ["u"]}]}',
        "both choices": '{"$or": [{"source": ["c"], "x": [1]}, {"source": ["d"]}]}',
        "maybe absent": '{"source": ["a", {"exists": false}]}',
    }
    for name, pattern in rules.items():
        index.add(EventPattern(pattern), name)
    first = flatten(decode('{"source": "a", "detail-type": "t"}'))
    assert index.candidates(first) == ["by source", "by type", "always", "either", "maybe absent"]
    second = flatten(decode('{"source": "d", "detail-type": "x"}'))
    found = index.candidates(second)
    assert "both choices" in found
    assert "by source" not in found


def test_numbers_keep_their_text() -> None:
    text = '{"a": 1.0, "b": [1e3, 123456789012345678901234567890], "c": "\\u00e9"}'
    assert encode(decode(text)) == '{"a":1.0,"b":[1e3,123456789012345678901234567890],"c":"é"}'
    assert compact(text) == '{"a":1.0,"b":[1e3,123456789012345678901234567890],"c":"\\u00e9"}'
