"""The token bucket: rate and burst on virtual time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sandbox.model.apis.throttle import TokenBucket


def bucket(rate: float, burst: float) -> TokenBucket:
    return TokenBucket(rate, burst, burst, 0)


def test_lets_the_burst_through_and_then_the_rate() -> None:
    tokens = bucket(100, 200)
    assert [tokens.take(0) for _ in range(201)] == [True] * 200 + [False]
    assert [tokens.take(0.05) for _ in range(6)] == [True] * 5 + [False]
    assert [tokens.take(60) for _ in range(201)].count(True) == 200


def test_a_burst_of_zero_lets_nobody_through() -> None:
    tokens = bucket(100, 0)
    assert not tokens.take(10)


def test_time_that_stands_fills_nothing() -> None:
    tokens = bucket(10, 1)
    assert tokens.take(5)
    assert not tokens.take(5)
    assert not tokens.take(4)


@given(
    st.integers(1, 50),
    st.integers(1, 50),
    st.lists(st.floats(0, 2, allow_nan=False), min_size=1, max_size=200),
)
def test_never_more_than_burst_and_rate_allow(rate: int, burst: int, pauses: list[float]) -> None:
    tokens, now, taken = bucket(rate, burst), 0.0, 0
    for pause in pauses:
        now += pause
        taken += tokens.take(now)
        assert taken <= burst + rate * now + 0.02
