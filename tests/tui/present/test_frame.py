"""What stands around the lists: map, bars, and what is absent."""

from __future__ import annotations

import msgspec
import pytest

from sandbox.model.views.system import EdgeView, MapView, NodeView
from tests.tui import canned
from tests.tui.fakes import picture
from tests.tui.presenting import words
from tui.picture import Connection, Link, Picture
from tui.present import (
    absent,
    bars,
    overview,
)
from tui.present.cells import plain, width_of


class TestOverview:
    def test_the_map_becomes_paths(self) -> None:
        ways = overview.paths(canned.MAP)
        names = [tuple(node.name for node in way.nodes) for way in ways]
        assert ("nfe-api", "nfe-notas-api-dev") in names
        assert ("nfe-outbox-dev", "nfe-outbox-dev") in names
        assert ("nfe-nota-criada-dev", "estoque-reserva", "nfe-estoque-dev", "estoque-reserva-dlq") in names
        assert len(ways) == 6

    def test_a_queue_that_nothing_feeds_is_there_too(self) -> None:
        alone = [node for node in canned.MAP.nodes if node.name == "estoque-reserva"]
        ways = overview.paths(MapView(nodes=alone, edges=[]))
        assert [way.queue.name for way in ways if way.queue] == ["estoque-reserva"]

    def test_an_empty_system_has_no_paths(self) -> None:
        assert overview.paths(MapView(nodes=[], edges=[])) == []

    def test_topics_and_other_targets_are_paths_too(self) -> None:
        nodes = [
            NodeView(id="t", kind="topic", name="avisos"),
            NodeView(id="q", kind="queue", name="avisos-fila"),
            NodeView(id="r", kind="rule", name="tudo"),
            NodeView(id="l", kind="logs", name="/aws/events/nfe"),
            NodeView(id="d", kind="dlq", name="perdidas"),
            NodeView(id="u", kind="topic", name="ninguem"),
            NodeView(id="v", kind="table", name="itens"),
        ]
        edges = [
            EdgeView(source="t", target="q", kind="delivers"),
            EdgeView(source="r", target="l", kind="delivers"),
            EdgeView(source="r", target="d", kind="dead-letters"),
        ]
        found = overview.paths(MapView(nodes=nodes, edges=edges, problems=[]))
        names = [[node.name for node in path.nodes] for path in found]
        assert names == [["tudo", "/aws/events/nfe", "perdidas"], ["avisos", "avisos-fila"], ["ninguem"]]

    def test_a_queue_that_functions_send_to_begins_with_them(self) -> None:
        """The function that reads it comes before it among the nodes, and is no beginning of its own."""
        nodes = [
            NodeView(id="e", kind="function", name="envio"),
            NodeView(id="p", kind="function", name="projecao"),
            NodeView(id="w", kind="function", name="worker"),
            NodeView(id="q", kind="queue", name="processar"),
            NodeView(id="d", kind="dlq", name="registros"),
            NodeView(id="m", kind="function", name="mostra"),
            NodeView(id="t", kind="table", name="pedidos"),
        ]
        edges = [
            EdgeView(source="t", target="e", kind="triggers"),
            EdgeView(source="t", target="p", kind="triggers"),
            EdgeView(source="e", target="q", kind="publishes"),
            EdgeView(source="q", target="w", kind="triggers"),
            EdgeView(source="p", target="d", kind="dead-letters"),
            EdgeView(source="d", target="m", kind="triggers"),
        ]
        found = overview.paths(MapView(nodes=nodes, edges=edges, problems=[]))
        names = [[node.name for node in path.nodes] for path in found]
        assert names == [
            ["pedidos", "envio"],
            ["pedidos", "projecao", "registros"],
            ["envio", "processar", "worker"],
            ["projecao", "registros", "mostra"],
        ]
        assert all(path.start for path in found), "nothing is sent directly"


class TestAbsent:
    def test_disconnected_says_why_and_what_to_do(self) -> None:
        lost = Picture(connection=Connection(Link.LOST, 0, "no sandbox is running", "start one"))
        shown = words(list(absent.absent(lost, ("queues",), "no queues")))
        assert "no sandbox is running" in shown
        assert "start one" in shown

    def test_a_method_that_is_missing(self) -> None:
        shown = words(list(absent.absent(picture(missing=frozenset({"queues"})), ("queues",), "no queues")))
        assert "this sandbox cannot tell" in shown

    def test_trouble(self) -> None:
        shown = words(list(absent.absent(picture(troubles={"queues": "database gone"}), ("queues",), "x")))
        assert "database gone" in shown

    def test_nothing_found(self) -> None:
        assert "nothing here has 'abc'" in words(
            list(absent.absent(picture(), ("queues",), "x", needle="abc"))
        )


class TestBars:
    def test_the_clock_runs_on_between_two_pictures(self) -> None:
        assert "12:00:05" in plain(bars.clock(picture(), canned.NOW + 5, long=False))
        assert "in 18s" in plain(bars.clock(picture(), canned.NOW + 5, long=False))

    def test_a_stopped_clock_stands(self) -> None:
        stopped = msgspec.structs.replace(
            canned.STATUS, clock=msgspec.structs.replace(canned.STATUS.clock, speed=0.0)
        )
        shown = plain(bars.clock(picture(status=stopped), canned.NOW + 50, long=False))
        assert "12:00:00" in shown
        assert "⏸ paused" in shown

    def test_disconnected_says_since_when(self) -> None:
        lost = picture(connection=Connection(Link.LOST, canned.NOW - 90))
        assert "disconnected since 11:58:30 (1m 30s)" in plain(bars.connection(lost, canned.NOW))

    @pytest.mark.parametrize("width", [40, 80, 120, 200])
    def test_the_top_line_fits(self, width: int) -> None:
        left, right = bars.top(picture(), canned.NOW, width)
        assert width < 60 or width_of(left) + width_of(right) < width

    @pytest.mark.parametrize("width", [40, 64, 80, 100, 200])
    def test_the_tabs_fit(self, width: int) -> None:
        labels = bars.tabs("overview", width, {"queues": 1, "sagas": 2})
        assert sum(len(label) + 1 for _, label, _, _ in labels) + 2 <= width

    def test_the_help_is_always_among_the_keys(self) -> None:
        actions = [("a", "a", "Long label here"), ("b", "b", "Another long one"), ("help", "?", "Help")]
        assert [item[0] for item in bars.keys(actions, 30)] == ["a", "help"]

    def test_a_small_terminal_is_told(self) -> None:
        assert bars.too_small(80, 24) == ""
        assert "70x20 is small" in plain(bars.top(picture(), canned.NOW, 70, 20)[0])
