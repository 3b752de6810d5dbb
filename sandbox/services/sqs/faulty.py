"""What goes wrong with messages when a fault says so: later, damaged, twice, in another order."""

from __future__ import annotations

import sqlite3

import msgspec

from sandbox.model.ports import Fault, FaultPoint
from sandbox.services.sqs.journal import SERVICE, Origin
from sandbox.services.sqs.queues import Queue

#: Visible messages among which the order is changed.
_WINDOW = 100


class MessageFaults:
    """Asks the plan of faults about messages.

    Args:
        faults: the plan.
    """

    def __init__(self, faults: FaultPoint) -> None:
        self._faults = faults

    def sent(self, queue: Queue, body: str, origin: Origin) -> tuple[float, str, Origin]:
        """Virtual seconds that a message comes later, what arrives of it, and what led to its sending."""
        if not self._faults.planned("delay", "poison"):
            return 0.0, body, origin
        late, cause = 0.0, origin.cause
        if fault := self._due("delay", queue, cause):
            late, cause = fault.settings["seconds"], fault.hop
        if fault := self._due("poison", queue, cause):
            body, cause = fault.settings["body"] or body[: max(1, len(body) // 2)], fault.hop
        return late, body, msgspec.structs.replace(origin, cause=cause)

    def copy(self, queue: Queue, received: int) -> tuple[float, int] | None:
        """Virtual seconds after which a received message comes once more, and the hop that leads to it.

        Args:
            received: the hop of the receive.
        """
        fault = self._due("duplicate", queue, received)
        return None if fault is None else (fault.settings["after"], fault.hop)

    def window(self, limit: int) -> int:
        """How many visible messages to look at for a receive of at most `limit`."""
        return max(limit, _WINDOW) if self._faults.planned("reorder") else limit

    def reordered(self, queue: Queue, rows: list[sqlite3.Row], limit: int) -> list[sqlite3.Row]:
        """The messages to hand out, of those that are visible; one alone has no order to change."""
        if len(rows) > 1 and (fault := self._due("reorder", queue, rows[0]["hop"])):
            shuffled = list(rows)
            fault.dice.shuffle(shuffled)
            rows = shuffled if shuffled != rows else rows[::-1]
        return rows[:limit]

    def _due(self, kind: str, queue: Queue, cause: int | None) -> Fault | None:
        if not self._faults.planned(kind) or (queue.settings.fifo and kind != "poison"):
            return None  # a FIFO queue delivers once, and in order
        return self._faults.check(kind, queue.arn.scope, service=SERVICE, cause=cause, queue=str(queue.arn))
