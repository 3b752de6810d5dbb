"""Foreign text, made safe to show.

Message bodies, log lines and names come from anywhere. Escape sequences, other control characters,
characters that turn the direction of writing or take no room, and lone surrogates are shown as escapes,
never sent to the terminal.
"""

from __future__ import annotations

import re

#: C0 and C1 controls, DEL, zero-width and bidirectional controls, line separators, tags, surrogates,
#: private use, the byte order mark and interlinear annotations.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\u3164\ud800-\udfff"
    "\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_SHORT = {"\n": "⏎", "\t": "    ", "\r": "\\r", "\x1b": "\\e"}
#: Combining marks beyond this many on one character are left out; they would cover the lines around.
_STACKED = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{2})"
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)


def one_line(text: str) -> str:
    """The text on one line, with every character visible; a line break becomes a sign for it."""
    if text.isascii() and text.isprintable():
        return text
    return _STACKED.sub(r"\1", _UNSAFE.sub(_escape, text))


def lines_of(text: str, most: int = 100_000) -> list[str]:
    """The text's lines, each made safe; at most so many characters of it are looked at."""
    return [one_line(line.rstrip("\r")) for line in text[:most].split("\n")]


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    code = ord(character)
    return _SHORT.get(character) or (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    )
