"""What an action is."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True)
class Action:
    """Something a key does.

    Attributes:
        id: stable name; the screen or application has a method `action_<id>`.
        keys: as Textual names them, comma-separated.
        shown: the key as people read it.
        label: one or two words for the key bar.
        tooltip: a sentence.
        twin: the command that does the same.
        screens: where it applies.
        asks: it asks before it does anything.
        bar: whether the key bar shows it.
        board: whether every screen does it for itself; the application does the others that are everywhere.
        offline: it needs no sandbox: it works on the flows of a file too.
    """

    id: str
    keys: str
    shown: str
    label: str
    tooltip: str
    twin: str = ""
    screens: tuple[str, ...] = ("*",)
    asks: bool = False
    bar: bool = True
    board: bool = False
    offline: bool = False

    def applies(self, screen: str) -> bool:
        """Whether it is for a screen."""
        return screen in self.screens or "*" in self.screens

    def binding(self) -> Binding:
        """The binding of it."""
        return Binding(
            self.keys,
            self.id,
            self.label,
            key_display=self.shown,
            tooltip=self.tooltip,
            id=self.id,
            show=self.bar,
        )
