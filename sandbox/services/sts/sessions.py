"""Sessions of roles: whose the temporary access keys are, and until when."""

from __future__ import annotations

from heapq import heappop, heappush

import msgspec

from sandbox.store.database import Database

SCHEMA = """
    CREATE TABLE IF NOT EXISTS sts_sessions (
        access_key TEXT PRIMARY KEY, expires REAL NOT NULL, document TEXT NOT NULL
    ) WITHOUT ROWID;
"""
#: Seconds that an expired key is remembered, so that it is refused as expired.
_REMEMBERED = 7 * 86_400.0


class RoleSession(msgspec.Struct, frozen=True):
    """A session.

    Attributes:
        arn: `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
        user_id: `ROLEID:SESSION`.
        expires: virtual seconds since the epoch.
        source: the access key of who assumed the role; empty where the request had none.
    """

    access_key: str
    arn: str
    user_id: str
    expires: float
    source: str = ""


class Sessions:
    """The sessions, in memory and in the store.

    Args:
        database: the store; the table is there.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._found: dict[str, RoleSession] = {}
        #: Their ends and keys, as a heap: the first that can be forgotten is the first of it.
        self._ends: list[tuple[float, str]] = []

    def read(self) -> None:
        """Remembers what the store has."""
        rows = self._database.rows("SELECT document FROM sts_sessions")
        sessions = [msgspec.json.decode(row["document"], type=RoleSession) for row in rows]
        self._found = {session.access_key: session for session in sessions}
        self._ends = sorted((session.expires, session.access_key) for session in sessions)

    def get(self, access_key: str) -> RoleSession | None:
        """The session that a key is of."""
        return self._found.get(access_key)

    def add(self, session: RoleSession, now: float) -> None:
        """Stores a session, and forgets those that ended long ago.

        Args:
            now: virtual seconds since the epoch.
        """
        while self._ends and self._ends[0][0] + _REMEMBERED < now:
            _, key = heappop(self._ends)
            del self._found[key]
            self._database.execute("DELETE FROM sts_sessions WHERE access_key = ?", (key,))
        self._found[session.access_key] = session
        heappush(self._ends, (session.expires, session.access_key))
        self._database.execute(
            "INSERT INTO sts_sessions VALUES (?, ?, ?)",
            (session.access_key, session.expires, msgspec.json.encode(session).decode()),
        )
