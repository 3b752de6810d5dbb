"""Foreign text, made safe to show.

Message bodies, log lines and names come from anywhere. Escape sequences and other control characters,
characters that turn the direction of writing or take no room, and lone surrogates are shown as escapes and
never reach a terminal.
"""

from __future__ import annotations

import re

#: C0 and C1 controls, DEL, zero-width and bidirectional controls, line separators, variation selectors, tags,
#: surrogates, private use, the byte order mark and interlinear annotations.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\u3164"
    "\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
    "\U000f0000-\U0010ffff]"
)
_SHORT = {"\n": "⏎", "\t": "    ", "\r": "\\r", "\x1b": "\\e"}
#: What a log may say to a terminal, colours, and what it may not.
_COLOUR = r"\x1b\[[0-9;:]*m"
_CONTROL = re.compile(f"({_COLOUR})|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MARKS = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
#: Combining marks beyond two on one character are left out: they would cover the lines around.
_STACKED = re.compile(f"({_MARKS}{{2}}){_MARKS}+")


def one_line(text: str, most: int | None = None) -> str:
    """The text on one line with every character visible; a line break becomes a sign for it.

    Args:
        most: characters of the text that are shown; what is cut is said.
    """
    cut = "" if most is None or len(text) <= most else f"… ({len(text) - most} more characters)"
    shown = text[:most] if cut else text
    if not (shown.isascii() and shown.isprintable()):
        shown = _STACKED.sub(r"\1", _UNSAFE.sub(_escape, shown))
    return shown + cut


def lines_of(text: str, most: int = 100_000) -> list[str]:
    """The text's lines, each made safe; at most so many characters of it are looked at."""
    lines = [one_line(line.rstrip("\r")) for line in text[:most].split("\n")]
    if len(text) > most:
        lines.append(f"… ({len(text) - most} more characters)")
    return lines


def log_text(text: str) -> str:
    """Log lines as a terminal may have them: with their breaks, tabs and colours, and no other control."""
    shown = _CONTROL.sub(lambda found: found.group(1) or _escape(found), text)
    return f"{shown}\x1b[0m" if "\x1b[" in shown else shown


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
