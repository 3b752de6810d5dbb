"""The registry of actions: bindings, palette, help and documentation are all made from it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding

from tui.present.bars import SCREENS

EVERYWHERE = ("*",)


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
    """

    id: str
    keys: str
    shown: str
    label: str
    tooltip: str
    twin: str = ""
    screens: tuple[str, ...] = EVERYWHERE
    asks: bool = False
    bar: bool = True
    board: bool = False

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


_QUEUES = ("queues",)
_SAGAS = ("sagas",)
_FLOWS = ("flows",)

ACTIONS: tuple[Action, ...] = (
    # -- on one screen
    Action("redrive", "r", "r", "Redrive", "Put the marked dead letters, or this one, back into their queue.",
           "sandbox dlq redrive QUEUE --id MESSAGE", _QUEUES, asks=True),
    Action("edit", "e", "e", "Edit+resend", "Edit this dead letter and send it again; its lineage is kept.",
           "sandbox dlq resend QUEUE MESSAGE --edit", _QUEUES),
    Action("drop", "d", "d", "Drop", "Delete the marked dead letters, or this one, for good.",
           "sandbox dlq drop QUEUE MESSAGE", _QUEUES, asks=True),
    Action("redrive_all", "R", "R", "Redrive all", "Put every dead letter of this queue back, at a rate if you like.",
           "sandbox dlq redrive QUEUE --all --rate 10", _QUEUES, asks=True),
    Action("send", "n", "n", "Send", "Write a new message to this queue.",
           "sandbox queue send QUEUE --body BODY", _QUEUES),
    Action("mark", "space", "space", "Mark", "Mark this message; actions then take all marked ones.", "", _QUEUES, bar=False),
    Action("state", "v", "v", "State", "Show visible, in-flight or delayed messages only.",
           "sandbox queue peek QUEUE --state visible", _QUEUES),
    Action("purge", "P", "P", "Purge", "Delete every message of this queue.",
           "sandbox queue purge QUEUE", _QUEUES, asks=True, bar=False),
    Action("outcome", "f", "f", "Filter", "Show sagas of one outcome only.", "sandbox saga ls --state STATE", _SAGAS),
    Action("check", "i", "i", "Invariants", "Check the invariants of the saga declaration now.",
           "sandbox saga check", _SAGAS),
    Action("next_step", "n", "n", "Next", "Go to the hop that happened next.", "sandbox flow show ID", _FLOWS),
    Action("previous_step", "p", "p", "Previous", "Go to the hop that happened before.", "sandbox flow show ID", _FLOWS),
    Action("status", "f", "f", "Filter", "Show flows of one status only.", "sandbox flow ls --status STATUS", _FLOWS),
    Action("schedules", "s", "s", "Schedules", "Show the runs of schedules too.", "sandbox flow ls --schedules", _FLOWS),
    Action("misses", "m", "m", "Why (not)", "Show which rules matched this event, and why the others did not.",
           "sandbox flow show ID --near-misses", ("flows", "bus")),
    Action("invoke", "i", "i", "Invoke", "Invoke this function with a payload that you write.",
           "sandbox invoke FUNCTION PAYLOAD", ("functions",)),
    Action("logs", "l", "l", "Logs", "Show the log lines of this function.", "sandbox logs -f FUNCTION", ("functions",)),
    Action("deploy", "D", "D", "Deploy", "Deploy the systems again, with what changed.", "sandbox deploy",
           ("functions",), asks=True),
    Action("events", "e", "e", "Events", "Show the newest events of this rule's bus.",
           "sandbox bus events BUS", ("bus",)),
    Action("follow", "f", "f", "Follow", "Follow the newest line, or stop following.", "sandbox logs -f", ("logs",)),
    Action("only", "o", "o", "Only this", "Show the lines of this function only, or of all again.",
           "sandbox logs -f FUNCTION", ("logs",)),
    Action("more", "m", "m", "More rows", "Load the next page of rows.", "", ("data",)),
    Action("suppressed", "s", "s", "Suppressed", "Show suppressed lints too.", "sandbox lint --all", ("lints",)),
    # -- everywhere
    Action("jump", "g", "g", "Go to", "Go to what this refers to: flow, queue, function, logs, saga.", "", board=True),
    Action("search", "slash", "/", "Search", "Search in this list.", "", board=True),
    Action("advance", "t", "t", "Advance clock", "Move the sandbox's clock forward; everything due on the way happens.",
           "sandbox clock advance 61s"),
    Action("help", "question_mark,f1", "?", "Help", "Show what this screen shows and what its keys do.", "sandbox tui --keys"),
    Action("command_palette", "ctrl+p", "^p", "Palette", "Find an action, screen or theme by name.", ""),
    Action("copy_json", "c", "c", "Copy", "Copy this as JSON.", "any command with --json", board=True),
    Action("copy_command", "C", "C", "Copy as command", "Copy this as a curl, awslocal or sandbox command.", "", bar=False, board=True),
    Action("back", "backspace", "⌫", "Back", "Go back to where you jumped from.", "", bar=False),
    Action("pause", "T", "T", "Pause clock", "Stop the clock, or let it run again.",
           "sandbox clock pause", bar=False),
    Action("faster", "ctrl+t", "^t", "Clock 10×", "Let the clock run ten times as fast, or as fast as outside again.",
           "sandbox clock speed 10x", bar=False),
    Action("refresh", "f5", "F5", "Refresh", "Ask the sandbox again now.", "", bar=False),
    Action("theme", "f2", "F2", "Theme", "Next theme: dark, light, high contrast, colour safe.", "", bar=False),
    Action("quit", "q,ctrl+q", "q", "Quit", "Leave the dashboard; the sandbox runs on.", "sandbox down stops the sandbox"),
    *(
        Action(f"go_{name}", str(number), str(number), label, f"Go to the screen {label}.", "", bar=False)
        for number, (name, label) in enumerate(SCREENS, 1)
    ),
)  # fmt: skip
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
    for name, label in (("*", "Everywhere"), *SCREENS):
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
