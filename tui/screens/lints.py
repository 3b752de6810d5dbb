"""Lints: lessons about the deployed system."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from sandbox.model.views.system import LintView
from tui.actions import bindings
from tui.present.absent import absent
from tui.present.cells import Line, Tone, text
from tui.present.lints import LINTS, detail, ordered
from tui.present.numbers import quantity
from tui.present.refs import Ref
from tui.present.table import Scene
from tui.screens.base import Board
from tui.widgets.grid import Grid
from tui.widgets.pane import Pane


class Lints(Board):
    """The list, and the lesson under the cursor."""

    NAME = "lints"
    SEARCHES = ("lints",)
    TOPICS: ClassVar[frozenset[str]] = frozenset({"snapshot", "lints"})
    ABOUT = (
        "What goes wrong sooner or later in the deployed system, the worst first: why, what to do, and "
        "the AWS page it comes from. A lint can be suppressed in sandbox.toml with a reason; s shows "
        "those too."
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("lints")]

    def __init__(self) -> None:
        super().__init__()
        self._suppressed = False

    def body(self) -> ComposeResult:
        """List and lesson."""
        with Container(classes="stack"):
            yield Grid(LINTS, id="lints", classes="master")
            yield Pane(id="lint", classes="detail")

    @property
    def _list(self) -> Grid[LintView]:
        return self.query_one("#lints", Grid)

    def draw(self, scene: Scene) -> None:
        """The list, then the lesson."""
        lints = scene.picture.lints or ()
        found = self.searched(ordered(lints, suppressed=self._suppressed), LINTS, "lints")
        hint = f"{quantity(len(lints), 'suppressed one', 'suppressed ones')}: s shows them" if lints else ""
        words = "● nothing to say" if scene.picture.lints is not None else "loading …"
        self._list.show(found, scene, empty=absent(scene.picture, ("lints",), words, hint, self.needle))
        self._show()

    def _show(self) -> None:
        lint = self._list.thing
        self.query_one("#lint", Pane).show(detail(lint) if lint else None, LINTS.key(lint) if lint else None)

    @on(Grid.Moved, "#lints")
    def _moved(self) -> None:
        self._show()
        self.show_keys()

    @on(Grid.Chosen, "#lints")
    def _chosen(self) -> None:
        self.open_detail()

    def find(self, ref: Ref) -> bool:
        """A lint, by code or key."""
        for lint in self._list.things:
            if ref.id in (LINTS.key(lint), lint.code, lint.subject):
                self._list.focus()
                return self._list.go_to(LINTS.key(lint))
        return bool(self._list.things)

    def action_suppressed(self) -> None:
        """With or without the suppressed ones."""
        self._suppressed = not self._suppressed
        self.redraw()

    def note(self) -> Line:
        """What is shown."""
        return text("with suppressed", Tone.WARN) if self._suppressed else ()
