"""JSON paths: `$.a.b[0]` and, where that is not enough, the whole language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

_PLAIN = re.compile(r"\$?(?:\.?[\w-]+|\[\d+\]|\['[^']*'\]|\[\"[^\"]*\"\])*")
_STEP = re.compile(r"\[(\d+)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]|([^.\[\]]+)")


class JsonPathError(ValueError):
    """The path is none."""


def lookup_json(document: Any, path: str) -> Any:
    """What a path of names and indices (`a.b[0].c`) finds in a document, or None."""
    value = document
    for step in _STEP.finditer(path.removeprefix("$")):
        index, *names = step.groups()
        if index is not None:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
        else:
            name = next(one for one in names if one is not None)
            value = value.get(name) if isinstance(value, Mapping) else None
    return value


def find_json(document: Any, path: str) -> Any:
    """What a JSON path finds: one value for a definite path (None where there is none), else a list.

    Raises:
        JsonPathError: the path is none.
    """
    if _PLAIN.fullmatch(path):
        return lookup_json(document, path)
    found = [match.value for match in _parsed(path).find(document)]
    indefinite = any(mark in path for mark in ("*", "..", "?", ":", ","))
    return found if indefinite else (found[0] if found else None)


@lru_cache(maxsize=256)
def _parsed(path: str) -> Any:
    from jsonpath_ng.exceptions import JsonPathLexerError, JsonPathParserError
    from jsonpath_ng.ext.parser import parse  # its grammar is built at import, which plain paths never need

    try:
        return parse(path)
    except (JsonPathParserError, JsonPathLexerError, AttributeError, TypeError) as error:
        raise JsonPathError(f"{path!r} is no JSON path: {error}") from error
