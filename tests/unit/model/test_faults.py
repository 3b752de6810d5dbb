"""Which faults can be planned, and when one that was planned strikes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.errors import UsageError
from sandbox.model.faults import KINDS, MATCHES, FaultKind, PlannedFault, planned_fault

ARN = "arn:aws:sqs:us-east-1:000000000000:estoque-reserva"


def plan(kind: str = "duplicate", settings: dict[str, Any] | None = None, **more: Any) -> PlannedFault:
    match = more.pop("match", {})
    return planned_fault("id", kind, match=match, settings=settings or {}, **more)


@pytest.mark.parametrize("kind", FaultKind)
def test_every_kind_is_described_and_can_be_planned_as_it_is(kind: FaultKind) -> None:
    facts = KINDS[kind]
    assert facts.about
    assert set(facts.match) <= set(MATCHES)
    defaults = {name: setting.default for name, setting in facts.settings.items()}
    assert plan(kind).settings == defaults
    assert plan(kind, {name: str(value) for name, value in defaults.items()}).settings == defaults


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"kind": "dupliacte"}, "did you mean duplicate"),
        ({"match": {"rule": "x"}}, "cannot be chosen by rule"),
        ({"settings": {"seconds": 1}}, "has no setting seconds"),
        ({"settings": {"after": "soon"}}, "it is a number"),
        ({"settings": {"after": -1}}, "at least 0"),
        ({"settings": {"after": "nan"}}, "at least 0"),
        ({"kind": "kill", "settings": {"at": "lunch"}}, "one of start"),
        ({"kind": "error", "settings": {"done": "maybe"}}, "true or false"),
        ({"kind": "error", "settings": {"status": 200}}, "at least 400"),
        ({"match": {"queue": "pedidos.fifo"}}, "cannot strike a FIFO queue"),
        ({"nth": 0}, "first match is 1"),
        ({"times": 0}, "at least once"),
        ({"probability": 0}, "above 0"),
        ({"probability": float("nan")}, "above 0"),
    ],
)
def test_what_cannot_be_is_refused_by_name(asked: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan(**asked)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("match", "concerned"),
    [
        ({}, True),
        ({"queue": "estoque-reserva"}, True),
        ({"queue": ARN}, True),
        ({"queue": "estoque-*"}, True),
        ({"queue": "reserva"}, False),
        ({"queue": "estoque-reserva", "account": "000000000000"}, True),
        ({"queue": "estoque-reserva", "account": "111111111111"}, False),
    ],
)
def test_names_arns_and_patterns_choose(match: dict[str, str], concerned: bool) -> None:
    assert plan(match=match).concerns({"queue": ARN, "account": "000000000000"}) is concerned


def strikes(fault: PlannedFault, matches: int) -> list[int]:
    """The numbers of the matches at which it strikes."""
    struck = []
    for number in range(1, matches + 1):
        met = fault.met()
        if met.struck > fault.struck:
            struck.append(number)
        fault = met
    return struck


def test_it_strikes_from_the_nth_match_on_so_many_times() -> None:
    assert strikes(plan(), 5) == [1]
    assert strikes(plan(nth=3, times=2), 9) == [3, 4]
    assert strikes(plan(times=None), 4) == [1, 2, 3, 4]


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 1000), probability=st.floats(0.05, 0.95))
def test_the_same_seed_strikes_the_same_matches(seed: int, probability: float) -> None:
    fault = plan(times=None, probability=probability, seed=seed)
    found = strikes(fault, 200)
    assert found == strikes(fault, 200)
    assert abs(len(found) / 200 - probability) < 0.25


def test_another_seed_strikes_others() -> None:
    assert len({tuple(strikes(plan(times=None, probability=0.5, seed=seed), 40)) for seed in range(9)}) == 9
