"""The record of what was written to moto, which itself forgets everything when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import msgspec

from sandbox.model.http import HttpRequest
from sandbox.store.database import Database

_PAGE = 64

_SCHEMA = """
CREATE TABLE IF NOT EXISTS moto_requests (
    sequence INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    service TEXT NOT NULL,
    operation TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    query TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class LoggedWrite:
    """A write that moto accepted.

    Attributes:
        sequence: its position, counted from 1; also the seed of the ids it made.
        at: virtual time, seconds since the epoch.
    """

    sequence: int
    at: float
    service: str
    operation: str
    request: HttpRequest


class MotoLog(Protocol):
    """Where accepted writes are kept, in the order moto accepted them."""

    def append(self, write: LoggedWrite) -> None:
        """Keeps one more."""
        ...

    def all(self) -> Iterator[LoggedWrite]:
        """All of them, oldest first."""
        ...

    def next_sequence(self) -> int:
        """The sequence number of the next write."""
        ...


class DatabaseMotoLog:
    """The record in a database of the store; it is part of what a reset empties and a snapshot holds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.define(_SCHEMA)

    def append(self, write: LoggedWrite) -> None:
        """Keeps one more; stored with the turn's transaction."""
        request = write.request
        self._database.execute(
            "INSERT INTO moto_requests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                write.sequence,
                write.at,
                write.service,
                write.operation,
                request.method,
                request.path,
                request.query,
                msgspec.json.encode(_storable(request)).decode(),
                request.body,
            ),
        )

    def all(self) -> Iterator[LoggedWrite]:
        """All of them, oldest first, read a page at a time."""
        last = 0
        while page := self._database.rows(
            "SELECT * FROM moto_requests WHERE sequence > ? ORDER BY sequence LIMIT ?", (last, _PAGE)
        ):
            for row in page:
                headers = [(name, value) for name, value in msgspec.json.decode(row["headers"])]
                request = HttpRequest(row["method"], row["path"], row["query"], headers, row["body"])
                yield LoggedWrite(row["sequence"], row["at"], row["service"], row["operation"], request)
            last = page[-1]["sequence"]

    def next_sequence(self) -> int:
        """The sequence number of the next write."""
        row = self._database.row("SELECT coalesce(max(sequence), 0) + 1 AS sequence FROM moto_requests")
        assert row is not None
        return int(row["sequence"])


def _storable(request: HttpRequest) -> list[tuple[str, str]]:
    """The headers without the port in the host: nothing stored may name one."""
    return [
        (name, value.rpartition(":")[0] if name == "host" and ":" in value else value)
        for name, value in request.headers
    ]
