"""The notification configurations of buckets, in the store."""

from __future__ import annotations

from sqlite3 import Row
from typing import Any

import msgspec

from sandbox.model.scope import Scope
from sandbox.store.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS s3_notifications (
    bucket TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL,
    sequencer INTEGER NOT NULL, document BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS s3_deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, next_at REAL NOT NULL, document BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS s3_deliveries_due ON s3_deliveries (next_at, id);
"""


class Configured(msgspec.Struct, frozen=True):
    """A bucket that tells of its events.

    Attributes:
        scope: account and region of the bucket.
        document: its configuration, as `accepted` made it.
    """

    bucket: str
    scope: Scope
    document: dict[str, Any]


class Buckets:
    """Keeps configurations; names of buckets are unique across accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, bucket: str) -> Configured | None:
        """The configuration of a bucket, if it has one."""
        row = self._database.row("SELECT * FROM s3_notifications WHERE bucket = ?", (bucket,))
        return None if row is None else _read(row)

    def of(self, scope: Scope) -> list[Configured]:
        """The configurations of an account and region."""
        sql = "SELECT * FROM s3_notifications WHERE account = ? AND region = ? ORDER BY bucket"
        return [_read(row) for row in self._database.rows(sql, (scope.account, scope.region))]

    def put(self, configured: Configured) -> None:
        """Keeps a configuration instead of the one there was."""
        self._database.execute(
            "INSERT INTO s3_notifications VALUES (?, ?, ?, 0, ?) ON CONFLICT (bucket) DO UPDATE SET"
            " account = excluded.account, region = excluded.region, document = excluded.document",
            (
                configured.bucket,
                configured.scope.account,
                configured.scope.region,
                msgspec.json.encode(configured.document),
            ),
        )

    def remove(self, bucket: str) -> None:
        """Forgets the configuration of a bucket."""
        self._database.execute("DELETE FROM s3_notifications WHERE bucket = ?", (bucket,))

    def sequencer(self, bucket: str, now: float) -> str:
        """The next sequencer of a bucket: greater than all before it, whatever the clock does."""
        row = self._database.row("SELECT sequencer FROM s3_notifications WHERE bucket = ?", (bucket,))
        number = max(int(now * 1_000_000), (row["sequencer"] if row else 0) + 1)
        sql = "UPDATE s3_notifications SET sequencer = ? WHERE bucket = ?"
        self._database.execute(sql, (number, bucket))
        return f"{number:018X}"


def _read(row: Row) -> Configured:
    scope = Scope(row["account"], row["region"])
    return Configured(row["bucket"], scope, msgspec.json.decode(row["document"]))
