"""How far a mapping has got in each shard of its stream, in the store."""

from __future__ import annotations

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

    def forget(self) -> None:
        """Drops the places of a mapping that is deleted."""
        self._database.execute("DELETE FROM lambda_checkpoints WHERE uuid = ?", (self._uuid,))
