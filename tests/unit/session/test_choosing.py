"""Ids that somebody means, or may have meant."""

from __future__ import annotations

import pytest

from sandbox.session.choosing import chosen_of, near_ids

IDS = ["7f6c2a0e-3c1f", "7f6c9999-0000", "11112222-3333"]


@pytest.mark.parametrize(
    ("reference", "near"),
    [("7f6c", IDS[:2]), ("2222", IDS[2:]), ("11112222-3334", IDS[2:]), ("nada", []), ("", [])],
)
def test_near_ids(reference: str, near: list[str]) -> None:
    assert near_ids(reference, IDS) == near


def test_a_message_is_meant_by_the_beginning_of_its_id() -> None:
    assert chosen_of(IDS, ["7f6c2", "1111"]) == (["7f6c2a0e-3c1f", "11112222-3333"], {})
    chosen, kept = chosen_of(IDS, ["7f6c", "zzzz", "111"])
    assert chosen == []
    assert "several ids begin with it" in kept["7f6c"]
    assert "it is not in the queue" in kept["zzzz"]
    assert "it is not in the queue" in kept["111"]
