"""Flows and log lines as text."""

from __future__ import annotations

import pytest

from tests.tui import canned
from tests.tui.presenting import scene, words
from tui.present import (
    flows,
    logs,
)
from tui.present.cells import Tone, plain
from tui.present.ring import Ring


class TestFlows:
    def test_the_tree_is_drawn_with_causes_above_effects(self) -> None:
        tree = flows.steps(canned.flow("103"))
        shown = [plain(flows.TREE.cells(step, scene())[1]) for step in tree]  # type: ignore[arg-type]
        assert shown[0].startswith("⇄ request POST /api/v1/notas")
        assert shown[1].startswith("└─ƒ invoke nfe-notas-api-dev")
        assert shown[2].startswith("  └╌◇ event NotaFiscalCriada")
        assert "inferred, published by hop 90" in shown[2]
        assert "☠ dead letter estoque-reserva-dlq" in shown[-1]

    def test_stepping_goes_by_time(self) -> None:
        order = [step.branch.hop.at for step in flows.in_time(flows.steps(canned.flow("103")))]
        assert order == sorted(order)

    def test_a_hop_shows_its_log_and_payload(self) -> None:
        tree = flows.steps(canned.flow("104"))
        shown = words(flows.hop_detail(tree[1])(80))
        assert "emitida" in shown
        assert "notaFiscalId" in words(flows.hop_detail(tree[0])(80))

    def test_why_a_rule_did_not_match(self) -> None:
        shown = [plain(flows.near_miss(miss)) for miss in canned.MISSES]
        assert shown[0] == "● matched nfe-nota-criada-dev"
        assert "no match" in shown[1]
        assert '$.source: "nfe.faturamento" is not one of' in shown[1]


class TestLogs:
    @pytest.mark.parametrize(
        ("message", "tone"),
        [
            ("[ERROR] boom", Tone.BAD),
            ("ValueError: x", Tone.BAD),
            ("[WARNING] x", Tone.WARN),
            ("START RequestId: 1", Tone.IDLE),
            ("no errors here", Tone.PLAIN),
        ],
    )
    def test_loudness(self, message: str, tone: Tone) -> None:
        assert logs.level(message) is tone

    def test_the_ring_is_bounded_and_counts_what_it_drops(self) -> None:
        ring = Ring(100)
        ring.add(canned.log_lines(250), dropped=7)
        assert len(ring.lines) == 100
        assert ring.dropped == 157
        assert ring.total == 257
        assert ring.lines[-1] == canned.log_lines(250)[-1]
