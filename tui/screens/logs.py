"""Logs: the live tail across functions."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from sandbox.model.views.system import LogView
from tui.actions import bindings
from tui.present.absent import absent
from tui.present.cells import Line, Tone, join, text
from tui.present.logs import LOGS, detail
from tui.present.numbers import count, quantity
from tui.present.refs import Ref
from tui.present.table import Scene
from tui.screens.base import Board
from tui.widgets.grid import Grid
from tui.widgets.line import Title
from tui.widgets.pane import Pane


class Logs(Board):
    """The tail, and the line under the cursor."""

    NAME = "logs"
    SEARCHES = ("lines",)
    TOPICS: ClassVar[frozenset[str]] = frozenset({"snapshot", "queues"})
    ABOUT = (
        "What all functions log, as they log it. Moving up stops the tail and counts what comes "
        "meanwhile; f or End follows again. o shows one function only, / searches, and g leads from a "
        "line to the flow that wrote it."
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("logs")]

    def __init__(self) -> None:
        super().__init__()
        self._following = True
        self._only: str | None = None
        self._stopped_at = 0

    def body(self) -> ComposeResult:
        """Tail and details."""
        yield Title(id="logs-title")
        with Container(classes="stack"):
            yield Grid(LOGS, id="lines", classes="master")
            yield Pane(id="line", classes="detail")

    def on_mount(self) -> None:
        """Begins to follow."""
        self.host.feed.follow_logs(on=True)

    @property
    def _lines(self) -> Grid[LogView]:
        return self.query_one("#lines", Grid)

    def draw(self, scene: Scene) -> None:
        """The lines that pass the filters."""
        ring = self.host.ring
        lines = ring.lines
        if self._only is not None:
            lines = [line for line in lines if line.group.rsplit("/", 1)[-1] == self._only]
        found = list(self.searched(lines, LOGS, "lines"))
        empty = absent(
            scene.picture, ("logs",), "no log line yet", "lines appear as functions write them", self.needle
        )
        self._lines.show(found, scene, empty=empty)
        if self._following:
            self._lines.go_to_end()
        self.query_one("#logs-title", Title).show(self._state(), self._amount())
        self._show()

    def _state(self) -> Line:
        new = self.host.ring.total - self._stopped_at
        if self._following:
            state = text("▼ following", Tone.OK)
        else:
            state = text(f"⏸ stopped · {quantity(new, 'new line')}" if new else "⏸ stopped", Tone.WARN)
        return join(state, text(f"only {self._only}" if self._only else "", Tone.ACCENT), gap=" · ")

    def _amount(self) -> Line:
        ring = self.host.ring
        dropped = text(f"{count(ring.dropped)} dropped" if ring.dropped else "", Tone.WARN)
        return join(text(quantity(len(ring.lines), "line"), Tone.DIM), dropped, gap=" · ")

    def _show(self) -> None:
        line = self._lines.thing
        self.query_one("#line", Pane).show(detail(line) if line else None, line, True)

    def _follow(self, *, on: bool) -> None:
        if on != self._following:
            self._following = on
            self._stopped_at = self.host.ring.total
            self.redraw()

    @on(Grid.Moved, "#lines")
    def _moved(self) -> None:
        self._show()
        self.show_keys()

    @on(Grid.Scrolled, "#lines")
    def _scrolled(self, message: Grid.Scrolled) -> None:
        self._follow(on=message.at_end)

    @on(Grid.Chosen, "#lines")
    def _chosen(self) -> None:
        self._follow(on=False)
        self.open_detail()

    def find(self, ref: Ref) -> bool:
        """The lines of a function."""
        self._only = ref.id.rsplit("/", 1)[-1] or None
        self._lines.focus()
        self.call_after_refresh(self.redraw)
        return True

    def action_follow(self) -> None:
        """Follows, or stops."""
        self._follow(on=not self._following)

    def action_only(self) -> None:
        """One function, or all."""
        line: Any = self._lines.thing
        self._only = None if self._only is not None or line is None else line.group.rsplit("/", 1)[-1]
        self.redraw()
