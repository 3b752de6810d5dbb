"""The part of JSONPath that EventBridge takes: dots, brackets, indices and `*`.

Page: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import re
from typing import Any

_STEP = re.compile(
    r"""\.(?P<name>[^.\[\]*"'\s]+) | \.(?P<star>\*) | \[(?P<index>-?[0-9]+)\] | \[(?P<every>\*)\]
      | \['(?P<single>[^']+)'\] | \["(?P<double>[^"]+)"\]""",
    re.VERBOSE,
)
#: What a path finds that leads nowhere.
MISSING: Any = object()


class JsonPathError(ValueError):
    """The path is not in the language."""


class JsonPath:
    """A compiled path.

    Args:
        text: the path, beginning with `$`.

    Raises:
        JsonPathError: it is not a path, or uses what EventBridge does not take (filters, `..`).
    """

    def __init__(self, text: str) -> None:
        if not text.startswith("$"):
            raise JsonPathError("a path begins with $")
        self._steps: list[str | int | None] = []
        at = 1
        while at < len(text):
            match = _STEP.match(text, at)
            if match is None:
                raise JsonPathError(f"{text[at:]!r} is not a step of a path")
            self._steps.append(_step(match))
            at = match.end()

    def find(self, document: Any) -> Any:
        """What the path leads to, or MISSING; with a `*` the list of all it leads to."""
        found = [document]
        several = False
        for step in self._steps:
            if step is None:
                several = True
                found = [inner for value in found for inner in _all(value)]
            else:
                found = [inner for value in found if (inner := _one(value, step)) is not MISSING]
        if several:
            return found
        return found[0] if found else MISSING


def _step(match: re.Match[str]) -> str | int | None:
    """A name, an index, or None for every one."""
    if match["star"] or match["every"]:
        return None
    if match["index"]:
        return int(match["index"])
    return match["name"] or match["single"] or match["double"]


def _all(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _one(value: Any, step: str | int) -> Any:
    if isinstance(step, str):
        return value.get(step, MISSING) if isinstance(value, dict) else MISSING
    if isinstance(value, list) and -len(value) <= step < len(value):
        return value[step]
    return MISSING
