"""Orders of resources, and what refers to what."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.deploy.graph import order, removal_order
from sandbox.deploy.template.problem import Problem
from sandbox.deploy.template.references import references

NAMES = st.integers(0, 12)


@given(st.lists(st.tuples(NAMES, NAMES), max_size=40), st.randoms())
def test_everything_comes_after_what_it_needs_however_it_was_written(
    edges: list[tuple[int, int]], random: Any
) -> None:
    needs = {
        f"r{n:02}": tuple(sorted({f"r{min(e):02}" for e in edges if max(e) == n != min(e)}))
        for n in range(13)
    }
    ordered = order(needs)
    assert sorted(ordered) == sorted(needs)
    assert all(ordered.index(needed) < ordered.index(name) for name in needs for needed in needs[name])
    shuffled = list(needs)
    random.shuffle(shuffled)
    assert order({name: needs[name] for name in shuffled}) == ordered
    assert removal_order(needs) == ordered[::-1]


def test_a_circle_is_named() -> None:
    with pytest.raises(Problem) as caught:
        order({"A": ("B",), "B": ("C",), "C": ("A",), "D": ()})
    assert "A -> B -> C -> A" in caught.value.why


def test_a_circle_does_not_stop_a_removal() -> None:
    assert removal_order({"A": ("B",), "B": ("A", "gone")}) == ["B", "A"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "A"}, {"A"}),
        ({"Fn::GetAtt": ["A", "Arn"]}, {"A"}),
        ({"Fn::GetAtt": "A.Arn"}, {"A"}),
        ({"Fn::Sub": "${A.Arn}${B}${!C}${ D }"}, {"A", "B", "D"}),
        ({"Fn::Sub": ["${A}${B}", {"A": {"Ref": "C"}}]}, {"B", "C"}),
        ([{"x": {"y": {"Ref": "A"}, "z": {"Ref": "B"}}}], {"A", "B"}),
        ({"Fn::If": ["yes", {"Ref": "A"}, {"Ref": "B"}]}, {"A"}),
        ({"Fn::If": ["no", {"Ref": "A"}, {"Ref": "B"}]}, {"B"}),
        ("A", set()),
    ],
)
def test_references(value: Any, expected: set[str]) -> None:
    assert set(references(value, lambda name, _: name == "yes")) == expected
