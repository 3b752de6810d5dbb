"""The list of planned faults, over any screen: see, plan, take out, clear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label

from sandbox.model.faultwords import where
from sandbox.model.views.faults import FaultKindView, FaultView
from tui.actions import ACTIONS, bindings
from tui.feed.messages import Ask
from tui.present.absent import absent
from tui.present.bars import FAULTS
from tui.present.faults import FAULT_TABLE, how_to_plan, key_lines, kind_words, read_plan, why_no_plan
from tui.present.numbers import quantity
from tui.screens.dialogs import Choose, Confirm, OneLine
from tui.screens.host import Host
from tui.widgets.grid import Grid
from tui.widgets.pane import Pane

_ACTIONS = [action for action in ACTIONS if FAULTS in action.screens]


class FaultDesk(ModalScreen[None]):
    """Planned faults and what can be done with them.

    Args:
        below: what the screen below shows; it goes on to be asked for.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(FAULTS),
        Binding("escape,q,F", "dismiss(None)", "Close", show=False),
    ]

    def __init__(self, below: frozenset[str]) -> None:
        super().__init__()
        self._below = below

    @property
    def _host(self) -> Host:
        return cast(Host, self.app)

    @property
    def _grid(self) -> Grid[FaultView]:
        return self.query_one("#faults", Grid)

    def compose(self) -> ComposeResult:
        """The list, and its keys with their commands."""
        with Vertical(classes="dialog -large"):
            yield Label("Planned faults", classes="question")
            yield Grid(FAULT_TABLE, id="faults")
            yield Pane(id="fault-keys", focusable=False)

    def on_mount(self) -> None:
        """Asks for the plan."""
        self.query_one(Pane).show(lambda width: key_lines(_ACTIONS, width))
        self._grid.focus()
        self._host.feed.want(self._below | {FAULTS})
        self._host.feed.refresh()
        self.call_after_refresh(self.redraw)

    def redraw(self) -> None:
        """Shows the newest plan."""
        if self.is_mounted:
            scene = self._host.scene()
            faults = scene.picture.faults
            words = ("loading …", "") if faults is None else ("no fault is planned", "n plans one")
            self._grid.show(faults or (), scene, empty=absent(scene.picture, (FAULTS,), *words))

    def action_plan_fault(self) -> None:
        """Asks for the kind, then for what it strikes."""
        self._ask("fault_kinds", list[FaultKindView], self._choose)

    def _choose(self, kinds: list[FaultKindView]) -> None:
        self.app.push_screen(
            Choose("Plan a fault", [(kind_words(kind), kind) for kind in kinds]), self._describe
        )

    def _describe(self, kind: FaultKindView | None) -> None:
        if kind is None:
            return
        if kind.refused:
            self._host.say(kind.refused, bad=True, title=f"{kind.kind} cannot be injected here")
            return

        def plan(words: str | None) -> None:
            if words is not None:
                self._ask(
                    "fault_add",
                    FaultView,
                    lambda fault: self._done(f"planned {fault.kind} as {fault.id}"),
                    **read_plan(kind.kind, words),
                )

        self.app.push_screen(
            OneLine(
                f"sandbox faults add {kind.kind} …",
                how_to_plan(kind),
                "--times 1",
                lambda words: why_no_plan(kind.kind, words),
            ),
            plan,
        )

    def action_remove_fault(self) -> None:
        """Takes the fault under the cursor out."""
        fault = self._grid.thing
        if fault is not None:
            self._confirm(
                f"Take {fault.kind} {fault.id} out of the plan?",
                f"It struck {quantity(fault.struck, 'time')}; {where(fault)}.",
                "Take out",
                lambda: self._ask(
                    "fault_rm", None, lambda _: self._done(f"{fault.id} is out of the plan"), ids=[fault.id]
                ),
            )

    def action_clear_faults(self) -> None:
        """Takes all out."""
        planned = len(self._grid.things)
        if planned:
            self._confirm(
                f"Take {quantity(planned, 'fault')} out of the plan?",
                "What they did stays done.",
                "Clear",
                lambda: self._ask(
                    "fault_clear", int, lambda found: self._done(f"{quantity(found, 'fault')} removed")
                ),
            )

    def _confirm(self, question: str, detail: str, verb: str, then: Callable[[], None]) -> None:
        self.app.push_screen(Confirm(question, detail, verb), lambda yes: then() if yes else None)

    def _ask(self, method: str, kind: Any, then: Callable[[Any], None], /, **params: Any) -> None:
        self._host.feed.ask(Ask(method, params, kind, then), self.app.post_message)

    def _done(self, words: str) -> None:
        self._host.say(words)
        self._host.feed.refresh()
