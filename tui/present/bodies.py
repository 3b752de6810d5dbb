"""Bodies of messages and payloads: pretty where they are JSON, bounded and safe in any case."""

from __future__ import annotations

import json
import re
from typing import Any

from sandbox.model.safe_text import lines_of
from tui.present.cells import Line, Span, Tone, text

#: Characters of a body that are laid out; the rest is said to be left out.
MOST = 65_536
_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)')


def body_lines(body: str) -> list[Line]:
    """The lines of a body."""
    lines = _json_lines(body) if len(body) <= MOST else None
    if lines is None:
        lines = [text(line) for line in lines_of(body[:MOST])]
    if len(body) > MOST:
        lines.append(text(f"… {MOST:,} of {len(body):,} characters shown; copy as JSON gives all", Tone.WARN))
    return lines


def pretty(body: str) -> str:
    """A body for an editor: JSON indented, anything else as it is."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body


def compact(body: str, before: str) -> str:
    """An edited body as it is sent: JSON that came without blanks goes without blanks."""
    try:
        value, was = json.loads(body), json.loads(before)
    except (ValueError, RecursionError):
        return body
    if value == was:
        return before
    tight = "\n" not in before
    return json.dumps(value, ensure_ascii=False, separators=(",", ":") if tight else None) if tight else body


def why_not_json(body: str) -> str:
    """Why a body is not JSON; empty when it is."""
    try:
        json.loads(body)
    except (ValueError, RecursionError) as error:
        return str(error) or type(error).__name__
    return ""


def _json_lines(body: str) -> list[Line] | None:
    if body.lstrip()[:1] not in ("{", "["):
        return None
    try:
        value = _unfold(json.loads(body))
        shown = json.dumps(value, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return None
    return [coloured(line) for line in lines_of(shown, MOST * 4)]


def _unfold(value: Any) -> Any:
    """JSON in a string (an event inside a message) is opened one level, so that it can be read."""
    if isinstance(value, dict):
        for name in ("body", "Message", "detail"):
            inner = value.get(name)
            if isinstance(inner, str) and inner[:1] in ("{", "["):
                try:
                    value = {**value, name: json.loads(inner)}
                except ValueError:
                    continue
    return value


def coloured(line: str) -> Line:
    """One line of indented JSON, names and values told apart."""
    spans: list[Span] = []
    place = 0
    for found in _TOKEN.finditer(line):
        if found.start() > place:
            spans.append((line[place : found.start()], Tone.DIM))
        string, colon, literal = found.groups()
        if colon:
            spans.append((string, Tone.ACCENT))
            spans.append((colon, Tone.DIM))
        else:
            spans.append((string or literal, Tone.PLAIN if string else Tone.OK))
        place = found.end()
    if place < len(line):
        spans.append((line[place:], Tone.DIM))
    return tuple(spans)
