"""Flows and log lines as text."""

from __future__ import annotations

import msgspec
import pytest

from tests.tui import canned
from tests.tui.presenting import scene, words
from tui.present import (
    flows,
    logs,
)
from tui.present.cells import Tone, plain, width_of
from tui.present.ring import Ring


def hop_in(step: flows.Step, width: int) -> str:
    """What the tree says of a hop, in so many cells."""
    cell = flows.TREE.cells(step, scene())[1]
    assert callable(cell)
    return plain(cell(width)).rstrip()


class TestFlows:
    def test_the_tree_is_drawn_with_causes_above_effects(self) -> None:
        tree = flows.steps(canned.flow("103"))
        shown = [hop_in(step, 100) for step in tree]
        assert shown[0].startswith("⇄ request POST /api/v1/notas")
        assert shown[1].startswith("└─ƒ invoke nfe-notas-api-dev")
        assert shown[2].startswith("  └╌◇ event NotaFiscalCriada")
        assert "inferred, published by hop 90" in shown[2]
        assert "☠ dead letter estoque-reserva-dlq" in shown[-1]

    def test_how_a_hop_went_is_said_where_its_name_is_too_long(self) -> None:
        tree = flows.steps(canned.flow("103"))
        assert hop_in(tree[0], 30) == "⇄ request POST /a…1/notas  201"
        assert hop_in(tree[2], 49) == "  └╌◇ event NotaFiscalCriada on nf…ev  ≈ inferred"
        assert hop_in(tree[2], 44) == "  └╌◇ event NotaFiscalCriada on nfe-…-dev  ≈"

    def test_how_a_request_was_answered_is_said_where_its_path_is_too_long(self) -> None:
        flow = msgspec.structs.replace(canned.FLOWS[0], what=f"GET /api/v1/notas/{'0' * 36}", http_status=404)
        what = flows.FLOWS.cells(flow, scene())[4]
        assert callable(what)
        assert plain(what(30)) == "GET /api/v1/n…000000000000 404"
        assert width_of(what(30)) == 30
        assert plain(what(80)) == f"GET /api/v1/notas/{'0' * 36} 404"

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
