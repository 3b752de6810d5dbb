"""Profiles of load."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.load.profile import parse_profile


def test_requests_leave_evenly() -> None:
    assert list(parse_profile("4/s for 1s").times()) == [0.0, 0.25, 0.5, 0.75]


def test_a_ramp_holds_the_mean_of_its_rates() -> None:
    times = list(parse_profile("10/s to 30/s over 10s").times())
    assert len(times) == 200
    first, last = (sum(low <= time < low + 1 for time in times) for low in (0, 9))
    assert (first, last) == (11, 29)


def test_parts_follow_one_another() -> None:
    profile = parse_profile("50/s for 2s, then pause 3s, then 500/s for 1s")
    times = list(profile.times())
    assert (profile.seconds, len(times)) == (6.0, 600)
    assert not [time for time in times if 2 <= time < 5]
    assert [profile.rate_at(moment) for moment in (1, 4, 5.5, 7)] == [50, 0, 500, 0]


@given(
    st.lists(
        st.one_of(
            st.builds("{}/s for {}s".format, st.integers(1, 300), st.integers(1, 9)),
            st.builds(
                "{}/s to {}/s over {}s".format, st.integers(1, 300), st.integers(1, 300), st.integers(1, 9)
            ),
            st.builds("pause {}s".format, st.integers(1, 9)),
        ),
        min_size=1,
        max_size=4,
    ).filter(lambda parts: any("/s" in part for part in parts))
)
def test_times_grow_and_stay_within(parts: list[str]) -> None:
    profile = parse_profile(", then ".join(parts))
    times = list(profile.times())
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= profile.seconds
    assert abs(len(times) - sum(phase.requests for phase in profile.phases)) <= 1


@pytest.mark.parametrize(
    "text", ["", "fast", "50 for 10s", "50/s for", "pause 3s", "99999/s for 1s", "5/s for 0s"]
)
def test_what_is_no_profile(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_profile(text)
