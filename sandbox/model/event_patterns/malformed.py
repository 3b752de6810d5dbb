"""What EventBridge says of a pattern that is no JSON: the words of its parser, and the place."""

from __future__ import annotations

import re
from json import JSONDecodeError

_TOKEN = re.compile(r"[\w$]+")
_VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
#: Characters of a pattern that are shown.
_SHOWN = 500
_WANTED = {
    "Expecting property name": "was expecting double-quote to start field name",
    "Illegal trailing comma before end of object": "was expecting double-quote to start field name",
    "Expecting ':' delimiter": "was expecting a colon to separate field name and value",
    "Expecting ',' delimiter": "was expecting comma to separate entries",
}


def malformed(text: str, error: JSONDecodeError) -> str:
    """The reason, as EventBridge gives it.

    Args:
        error: what was found; `Extra data` behind a whole document is told like a token out of place.
    """
    if error.pos >= len(text):
        return f"Unexpected end-of-input{_place(text, len(text))}"
    token = _TOKEN.match(text, error.pos)
    if token is not None and not token[0][0].isdigit() and "property name" not in error.msg:
        return f"Unrecognized token '{token[0]}': was expecting {_VALUE}{_place(text, token.end())}"
    char = text[error.pos]
    wanted = next((words for start, words in _WANTED.items() if error.msg.startswith(start)), "")
    wanted = wanted or f"expected a valid value {_VALUE}"
    return f"Unexpected character ('{char}' (code {ord(char)})): {wanted}{_place(text, error.pos)}"


def _place(text: str, end: int) -> str:
    """Where it was found: `end` is the place of what is read next."""
    line = text.count("\n", 0, end) + 1
    column = end - (text.rfind("\n", 0, end) + 1) + 1
    cut = f"[truncated {len(text) - _SHOWN} chars]" if len(text) > _SHOWN else ""
    return f'\n at [Source: (String)"{text[:_SHOWN]}"{cut}; line: {line}, column: {column}]'


def no_object(text: str) -> str:
    """The reason for a pattern that is JSON, but no object; a list is told with its place."""
    reason = "Filter is not an object"
    start = len(text) - len(text.lstrip())
    return reason + (_place(text, start + 1) if text[start : start + 1] == "[" else "")
