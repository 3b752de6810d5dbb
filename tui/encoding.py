"""Terminals that do not show Unicode: everything is drawn in ASCII there."""

from __future__ import annotations

import locale
import os

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_PLAIN = str.maketrans(
    {
        "─": "-", "━": "=", "│": "|", "┃": "|", "├": "|", "└": "`", "╌": ".", "▸": ">", "▶": ">",
        "→": ">", "↗": ">", "⇒": ">", "⇄": "=", "●": "*", "○": "o", "◐": "~", "◌": "~", "◦": ".",
        "▲": "!", "✗": "x", "■": "#", "↺": "<", "↻": ">", "↩": "<", "☠": "X", "◷": "@", "ƒ": "f",
        "◇": "o", "◆": "*", "▤": "=", "▥": "=", "▦": "#", "≡": "=", "≈": "~", "−": "-", "–": "-",
        "·": ".", "…": "~", "×": "x", "✓": "v", "⏎": "~", "⏸": "#", "⚡": "!", "ℹ": "i", "⌫": "<",
        "░": ":", "█": "#", "▁": "_", "▂": "_", "▃": "-", "▄": "-", "▅": "=", "▆": "=", "▇": "#",
        "∞": "-", "↑": "^", "↓": "v", "←": "<", "▎": "|", "▏": "|", "▕": "|", "▔": "-", "▊": "|",
        "╭": "+", "╮": "+", "╰": "+", "╯": "+", "┌": "+", "┐": "+", "┘": "+", "┤": "|", "┬": "+",
        "┴": "+", "┼": "+", "✕": "x",
    }
)  # fmt: skip


class PlainLetters(LineFilter):
    """Every character that is not ASCII becomes one that is, in the same room."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments with ASCII text."""
        del background
        return [
            segment
            if segment.control or segment.text.isascii()
            else Segment(_ascii(segment.text), segment.style)
            for segment in segments
        ]


def _ascii(words: str) -> str:
    known = words.translate(_PLAIN)
    return (
        known
        if known.isascii()
        else "".join(letter if letter.isascii() else "?" * cell_len(letter) for letter in known)
    )


def speaks_unicode() -> bool:
    """Whether the terminal shows Unicode, by what the locale says."""
    if os.environ.get("TEXTUAL_DRIVER"):  # a browser
        return True
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "utf" in value.lower() or ("." not in value and value not in ("C", "POSIX"))
    return "utf" in locale.getpreferredencoding(False).lower()
