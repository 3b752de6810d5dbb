"""The help of a screen: what it shows, its keys, and the command that does the same as each."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from tui.actions import Action, actions_for
from tui.present.cells import Line, Tone, text, wrap
from tui.present.details import heading
from tui.widgets.pane import Pane

_KEY = 7
_LABEL = 17


def help_lines(screen: str, title: str, about: str, width: int, *, offline: bool = False) -> list[Line]:
    """The lines of the help.

    Args:
        offline: of those actions alone that need no sandbox.
    """
    actions = [action for action in actions_for(screen) if action.offline or not offline]
    own = [action for action in actions if screen in action.screens]
    shared = [action for action in actions if screen not in action.screens]
    lines: list[Line] = [heading(title), *wrap(text(about), width), ()]
    lines += [
        heading("Lists"),
        *wrap(
            text(
                "↑ ↓ PgUp PgDn Home End move · Enter opens · Tab goes to the next pane · "
                "Esc closes · a click selects, a second one opens",
                Tone.DIM,
            ),
            width,
        ),
        (),
    ]
    if own:
        lines += [heading("On this screen"), *_rows(own, width), ()]
    return [*lines, heading("Everywhere"), *_rows(shared, width)]


def _rows(actions: list[Action], width: int) -> list[Line]:
    lines: list[Line] = []
    for action in actions:
        asks = " Asks first." if action.asks else ""
        words: Line = (
            (f"{action.shown:>{_KEY}}  ", Tone.ACCENT),
            (f"{action.label:<{_LABEL}}", Tone.STRONG),
            *text(action.tooltip + asks),
        )
        lines += wrap(words, width, indent=_KEY + _LABEL + 2)
        if action.twin:
            lines.append(((" " * (_KEY + _LABEL + 2), Tone.PLAIN), *text(f"$ {action.twin}", Tone.DIM)))
    return lines


class Help(ModalScreen[None]):
    """The help, over the screen it is about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,f1", "dismiss(None)", "Close", show=False)
    ]

    def __init__(self, screen: str, title: str, about: str, *, offline: bool = False) -> None:
        super().__init__()
        self._offline = offline
        self._about = (screen, title, about)

    def compose(self) -> ComposeResult:
        """One scrolling text."""
        with Vertical(classes="dialog -large"):
            yield Pane(id="help")

    def on_mount(self) -> None:
        """Fills it."""
        pane = self.query_one(Pane)
        pane.show(lambda width: help_lines(*self._about, width, offline=self._offline))
        pane.focus()
