"""Durations as people write and read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.model.durations import format_after, format_duration, parse_duration, parse_moment


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("1m30s", 90),
        ("1m 30s", 90),
        ("2H", 7200),
        ("500ms", 0.5),
        ("1d", 86_400),
        ("1.5h", 5400),
        ("61", 61),
        ("0", 0),
        ("1m500ms", 60.5),
    ],
)
def test_reads(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", " ", "s", "-5s", "1x", "1h1", "nan", "inf", "1e3", "٣s", "9" * 400, "1m-1s"]
)
def test_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|years"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0ms"),
        (0.25, "250ms"),
        (0.9996, "1.0s"),
        (1, "1.0s"),
        (59.96, "1m"),
        (60, "1m"),
        (90, "1m 30s"),
        (3600, "1h"),
        (3661, "1h 1m"),
        (90_000, "1d 1h"),
        (-90, "-1m 30s"),
    ],
)
def test_writes(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(1, 10**6))
def test_what_is_written_is_read_as_nearly_the_same(seconds: int) -> None:
    read = parse_duration(format_duration(seconds))
    assert read == pytest.approx(seconds, rel=0.1)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2h", 1_700_000_100.0 - 7_200),
        ("2023-11-14T22:14:00Z", 1_700_000_040.0),
        ("2023-11-14 22:14", 1_700_000_040.0),
        ("2023-11-14t19:14:00-03:00", 1_700_000_040.0),
    ],
)
def test_moments_are_times_or_how_long_ago(text: str, moment: float) -> None:
    assert parse_moment(text, 1_700_000_100.0) == moment


def test_what_is_no_moment() -> None:
    with pytest.raises(ValueError, match="ontem"):
        parse_moment("ontem", 0.0)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "+0.000s"),
        (61.4041, "+61.404s"),
        (-0.0001, "+0.000s"),
        (5000.5, "+5000.5s"),
        (90_000, "+1d 1h"),
    ],
)
def test_offsets_tell_what_happened_in_one_second_apart(seconds: float, text: str) -> None:
    assert format_after(seconds) == text
