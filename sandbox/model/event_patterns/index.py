"""Which rules of a bus can match an event at all: most ask for some plain strings outright.

The index is a tree. A node asks for the value of one field, the one that tells its rules apart best, and
leads on to the rules that want that value, beside those that do not ask for the field. Rules that are left
over are tried one by one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sandbox.model.event_patterns.matching import EventPattern, FlatEvent

T = TypeVar("T")
#: So few rules are tried faster than told apart.
_FEW = 3


@dataclass(frozen=True, slots=True)
class _Entry(Generic[T]):
    """A rule: its place among all, and the strings that it asks for outright, by field."""

    place: int
    rule: T
    literals: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class _Node(Generic[T]):
    """Rules by the value of a field; `rest` are those that do not ask for it.

    A node without a path is a leaf, with all of its rules in `entries`.
    """

    entries: Sequence[_Entry[T]]
    path: str = ""
    values: Mapping[str, _Node[T]] | None = None
    rest: _Node[T] | None = None


class RuleIndex(Generic[T]):
    """Rules by the plain strings that they ask for; candidates keep the order in which rules were added."""

    def __init__(self) -> None:
        self._entries: list[_Entry[T]] = []
        self._root: _Node[T] | None = None

    def add(self, pattern: EventPattern, rule: T) -> None:
        """Adds a rule."""
        self._entries.append(_Entry(len(self._entries), rule, pattern.literals()))
        self._root = None

    def candidates(self, event: FlatEvent) -> list[T]:
        """The rules that the event might match, by the order of adding."""
        if self._root is None:
            self._root = _build(self._entries)
        found: dict[int, T] = {}
        waiting = [self._root]
        while waiting:
            node = waiting.pop()
            for entry in node.entries:
                found[entry.place] = entry.rule
            if node.values is not None:
                for value, _ in event.leaves.get(node.path, ()):
                    if type(value) is str and (chosen := node.values.get(value)) is not None:
                        waiting.append(chosen)
            if node.rest is not None:
                waiting.append(node.rest)
        return [found[place] for place in sorted(found)]


def _build(entries: Sequence[_Entry[T]], used: frozenset[str] = frozenset()) -> _Node[T]:
    path = _best(entries, used) if len(entries) > _FEW else None
    if path is None:
        return _Node(entries)
    by_value: defaultdict[str, list[_Entry[T]]] = defaultdict(list)
    rest = []
    for entry in entries:
        for value in entry.literals.get(path, ()):
            by_value[value].append(entry)
        if path not in entry.literals:
            rest.append(entry)
    inside = used | {path}
    values = {value: _build(chosen, inside) for value, chosen in by_value.items()}
    return _Node((), path, values, _build(rest, inside) if rest else None)


def _best(entries: Sequence[_Entry[T]], used: frozenset[str]) -> str | None:
    """The field after whose value the fewest rules are left, or None where none leaves fewer."""
    sizes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    asking: Counter[str] = Counter()
    for entry in entries:
        for path, values in entry.literals.items():
            if path not in used:
                asking[path] += 1
                sizes[path].update(values)
    left = {
        path: len(entries) - number + max(sizes[path].values(), default=0) for path, number in asking.items()
    }
    best = min(left, key=lambda path: (left[path], path), default=None)
    return best if best is not None and left[best] < len(entries) else None
