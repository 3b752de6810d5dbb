"""Faults that are planned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from sandbox.model.faults import PlannedFault
from sandbox.model.scope import Scope


@dataclass(frozen=True, slots=True)
class Fault:
    """What a fault point must do instead of, or beside, its work.

    Attributes:
        kind: see `sandbox.model.faults`.
        settings: how it is adjusted, complete.
        hop: the hop that says it was injected: the cause of what it leads to.
        dice: for what is left to chance.
    """

    kind: str
    settings: Mapping[str, Any]
    hop: int
    dice: Random


class FaultPoint(Protocol):
    """Asks the plan of faults whether one is due here (implemented by `faults`)."""

    def watch(self, told: Callable[[Sequence[PlannedFault]], None]) -> None:
        """Calls `told` with the whole plan, spent faults too: now, and whenever one is added or removed."""
        ...

    def planned(self, *kinds: str) -> bool:
        """Whether faults of these kinds can strike at all: asked before facts are gathered."""
        ...

    def check(
        self, kind: str, scope: Scope, *, service: str, cause: int | None = None, **facts: str
    ) -> Fault | None:
        """The fault of that kind to inject now, or None; its injection is recorded, so inject it.

        Args:
            cause: the hop that the injection follows from.
            facts: what faults are chosen by, see `sandbox.model.faults.MATCHES`.
        """
        ...


class NoFaults:
    """A plan without faults."""

    def watch(self, told: Callable[[Sequence[PlannedFault]], None]) -> None:
        """There will never be any."""

    def planned(self, *kinds: str) -> bool:
        """None is."""
        return False

    def check(
        self, kind: str, scope: Scope, *, service: str, cause: int | None = None, **facts: str
    ) -> Fault | None:
        """None is due."""
        return None
