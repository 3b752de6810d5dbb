"""The X-Ray trace header of an invocation, and the lineage in it: which functions the chain went through.

Reference: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader and
https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache

from sandbox.model.ids import Ids

#: How often a function runs in one chain of requests before it is stopped.
RECURSIONS = 16

_LINEAGE = "Lineage"
_BARE_ROOT = re.compile(r"Root=[0-9a-f-]+")


def trace_header(incoming: str | None, now: float, ids: Ids, *, active: bool) -> str:
    """The header a function gets: what came in, completed where parts of it are missing.

    Args:
        incoming: the caller's header, or None.
        now: virtual time, seconds since the epoch; a new root carries it.
        ids: makes new roots and parents.
        active: whether the function samples by itself (`TracingConfig` is `Active`).
    """
    if incoming is not None and _BARE_ROOT.fullmatch(incoming):  # an API's, which needs no taking apart
        return f"{incoming};Parent={ids.hex(16)};Sampled={int(active)}"
    fields = _fields(incoming)
    root = fields.pop("Root", "") or f"1-{int(now) & 0xFFFFFFFF:08x}-{ids.hex(24)}"
    parent = fields.pop("Parent", "") or ids.hex(16)
    sampled = fields.pop("Sampled", "") or ("1" if active else "0")
    known = [f"Root={root}", f"Parent={parent}", f"Sampled={sampled}"]
    return ";".join(known + [f"{name}={value}" for name, value in fields.items()])


def has_lineage(trace: str | None) -> bool:
    """Whether a trace header says which functions its chain went through."""
    return trace is not None and _LINEAGE in trace


def visits(trace: str | None, function: str) -> int:
    """How often a function ran in the chain that a trace header belongs to.

    Args:
        function: its ARN without a qualifier.
    """
    return _lineage(_fields(trace)).get(_key(function), 0) if has_lineage(trace) else 0


def visited(trace: str, function: str) -> str:
    """The header with one more run of the function."""
    key = _key(function)
    if _LINEAGE not in trace:
        return f"{trace};{_LINEAGE}={key}:1" if trace else f"{_LINEAGE}={key}:1"
    fields = _fields(trace)
    lineage = _lineage(fields)
    lineage[key] = lineage.get(key, 0) + 1
    fields[_LINEAGE] = "|".join(f"{one}:{count}" for one, count in lineage.items())
    return ";".join(f"{name}={value}" for name, value in fields.items())


def most_visited(traces: Iterable[str | None], function: str) -> str | None:
    """Of the headers of a batch the one whose chain the function ran in most often, the first of equals."""
    return max(filter(None, traces), key=lambda trace: visits(trace, function), default=None)


def without_lineage(trace: str | None) -> str | None:
    """The header as it goes on where loops are not counted (event buses)."""
    if trace is None or _LINEAGE not in trace:
        return trace
    fields = _fields(trace)
    fields.pop(_LINEAGE, None)
    return ";".join(f"{name}={value}" for name, value in fields.items())


def _fields(header: str | None) -> dict[str, str]:
    fields: dict[str, str] = {}
    for part in (header or "").split(";"):
        name, separator, value = part.strip().partition("=")
        if separator and name and value:
            fields[name] = value
    return fields


def _lineage(fields: dict[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for entry in fields.get(_LINEAGE, "").split("|"):
        key, _, count = entry.rpartition(":")
        if key and count.isascii() and count.isdigit():
            found[key] = int(count)
    return found


@lru_cache(maxsize=1024)
def _key(function: str) -> str:
    return hashlib.sha256(function.encode()).hexdigest()[:8]
