"""Business keys: the values (`notaFiscalId`) by which one flow is recognised where the engine sees no cause.

A database between two calls (an outbox) hides what led to what. The key found in the API's answer and again
in the event joins them; such a join is marked `inferred`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from sandbox.errors import SandboxError

#: Documents nested in text (a proxy answer's body, a queue message's body) are opened this deep.
_MAX_DEPTH = 4
#: A document larger than this (bytes) is not searched: recording must stay cheap.
_MAX_SEARCHED = 256 * 1024
_decode = msgspec.json.Decoder().decode


class KeyPathError(SandboxError):
    """A path of a saga declaration does not have the form `$.name.name`."""


@dataclass(frozen=True, slots=True)
class BusinessKey:
    """A key and the paths (`$.detail.notaFiscalId`) at which payloads carry it."""

    name: str
    paths: tuple[tuple[str, ...], ...]


def business_key(name: str, paths: Iterable[str]) -> BusinessKey:
    """Compiles the declaration of a key.

    Args:
        name: the key's name.
        paths: where it stands in payloads, each `$.name.name…`.

    Raises:
        KeyPathError: a path is malformed.
    """
    compiled = []
    for path in paths:
        parts = tuple(path.removeprefix("$.").split("."))
        if not path.startswith("$.") or not all(parts):
            raise KeyPathError(
                f"the key path {path!r} of {name} cannot be read",
                "a path has the form $.name.name, without brackets or wildcards",
                "correct keyPaths in the saga declaration",
            )
        compiled.append(parts)
    return BusinessKey(name, tuple(compiled))


def find_keys(keys: Iterable[BusinessKey], payload: str | bytes) -> dict[str, str]:
    """The business keys in a payload, by name.

    JSON texts inside the JSON document are opened where they stand in a member called `body` or `Body`.
    """
    wanted = [key for key in keys if _mentions(payload, key)]
    if not wanted or len(payload) > _MAX_SEARCHED:
        return {}
    found: dict[str, str] = {}
    _search(payload, wanted, found, 0)
    return found


def _search(payload: str | bytes, wanted: Sequence[BusinessKey], found: dict[str, str], depth: int) -> None:
    """Looks into a document, and into those that stand in it as texts."""
    try:
        document = _decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    if not isinstance(document, dict):
        return
    for key in wanted:
        if key.name not in found and (value := _first(document, key.paths)) is not None:
            found[key.name] = value
    if len(found) == len(wanted) or depth >= _MAX_DEPTH:
        return
    for name in ("body", "Body"):
        inner = document.get(name)
        if isinstance(inner, str) and inner[:1] == "{":
            _search(inner, wanted, found, depth + 1)


def _mentions(payload: str | bytes, key: BusinessKey) -> bool:
    """A cheap first look: most payloads do not carry the key at all."""
    for path in key.paths:
        # In both branches a plain search: this runs for every payload that is recorded.
        if path[-1] in payload if isinstance(payload, str) else path[-1].encode() in payload:
            return True
    return False


def _first(document: Mapping[str, Any], paths: Iterable[tuple[str, ...]]) -> str | None:
    for path in paths:
        value: Any = document
        for part in path:
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return str(value)
    return None
