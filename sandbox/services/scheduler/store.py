"""Schedules and their groups in the store. The default group is there as soon as somebody looks."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from sandbox.clock import Clock
from sandbox.model.arn import Arn, schedule_arn, schedule_group_arn
from sandbox.model.schedule_plan import Plan, parse_expression, parse_zone
from sandbox.model.scope import Scope
from sandbox.services.scheduler.errors import no_group, no_schedule
from sandbox.store.database import Database

DEFAULT_GROUP = "default"
ENABLED, DISABLED = "ENABLED", "DISABLED"


@dataclass(frozen=True, slots=True)
class Group:
    """A schedule group; times in virtual seconds, `token` the client token it was made with."""

    scope: Scope
    name: str
    created: float
    modified: float
    token: str | None
    tags: Mapping[str, str]

    @property
    def arn(self) -> Arn:
        """The group's ARN."""
        return schedule_group_arn(self.scope, self.name)


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule.

    Attributes:
        target: as the API takes it, defaults filled in.
        window: minutes of the flexible time window, 0 where it is off.
        start, end: seconds since the epoch. begins: from when its rate counts.
        delete_after: it is deleted once its last invocation was made.
        token: the client token it was made with.
        due: the time that is next by its expression; fires_at: when it is invoked for it, which the flexible
            window may put off. None where there is none any more.
    """

    account: str
    region: str
    group: str
    name: str
    expression: str
    zone: str
    target: dict[str, Any]
    window: int
    state: str
    description: str | None
    start: float | None
    end: float | None
    begins: float
    delete_after: bool
    created: float
    modified: float
    token: str | None
    due: float | None = None
    fires_at: float | None = None

    @property
    def scope(self) -> Scope:
        """Account and region."""
        return Scope(self.account, self.region)

    @property
    def arn(self) -> Arn:
        """The schedule's ARN."""
        return schedule_arn(self.scope, self.group, self.name)

    @property
    def plan(self) -> Plan:
        """When it is due."""
        return Plan(
            parse_expression(self.expression), parse_zone(self.zone), self.begins, self.start, self.end
        )


class SchedulerStore:
    """Reads and writes schedules and groups.

    Args:
        database: the store.
        clock: gives creation times.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # --- groups ------------------------------------------------------------------------------------------
    def group(self, scope: Scope, name: str) -> Group:
        """The group.

        Raises:
            AwsError: ResourceNotFoundException.
        """
        found = self.find_group(scope, name)
        if found is None:
            raise no_group(name)
        return found

    def find_group(self, scope: Scope, name: str) -> Group | None:
        """The group, or None."""
        row = self._database.row(
            "SELECT * FROM scheduler_groups WHERE account = ? AND region = ? AND name = ?",
            (scope.account, scope.region, name),
        )
        if row is not None:
            return _group(row)
        return self.add_group(scope, name, None, {}) if name == DEFAULT_GROUP else None

    def add_group(self, scope: Scope, name: str, token: str | None, tags: Mapping[str, str]) -> Group:
        """Stores a new group."""
        now = self._clock.now()
        group = Group(scope, name, now, now, token, tags)
        self.put_group(group)
        return group

    def put_group(self, group: Group) -> None:
        """Stores a group in place of the one of its name."""
        self._database.execute(
            "INSERT OR REPLACE INTO scheduler_groups VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                group.scope.account,
                group.scope.region,
                group.name,
                group.created,
                group.modified,
                group.token,
                msgspec.json.encode(group.tags).decode(),
            ),
        )

    def groups(self, scope: Scope) -> list[Group]:
        """The groups of a scope, by name."""
        self.find_group(scope, DEFAULT_GROUP)
        rows = self._database.rows(
            "SELECT * FROM scheduler_groups WHERE account = ? AND region = ? ORDER BY name",
            (scope.account, scope.region),
        )
        return [_group(row) for row in rows]

    def remove_group(self, group: Group) -> None:
        """Forgets a group and its schedules."""
        key = (group.scope.account, group.scope.region, group.name)
        for table, column in (("scheduler_schedules", "grp"), ("scheduler_groups", "name")):
            self._database.execute(
                f"DELETE FROM {table} WHERE account = ? AND region = ? AND {column} = ?", key
            )

    # --- schedules ---------------------------------------------------------------------------------------
    def schedule(self, scope: Scope, group: str, name: str) -> Schedule:
        """The schedule.

        Raises:
            AwsError: ResourceNotFoundException.
        """
        found = self.find_schedule(scope, group, name)
        if found is None:
            raise no_schedule(name)
        return found

    def find_schedule(self, scope: Scope, group: str, name: str) -> Schedule | None:
        """The schedule, or None."""
        row = self._database.row(
            "SELECT document FROM scheduler_schedules "
            "WHERE account = ? AND region = ? AND grp = ? AND name = ?",
            (scope.account, scope.region, group, name),
        )
        return None if row is None else _schedule(row)

    def schedules(self, scope: Scope, group: str | None = None) -> list[Schedule]:
        """The schedules of a scope, of one group where it is named, by group and name."""
        rows = self._database.rows(
            "SELECT document FROM scheduler_schedules WHERE account = ? AND region = ? "
            "AND grp = coalesce(?, grp) ORDER BY grp, name",
            (scope.account, scope.region, group),
        )
        return [_schedule(row) for row in rows]

    def waiting(self) -> list[Schedule]:
        """Every schedule of all scopes that is to fire."""
        rows = self._database.rows(
            "SELECT document FROM scheduler_schedules WHERE fires_at IS NOT NULL ORDER BY fires_at"
        )
        return [_schedule(row) for row in rows]

    def put_schedule(self, schedule: Schedule) -> None:
        """Stores a schedule in place of the one of its name."""
        self._database.execute(
            "INSERT OR REPLACE INTO scheduler_schedules VALUES (?, ?, ?, ?, ?, ?)",
            (
                schedule.account,
                schedule.region,
                schedule.group,
                schedule.name,
                schedule.fires_at,
                msgspec.json.encode(schedule),
            ),
        )

    def remove_schedule(self, schedule: Schedule) -> None:
        """Forgets a schedule."""
        self._database.execute(
            "DELETE FROM scheduler_schedules WHERE account = ? AND region = ? AND grp = ? AND name = ?",
            (schedule.account, schedule.region, schedule.group, schedule.name),
        )


def _group(row: sqlite3.Row) -> Group:
    return Group(
        scope=Scope(row["account"], row["region"]),
        name=row["name"],
        created=row["created"],
        modified=row["modified"],
        token=row["token"],
        tags=msgspec.json.decode(row["tags"]),
    )


def _schedule(row: sqlite3.Row) -> Schedule:
    return msgspec.json.decode(row["document"], type=Schedule)
