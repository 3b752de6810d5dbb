"""Which rules of a bus can match an event at all: most name their source or detail type outright."""

from __future__ import annotations

from typing import Generic, TypeVar

from sandbox.model.event_patterns.matching import EventPattern

T = TypeVar("T")


class RuleIndex(Generic[T]):
    """Rules by the literal `source` or `detail-type` they ask for; those that do not are always tried.

    Candidates keep the order in which their rules were added.
    """

    def __init__(self) -> None:
        self._by_source: dict[str, list[tuple[int, T]]] = {}
        self._by_type: dict[str, list[tuple[int, T]]] = {}
        self._always: list[tuple[int, T]] = []
        self._count = 0

    def add(self, pattern: EventPattern, rule: T) -> None:
        """Adds a rule; candidates come in the order of adding."""
        entry = (self._count, rule)
        self._count += 1
        for path, table in (("source", self._by_source), ("detail-type", self._by_type)):
            literals = pattern.literals(path)
            if literals is not None:
                for literal in literals:
                    table.setdefault(literal, []).append(entry)
                return
        self._always.append(entry)

    def candidates(self, source: str, detail_type: str) -> list[T]:
        """The rules that an event of that source and detail type might match."""
        found = [*self._by_source.get(source, ()), *self._by_type.get(detail_type, ()), *self._always]
        if len(found) > 1:
            found.sort(key=lambda entry: entry[0])
        return [rule for _, rule in found]
