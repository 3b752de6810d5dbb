"""Business keys: the values (`notaFiscalId`) by which one flow is recognised where the engine sees no cause.

A database between two calls (an outbox) hides what led to what. The key found in the API's answer and again
in the event joins them; such a join is marked `inferred`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from sandbox.errors import SandboxError

#: Documents nested in text (a proxy answer's body, a queue message's body) are opened this deep.
_MAX_DEPTH = 4
#: A document larger than this (bytes) is not searched: recording must stay cheap.
_MAX_SEARCHED = 256 * 1024
#: Members in which a document may stand as text.
_BODIES = ("body", "Body")


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


class KeyFinder:
    """Finds business keys in payloads.

    Args:
        keys: the declared ones.
    """

    def __init__(self, keys: Iterable[BusinessKey] = ()) -> None:
        self.keys = tuple(keys)
        paths = [path for key in self.keys for path in key.paths]
        # Only what lies at the paths is decoded: this runs for every payload that is recorded.
        self._decoder = msgspec.json.Decoder(_shape(paths, _BODIES))
        self._bodies = tuple(_attribute(name) for name in _BODIES)
        self._at = {
            key.name: [tuple(_attribute(part) for part in path) for path in key.paths] for key in self.keys
        }
        texts = [(key.name, [_needles(path) for path in key.paths]) for key in self.keys]
        self._texts: _Marks = texts
        self._bytes: _Marks = [
            (name, [[needle.encode() for needle in needles] for needles in paths]) for name, paths in texts
        ]

    def find(self, payload: str | bytes) -> dict[str, str]:
        """The business keys in a payload, by name.

        JSON texts inside the JSON document are opened where they stand in a member called `body` or `Body`.
        """
        found: dict[str, str] = {}
        if len(payload) > _MAX_SEARCHED:
            return found
        marks = self._texts if isinstance(payload, str) else self._bytes
        wanted = [name for name, paths in marks if _mentions(payload, paths)]
        if wanted:
            self._search(payload, wanted, found, 0)
        return found

    def _search(self, payload: str | bytes, wanted: Sequence[str], found: dict[str, str], depth: int) -> None:
        """Looks into a document, and into those that stand in it as texts."""
        try:
            document = self._decoder.decode(payload)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return
        for name in wanted:
            if name not in found and (value := _first(document, self._at[name])) is not None:
                found[name] = value
        if len(found) == len(wanted) or depth >= _MAX_DEPTH:
            return
        for body in self._bodies:
            inner = getattr(document, body)
            if isinstance(inner, str) and inner[:1] == "{":
                self._search(inner, wanted, found, depth + 1)


#: By the name of a key: of each of its paths, what a payload holds that carries the key there.
_Marks = Sequence[tuple[str, Sequence[Sequence[Any]]]]


def _shape(paths: Iterable[tuple[str, ...]], besides: Sequence[str] = ()) -> type[msgspec.Struct]:
    """The type of an object, of which the members are read at which paths begin, and others."""
    below: dict[str, list[tuple[str, ...]]] = {name: [] for name in besides}
    for first, *rest in paths:
        below.setdefault(first, [])
        if rest:
            below[first].append(tuple(rest))
    fields = [
        (
            _attribute(name),
            _shape(inner) | str | int | float | bool | list[Any] | None if inner else Any,
            msgspec.field(name=name, default=None),
        )
        for name, inner in below.items()
    ]
    return msgspec.defstruct("Shape", fields, gc=False)


def _attribute(name: str) -> str:
    """What a member of any name is called as an attribute."""
    return "_" + name.encode().hex()


def _needles(path: Sequence[str]) -> list[str]:
    """Parts of a path that stand in a payload as they are, the most telling first.

    A name may be written with escapes (`\\u00fa`), but for the last one, which is the key's own.
    """
    plain = [part for part in path[:-1] if part.isascii() and part.replace("_", "a").isalnum()]
    return sorted((*plain, path[-1]), key=len, reverse=True)


def _mentions(payload: Any, paths: Iterable[Iterable[Any]]) -> bool:
    """A cheap first look: most payloads do not carry the key at all."""
    for needles in paths:
        for needle in needles:
            if needle not in payload:
                break
        else:
            return True
    return False


def _first(document: Any, paths: Iterable[tuple[str, ...]]) -> str | None:
    for path in paths:
        value = document
        for part in path:
            value = getattr(value, part, None)
        if (type(value) is str and value) or type(value) is int:
            return str(value)
    return None
