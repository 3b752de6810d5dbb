"""The words in which a fault is planned."""

from __future__ import annotations

import pytest

from tui.present.faults import read_plan, why_no_plan


class TestWords:
    def test_they_are_the_options_of_the_command(self) -> None:
        words = "--function 'nfe-*' --set at=after-commit --nth=2 --probability 0.2 --seed 7 --always"
        assert read_plan("kill", words) == {
            "kind": "kill",
            "match": {"function": "nfe-*"},
            "settings": {"at": "after-commit"},
            "nth": 2,
            "times": None,
            "probability": 0.2,
            "seed": 7,
        }

    def test_nothing_strikes_anything_once(self) -> None:
        assert read_plan("throttle", "") == {"kind": "throttle", "match": {}, "settings": {}, "times": 1}

    @pytest.mark.parametrize(
        ("words", "why"),
        [
            ("estoque-reserva", "belongs to no option"),
            ("--queue", "--queue needs a value"),
            ("--queue 'open", "No closing quotation"),
            ("--times often", "--times is a number, not often"),
            ("--times 0", "times cannot be 0"),
            ("--times 2 --always", "exclude each other"),
            ("--set after", "sets nothing"),
            ("--set after=-1", "at least 0"),
            ("--function nfe-estoque-dev", "duplicate cannot be chosen by function"),
            ("--queue pedidos.fifo", "cannot strike a FIFO queue"),
            ("--probability nan", "the probability cannot be nan"),
            ("--queue estoque-reserva --times 3", ""),
        ],
    )
    def test_what_cannot_be_is_told_before_it_is_asked_for(self, words: str, why: str) -> None:
        told = why_no_plan("duplicate", words)
        assert why in told
        assert bool(told) is bool(why)
