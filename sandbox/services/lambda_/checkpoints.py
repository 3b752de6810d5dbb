"""How far a mapping has got in each shard of its stream, in the store."""

from __future__ import annotations

from collections.abc import Collection

from sandbox.services.base import Kit


class Checkpoints:
    """The places of one mapping."""

    def __init__(self, kit: Kit, uuid: str) -> None:
        self._database = kit.database
        self._uuid = uuid

    def load(self) -> dict[str, tuple[str, bool]]:
        """By shard: the sequence number up to which it is done, and whether all of it is."""
        rows = self._database.rows(
            "SELECT shard, sequence, ended FROM lambda_checkpoints WHERE uuid = ?", (self._uuid,)
        )
        return {row["shard"]: (row["sequence"], bool(row["ended"])) for row in rows}

    def put(self, shard: str, sequence: str, *, ended: bool = False) -> None:
        """Keeps how far a shard is done."""
        self._database.execute(
            "INSERT OR REPLACE INTO lambda_checkpoints VALUES (?, ?, ?, ?)",
            (self._uuid, shard, sequence, ended),
        )

    # --- what is done behind that place, before other records there --------------------------------------
    def ahead(self, shard: str) -> set[str]:
        """Sequence numbers of the records of a shard that are done ahead of others."""
        rows = self._database.rows(
            "SELECT sequence FROM lambda_done_ahead WHERE uuid = ? AND shard = ?", (self._uuid, shard)
        )
        return {row["sequence"] for row in rows}

    def put_ahead(self, shard: str, sequences: Collection[str]) -> None:
        """Keeps that these are done."""
        self._database.executemany(
            "INSERT OR IGNORE INTO lambda_done_ahead VALUES (?, ?, ?)",
            [(self._uuid, shard, sequence) for sequence in sequences],
        )

    def drop_ahead(self, shard: str, sequences: Collection[str]) -> None:
        """Forgets those that the place of the shard has reached."""
        self._database.executemany(
            "DELETE FROM lambda_done_ahead WHERE uuid = ? AND shard = ? AND sequence = ?",
            [(self._uuid, shard, sequence) for sequence in sequences],
        )

    def forget(self) -> None:
        """Drops the places of a mapping that is deleted."""
        for table in ("lambda_checkpoints", "lambda_done_ahead"):
            self._database.execute(f"DELETE FROM {table} WHERE uuid = ?", (self._uuid,))
