"""The compiled rules of every bus, kept in memory and made anew from the store after a change."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.model.event_patterns import EventPattern, FlatEvent, Mismatch, RuleIndex
from sandbox.model.scope import Scope
from sandbox.services.events.store import EventsStore, Rule
from sandbox.services.events.targets import Target, compile_target


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """An enabled rule with a pattern, and its targets."""

    rule: Rule
    pattern: EventPattern
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of an event.

    Attributes:
        rule: the rule's ARN.
        matched: whether the event goes to its targets.
        why: the first part of the pattern that failed, in a sentence; empty when it matched.
        path, expected, found: that part in detail, where there is one.
    """

    rule: str
    matched: bool
    why: str = ""
    path: str = ""
    expected: str = ""
    found: tuple[str, ...] = ()


class RuleBook:
    """Which rules of a bus match an event.

    Args:
        store: where rules and targets are.
    """

    def __init__(self, store: EventsStore) -> None:
        self._store = store
        self._buses: dict[tuple[Scope, str], RuleIndex[CompiledRule]] = {}

    def forget(self, scope: Scope, bus: str) -> None:
        """A rule or target of the bus has changed."""
        self._buses.pop((scope, bus), None)

    def clear(self) -> None:
        """Forgets everything: the store may be another one now."""
        self._buses.clear()

    def matching(self, scope: Scope, bus: str, event: FlatEvent) -> list[CompiledRule]:
        """The rules that match, by name."""
        candidates = self._index(scope, bus).candidates(event)
        return [compiled for compiled in candidates if compiled.pattern.matches(event)]

    def targets(self, rule: Rule) -> tuple[Target, ...]:
        """The targets of a rule."""
        return tuple(compile_target(document) for document in self._store.targets(rule))

    def explain(self, scope: Scope, bus: str, event: FlatEvent) -> list[Verdict]:
        """What every rule of a bus says of an event, by name."""
        return [_verdict(rule, event) for rule in self._store.rules(scope, bus)]

    def _index(self, scope: Scope, bus: str) -> RuleIndex[CompiledRule]:
        index = self._buses.get((scope, bus))
        if index is None:
            index = RuleIndex()
            for rule in self._store.rules(scope, bus):
                if rule.enabled and rule.pattern is not None:
                    pattern = EventPattern(rule.pattern)
                    index.add(pattern, CompiledRule(rule, pattern, self.targets(rule)))
            self._buses[scope, bus] = index
        return index


def _verdict(rule: Rule, event: FlatEvent) -> Verdict:
    arn = str(rule.arn)
    if not rule.enabled:
        return Verdict(arn, matched=False, why="the rule is disabled")
    if rule.pattern is None:
        return Verdict(arn, matched=False, why="the rule has a schedule and no event pattern")
    mismatch: Mismatch | None = EventPattern(rule.pattern).explain(event)
    if mismatch is None:
        return Verdict(arn, matched=True)
    return Verdict(arn, False, mismatch.why, mismatch.path, mismatch.expected, mismatch.found)
