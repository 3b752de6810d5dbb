"""Filter patterns: over text here, over JSON and columns in modules of their own.

Follows "Filter pattern syntax" of the CloudWatch Logs User Guide. Over text: terms (all must occur), `?term`
(any of them), `-term` (must not occur), quoted phrases, `%regular expression%`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sandbox.services.logs.column_filter import ColumnFilter
from sandbox.services.logs.filter_values import malformed, regular
from sandbox.services.logs.json_filter import compile_json

_TERM = re.compile(r'([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))')
_LONGEST = 1024
_ESCAPED = re.compile(r"\\(.)")


def compile_filter(pattern: str) -> Callable[[str], bool]:
    """A predicate over log messages.

    Args:
        pattern: the filter pattern; empty matches everything.

    Raises:
        AwsError: `InvalidParameterException`, it is too long or malformed.
    """
    if len(pattern) > _LONGEST:
        raise malformed(f"Invalid filter pattern: it is longer than {_LONGEST} characters")
    text = pattern.strip()
    if text[:1] == "{":
        return compile_json(text)
    if text[:1] == "[":
        return ColumnFilter(text)
    if len(text) > 1 and text[0] == text[-1] == "%":
        expression = regular(text[1:-1])
        return lambda message: expression.search(message) is not None
    if _TERM.sub("", text).strip():  # a quote that is not closed
        raise malformed()
    required: list[str] = []
    optional: list[str] = []
    excluded: list[str] = []
    for sign, phrase, word in _TERM.findall(text):
        term = _ESCAPED.sub(r"\1", phrase) if phrase else word
        if term:
            {"": required, "?": optional, "-": excluded}[sign].append(term)

    def matches(message: str) -> bool:
        return (
            all(term in message for term in required)
            and (not optional or any(term in message for term in optional))
            and not any(term in message for term in excluded)
        )

    return matches
