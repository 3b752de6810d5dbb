"""Filter patterns for unstructured text.

Follows "Filter pattern syntax" of the CloudWatch Logs User Guide: terms (all must occur), `?term` (any
of them), `-term` (must not occur), quoted phrases. Patterns over JSON (`{ … }`) and columns (`[ … ]`) are
refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sandbox.model.awserror import AwsError, NotImplementedByName

_TERM = re.compile(r'([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))')
_ESCAPED = re.compile(r"\\(.)")


def compile_filter(pattern: str) -> Callable[[str], bool]:
    """A predicate over log messages.

    Args:
        pattern: the filter pattern; empty matches everything.

    Raises:
        AwsError: `InvalidParameterException` for a malformed pattern; refused by name for JSON and columns.
    """
    text = pattern.strip()
    if text[:1] in ("{", "["):
        raise NotImplementedByName("logs", "filter patterns over JSON or columns")
    if text[:1] == "%":
        raise NotImplementedByName("logs", "filter patterns with regular expressions")
    if _TERM.sub("", text).strip():  # a quote that is not closed
        raise AwsError("InvalidParameterException", "Invalid filter pattern")
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
