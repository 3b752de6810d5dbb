"""States as glyph, word and tone: never as colour alone."""

from __future__ import annotations

from tui.picture import Link
from tui.present.cells import Line, Tone, text

_MARKS: dict[str, tuple[str, Tone]] = {
    # health of a resource
    "ok": ("●", Tone.OK),
    "busy": ("◐", Tone.BUSY),
    "warning": ("▲", Tone.WARN),
    "problem": ("✗", Tone.BAD),
    "idle": ("○", Tone.IDLE),
    # outcome of a saga
    "running": ("◐", Tone.BUSY),
    "completed": ("●", Tone.OK),
    "compensated": ("↺", Tone.WARN),
    "failed": ("✗", Tone.BAD),
    "stuck": ("■", Tone.BAD),
    # state of a step
    "done": ("●", Tone.OK),
    "current": ("◐", Tone.BUSY),
    "pending": ("○", Tone.IDLE),
    "skipped": ("–", Tone.IDLE),
    # status of a flow or a hop
    "error": ("✗", Tone.BAD),
    "dead-lettered": ("☠", Tone.BAD),
    "throttled": ("▲", Tone.WARN),
    "timeout": ("✗", Tone.BAD),
    # state of a message
    "visible": ("●", Tone.OK),
    "in-flight": ("◐", Tone.BUSY),
    "delayed": ("◷", Tone.IDLE),
    # severity of a lint
    "info": ("ℹ", Tone.ACCENT),
    # the connection
    Link.LIVE.value: ("●", Tone.OK),
    Link.CONNECTING.value: ("◌", Tone.BUSY),
    Link.LOST.value: ("✗", Tone.BAD),
    Link.FILE.value: ("▤", Tone.ACCENT),
}

_KINDS = {
    "api": "⇄",
    "function": "ƒ",
    "bus": "◇",
    "rule": "◆",
    "schedule": "◷",
    "queue": "▤",
    "dlq": "☠",
    "database": "▦",
    "logs": "≡",
    "topic": "◈",
    "table": "▦",
    "bucket": "▣",
}


def glyph(state: str) -> str:
    """The sign of a state."""
    return _MARKS.get(state, ("◦", Tone.PLAIN))[0]


def tone(state: str) -> Tone:
    """The tone of a state."""
    return _MARKS.get(state, ("◦", Tone.PLAIN))[1]


def mark(state: str, word: str | None = None) -> Line:
    """A state as its glyph and a word, in its tone."""
    shown = state if word is None else word
    return text(f"{glyph(state)} {shown}".rstrip(), tone(state))


def kind_glyph(kind: str) -> str:
    """The sign of a kind of resource."""
    return _KINDS.get(kind, "◦")
