"""Archives, the events in them, and replays in the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from sandbox.model.arn import Arn, archive_arn, event_bus_arn, replay_arn
from sandbox.model.scope import Scope
from sandbox.services.events.errors import no_archive, no_replay
from sandbox.store.database import Database

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive.

    Attributes:
        bus: name of the bus whose events it keeps.
        pattern: which of them; None means all.
        retention: days that an event is kept, 0 for ever.
        created: virtual seconds since the epoch.
    """

    scope: Scope
    name: str
    bus: str
    description: str | None
    pattern: str | None
    retention: int
    created: float

    @property
    def arn(self) -> Arn:
        """The archive's ARN."""
        return archive_arn(self.scope, self.name)

    @property
    def bus_arn(self) -> Arn:
        """The ARN of its bus."""
        return event_bus_arn(self.scope, self.bus)


@dataclass(frozen=True, slots=True)
class ArchivedEvent:
    """An event in an archive; `at` is the time in the event, seconds since the epoch."""

    id: int
    at: float
    document: str


class Replay(msgspec.Struct, kw_only=True):
    """A replay.

    Attributes:
        filters: ARNs of the rules that alone get the events; empty means every rule of the bus.
        since, until: of the times in the events, `until` not included; seconds since the epoch.
        started, ended: virtual time.
        cursor: time and number of the event that was replayed last.
        cause: the hop of the call that started it.
        replayed: how many events so far.
        next_at: when it goes on; None when it is over.
    """

    account: str
    region: str
    name: str
    archive: str
    bus: str
    description: str | None
    filters: list[str]
    since: float
    until: float
    state: str
    started: float
    cause: int | None
    next_at: float | None
    ended: float | None = None
    cursor: tuple[float, int] | None = None
    replayed: int = 0

    @property
    def scope(self) -> Scope:
        """Account and region."""
        return Scope(self.account, self.region)

    @property
    def arn(self) -> Arn:
        """The replay's ARN."""
        return replay_arn(self.scope, self.name)

    @property
    def archive_arn(self) -> Arn:
        """The ARN of the archive it takes events from."""
        return archive_arn(self.scope, self.archive)


