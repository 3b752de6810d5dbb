"""What the commands say becomes of a sandbox."""

from __future__ import annotations

import pytest

from sandbox.cli.summary import what_stays


@pytest.mark.parametrize(
    ("engine", "keep", "words"),
    [
        ("embedded", False, "its state stays"),
        ("docker", False, "what is deployed goes with the containers"),
        ("docker", True, "the containers stay"),
    ],
)
def test_who_stops_a_sandbox_knows_what_goes_with_it(engine: str, keep: bool, words: str) -> None:
    assert what_stays(engine, keep=keep).startswith(words)
