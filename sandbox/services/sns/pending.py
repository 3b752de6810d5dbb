"""One message on its way to one subscription, and the table of those that have to wait."""

from __future__ import annotations

from base64 import b64decode

import msgspec

from sandbox.model.sns_messages import Published
from sandbox.services.dispatching import Waiting
from sandbox.store.database import Database

_BATCH = 100
#: Of what must stay in order only the first may be tried.
_FIRST = (
    "(d.lane = '' OR NOT EXISTS (SELECT 1 FROM sns_deliveries AS e WHERE e.lane = d.lane AND e.id < d.id))"
)


class Pending(msgspec.Struct, kw_only=True):
    """A delivery.

    Attributes:
        subscription: id of the subscription; what it is like is read at each try.
        confirmation: it asks whether the endpoint wants messages, and carries none.
        cause: the hop that led to it.
        attempts: how many have failed.
    """

    subscription: str
    published: Published
    cause: int | None
    confirmation: bool = False
    attempts: int = 0

    @property
    def lane(self) -> str:
        """What it must stay in order with; empty for nothing."""
        group = self.published.group_id
        return "" if self.published.sequence is None else f"{self.subscription}/{group}"


def _read(document: bytes) -> Pending:
    """A stored delivery; JSON has kept bytes as base64."""
    pending = msgspec.json.decode(document, type=Pending)
    for attribute in pending.published.attributes.values():
        if "BinaryValue" in attribute:
            attribute["BinaryValue"] = b64decode(attribute["BinaryValue"])
    return pending


class PendingStore(Waiting[Pending]):
    """The deliveries that wait, by the virtual time they are due; those of a lane one after the other."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "sns_deliveries", Pending)

    def add(self, pending: Pending, when: float) -> None:
        """Stores a delivery that is due at `when`."""
        self.database.execute(
            "INSERT INTO sns_deliveries (next_at, lane, document) VALUES (?, ?, ?)",
            (when, pending.lane, msgspec.json.encode(pending)),
        )

    def holds_up(self, lane: str) -> bool:
        """Whether something waits that what comes after it must not overtake."""
        sql = "SELECT 1 FROM sns_deliveries WHERE lane = ? LIMIT 1"
        return bool(lane) and self.database.row(sql, (lane,)) is not None

    def due(self, now: float) -> list[tuple[int, Pending]]:
        """Some of the deliveries that are due, oldest first; empty when there are none."""
        rows = self.database.rows(
            f"SELECT d.id, d.document FROM sns_deliveries AS d WHERE d.next_at <= ? AND {_FIRST}"
            " ORDER BY d.next_at, d.id LIMIT ?",
            (now, _BATCH),
        )
        return [(row["id"], _read(row["document"])) for row in rows]

    def next_due(self) -> float | None:
        """When the next one is due."""
        row = self.database.row(f"SELECT min(d.next_at) AS next FROM sns_deliveries AS d WHERE {_FIRST}")
        return None if row is None or row["next"] is None else float(row["next"])