class ArchiveStore:
    """Reads and writes archives and replays.

    Args:
        database: the store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- archives ----------------------------------------------------------------------------------------
    def archive(self, scope: Scope, name: str) -> Archive:
        """The archive.

        Raises:
            AwsError: ResourceNotFoundException.
        """
        found = self.find_archive(scope, name)
        if found is None:
            raise no_archive(name)
        return found

    def find_archive(self, scope: Scope, name: str) -> Archive | None:
        """The archive, or None."""
        row = self._database.row(
            "SELECT * FROM events_archives WHERE account = ? AND region = ? AND name = ?",
            (scope.account, scope.region, name),
        )
        return None if row is None else _archive(row)

    def archives(self, scope: Scope | None = None, bus: str | None = None) -> list[Archive]:
        """The archives of a scope (of all, where none is given), of one bus where it is named, by name."""
        rows = self._database.rows("SELECT * FROM events_archives ORDER BY account, region, name")
        found = [_archive(row) for row in rows]
        return [
            archive
            for archive in found
            if (scope is None or archive.scope == scope) and (bus is None or archive.bus == bus)
        ]

    def put_archive(self, archive: Archive) -> None:
        """Stores an archive in place of the one of its name."""
        self._database.execute(
            "INSERT OR REPLACE INTO events_archives VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *_key(archive),
                archive.bus,
                archive.description,
                archive.pattern,
                archive.retention,
                archive.created,
            ),
        )

    def remove_archive(self, archive: Archive) -> None:
        """Forgets an archive and its events."""
        for table, column in (("events_archived", "archive"), ("events_archives", "name")):
            self._database.execute(
                f"DELETE FROM {table} WHERE account = ? AND region = ? AND {column} = ?", _key(archive)
            )

    # --- events ------------------------------------------------------------------------------------------
    def keep(self, archive: Archive, at: float, archived: float, size: int, document: str) -> None:
        """Adds an event.

        Args:
            at: the time in the event. archived: virtual time now.
            size: bytes that it counts for.
        """
        self._database.execute(
            "INSERT INTO events_archived (account, region, archive, at, archived, size, document) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*_key(archive), at, archived, size, document),
        )

    def holdings(self, archive: Archive) -> tuple[int, int]:
        """How many events an archive has, and their bytes."""
        row = self._database.row(
            "SELECT count(*) AS number, coalesce(sum(size), 0) AS bytes FROM events_archived "
            "WHERE account = ? AND region = ? AND archive = ?",
            _key(archive),
        )
        return (int(row["number"]), int(row["bytes"])) if row else (0, 0)

    def span(self, archive: Archive) -> tuple[float, float] | None:
        """The times of its first and its last event, None where there is none."""
        row = self._database.row(
            "SELECT min(at) AS first, max(at) AS last FROM events_archived "
            "WHERE account = ? AND region = ? AND archive = ?",
            _key(archive),
        )
        return None if row is None or row["first"] is None else (float(row["first"]), float(row["last"]))

    def next_expiry(self, archive: Archive) -> float | None:
        """When its oldest event is due to be deleted; None where nothing is."""
        if not archive.retention:
            return None
        row = self._database.row(
            "SELECT min(archived) AS oldest FROM events_archived "
            "WHERE account = ? AND region = ? AND archive = ?",
            _key(archive),
        )
        return None if row is None or row["oldest"] is None else row["oldest"] + archive.retention * _DAY

    def expire(self, archive: Archive, now: float) -> None:
        """Deletes the events that are older than the archive keeps them."""
        if archive.retention:
            self._database.execute(
                "DELETE FROM events_archived WHERE account = ? AND region = ? AND archive = ? "
                # Added up as `next_expiry` does: a difference may round to the other side, and never be due.
                "AND archived + ? <= ?",
                (*_key(archive), archive.retention * _DAY, now),
            )

    def following(self, replay: Replay, limit: int) -> list[ArchivedEvent]:
        """The next events of a replay, by the time in them."""
        after = replay.cursor or (replay.since, 0)
        rows = self._database.rows(
            "SELECT id, at, document FROM events_archived WHERE account = ? AND region = ? AND archive = ? "
            "AND (at, id) > (?, ?) AND at < ? ORDER BY at, id LIMIT ?",
            (replay.account, replay.region, replay.archive, *after, replay.until, limit),
        )
        return [ArchivedEvent(row["id"], row["at"], row["document"]) for row in rows]

    # --- replays -----------------------------------------------------------------------------------------
    def replay(self, scope: Scope, name: str) -> Replay:
        """The replay.

        Raises:
            AwsError: ResourceNotFoundException.
        """
        found = self.find_replay(scope, name)
        if found is None:
            raise no_replay(name)
        return found

    def find_replay(self, scope: Scope, name: str) -> Replay | None:
        """The replay, or None."""
        row = self._database.row(
            "SELECT document FROM events_replays WHERE account = ? AND region = ? AND name = ?",
            (scope.account, scope.region, name),
        )
        return None if row is None else _replay(row)

    def replays(self, scope: Scope) -> list[Replay]:
        """The replays of a scope, by name."""
        rows = self._database.rows(
            "SELECT document FROM events_replays WHERE account = ? AND region = ? ORDER BY name",
            (scope.account, scope.region),
        )
        return [_replay(row) for row in rows]

    def running_replays(self) -> Sequence[Replay]:
        """Those of all scopes that are not over."""
        rows = self._database.rows(
            "SELECT document FROM events_replays WHERE next_at IS NOT NULL ORDER BY next_at, name"
        )
        return [_replay(row) for row in rows]

    def put_replay(self, replay: Replay) -> None:
        """Stores a replay in place of the one of its name."""
        self._database.execute(
            "INSERT OR REPLACE INTO events_replays VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                replay.account,
                replay.region,
                replay.name,
                replay.archive,
                replay.bus,
                replay.next_at,
                msgspec.json.encode(replay),
            ),
        )


def _key(archive: Archive) -> tuple[str, str, str]:
    return archive.scope.account, archive.scope.region, archive.name


def _archive(row: sqlite3.Row) -> Archive:
    return Archive(
        scope=Scope(row["account"], row["region"]),
        name=row["name"],
        bus=row["bus"],
        description=row["description"],
        pattern=row["pattern"],
        retention=row["retention"],
        created=row["created"],
    )


def _replay(row: sqlite3.Row) -> Replay:
    return msgspec.json.decode(row["document"], type=Replay)
