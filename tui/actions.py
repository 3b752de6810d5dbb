"""The registry of actions, asked: bindings, palette, help and documentation are all made from it."""

from __future__ import annotations

from textual.binding import Binding

from tui.action import Action
from tui.present.bars import FAULTS, SCREENS
from tui.registry import ACTIONS

__all__ = [
    "ACTIONS",
    "BY_ID",
    "Action",
    "actions_for",
    "bindings",
    "bindings_everywhere",
    "bindings_of_boards",
    "keys_as_markdown",
]
BY_ID = {action.id: action for action in ACTIONS}


def actions_for(screen: str) -> list[Action]:
    """The actions that apply on a screen, its own first."""
    return [action for action in ACTIONS if action.applies(screen)]


def bindings(screen: str) -> list[Binding]:
    """The bindings of one screen alone."""
    return [action.binding() for action in ACTIONS if screen in action.screens]


def bindings_of_boards() -> list[Binding]:
    """The bindings that all screens have."""
    return [action.binding() for action in ACTIONS if "*" in action.screens and action.board]


def bindings_everywhere() -> list[Binding]:
    """The bindings of the application."""
    return [action.binding() for action in ACTIONS if "*" in action.screens and not action.board]


def keys_as_markdown() -> str:
    """Every key of every screen, for the documentation."""
    lines: list[str] = []
    for name, label in (("*", "Everywhere"), *SCREENS, (FAULTS, "Faults")):
        own = [action for action in ACTIONS if name in action.screens]
        if not own:
            continue
        lines += [f"### {label}", "", "| key | does | command |", "|---|---|---|"]
        for action in own:
            twin = f"`{action.twin}`" if action.twin.startswith("sandbox ") else action.twin
            lines.append(
                f"| `{action.shown}` | {action.tooltip}{' Asks first.' if action.asks else ''} | {twin} |"
            )
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"
