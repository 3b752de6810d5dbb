"""The building blocks of detail panes: headings, facts, wrapped text."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.model.safe_text import one_line
from tui.present.cells import Line, Span, Tone, squeeze, text, wrap

_NAMES = 14


def heading(words: str, note: str = "") -> Line:
    """A heading, with a dim note behind it."""
    spans: list[Span] = [*text(words, Tone.TITLE)]
    if note:
        spans += [("  ", Tone.PLAIN), *text(note, Tone.DIM)]
    return tuple(spans)


def fact(name: str, value: Line | str, width: int) -> list[Line]:
    """A name and its value; nothing when there is no value. Of a long name the middle goes."""
    line = text(value) if isinstance(value, str) else value
    if not any(piece for piece, _ in line):
        return []
    label: Span = (f"{squeeze(one_line(name), _NAMES - 1):<{_NAMES}}", Tone.DIM)
    return wrap((label, *line), width, indent=_NAMES)


def section(title: str, lines: Sequence[Line]) -> list[Line]:
    """A titled block with an empty line before it; nothing when it is empty."""
    return [(), heading(title), *lines] if lines else []
