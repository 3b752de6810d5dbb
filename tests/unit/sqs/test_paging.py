"""Pages of names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.model.awserror import AwsError
from sandbox.services.sqs.paging import page_of


@given(st.lists(st.text("abc-", min_size=1, max_size=5), unique=True).map(sorted), st.integers(1, 5))
def test_pages_give_every_name_once(names: list[str], limit: int) -> None:
    seen: list[str] = []
    token: str | None = None
    while True:
        page, token = page_of(names, limit, token)
        seen += page
        if token is None:
            break
    assert seen == names


def test_a_token_survives_the_queue_that_it_names() -> None:
    _, token = page_of(["a", "b", "c"], 2, None)
    assert page_of(["a", "c"], 2, token) == (["c"], None)


@pytest.mark.parametrize(("limit", "token"), [(0, None), (1001, None), (5, "%"), (5, "é"), (5, "/w==")])
def test_bad_pages(limit: int, token: str | None) -> None:
    with pytest.raises(AwsError, match="InvalidParameterValue"):
        page_of(["a"], limit, token)
