"""Buses, rules and targets in the store. The default bus of a scope is there as soon as somebody looks."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

import msgspec

from sandbox.clock import Clock
from sandbox.model.arn import Arn, event_bus_arn, rule_arn
from sandbox.model.scope import Scope
from sandbox.services.events.errors import no_bus, no_rule
from sandbox.store.database import Database

DEFAULT_BUS = "default"
ENABLED = "ENABLED"
DISABLED = "DISABLED"


@dataclass(frozen=True, slots=True)
class Bus:
    """An event bus; times in virtual seconds since the epoch, `policy` as JSON text."""

    scope: Scope
    name: str
    description: str | None
    created: float
    modified: float
    policy: str | None

    @property
    def arn(self) -> Arn:
        """The bus's ARN."""
        return event_bus_arn(self.scope, self.name)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule.

    Attributes:
        phase: virtual time from which the intervals of a rate are counted.
        next_fire: virtual time of the next scheduled firing, None where there is none.
    """

    scope: Scope
    bus: str
    name: str
    pattern: str | None
    schedule: str | None
    state: str
    description: str | None
    role: str | None
    phase: float = 0.0
    next_fire: float | None = None

    @property
    def arn(self) -> Arn:
        """The rule's ARN."""
        return rule_arn(self.scope, self.bus, self.name)

    @property
    def enabled(self) -> bool:
        """Whether it is in force."""
        return self.state == ENABLED


class EventsStore:
    """Reads and writes the state of EventBridge.

    Args:
        database: the store.
        clock: gives creation times.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # --- buses -------------------------------------------------------------------------------------------
    def bus(self, scope: Scope, name: str) -> Bus:
        """The bus.

        Raises:
            AwsError: ResourceNotFoundException.
        """
        found = self.find_bus(scope, name)
        if found is None:
            raise no_bus(name)
        return found

    def find_bus(self, scope: Scope, name: str) -> Bus | None:
        """The bus, or None."""
        row = self._database.row(
            "SELECT * FROM events_buses WHERE account = ? AND region = ? AND name = ?",
            (scope.account, scope.region, name),
        )
        if row is not None:
            return _bus(row)
        return self.add_bus(scope, DEFAULT_BUS, None) if name == DEFAULT_BUS else None

    def add_bus(self, scope: Scope, name: str, description: str | None) -> Bus:
        """Stores a new bus."""
        now = self._clock.now()
        self._database.execute(
            "INSERT INTO events_buses VALUES (?, ?, ?, ?, ?, ?, NULL)",
            (scope.account, scope.region, name, description, now, now),
        )
        return Bus(scope, name, description, now, now, None)

    def change_bus(self, bus: Bus, *, description: str | None, policy: str | None) -> None:
        """Stores what can change of a bus."""
        self._database.execute(
            "UPDATE events_buses SET description = ?, policy = ?, modified = ? "
            "WHERE account = ? AND region = ? AND name = ?",
            (description, policy, self._clock.now(), bus.scope.account, bus.scope.region, bus.name),
        )

    def remove_bus(self, bus: Bus) -> None:
        """Forgets a bus and its tags."""
        self._database.execute(
            "DELETE FROM events_buses WHERE account = ? AND region = ? AND name = ?",
            (bus.scope.account, bus.scope.region, bus.name),
        )
        self._database.execute("DELETE FROM events_tags WHERE arn = ?", (str(bus.arn),))

    def buses(self, scope: Scope, prefix: str = "") -> list[Bus]:
        """The buses whose names begin with `prefix`, by name."""
        self.find_bus(scope, DEFAULT_BUS)
        rows = self._database.rows(
            "SELECT * FROM events_buses WHERE account = ? AND region = ? ORDER BY name",
            (scope.account, scope.region),
        )
        return [_bus(row) for row in rows if row["name"].startswith(prefix)]

    # --- rules -------------------------------------------------------------------------------------------
    def rule(self, scope: Scope, bus: str, name: str) -> Rule:
        """The rule.

        Raises:
            AwsError: ResourceNotFoundException, for the bus or the rule.
        """
        found = self.find_rule(scope, bus, name)
        if found is None:
            self.bus(scope, bus)
            raise no_rule(name, bus)
        return found

    def find_rule(self, scope: Scope, bus: str, name: str) -> Rule | None:
        """The rule, or None."""
        row = self._database.row(
            "SELECT * FROM events_rules WHERE account = ? AND region = ? AND bus = ? AND name = ?",
            (scope.account, scope.region, bus, name),
        )
        return None if row is None else _rule(row)

    def rules(self, scope: Scope, bus: str, prefix: str = "") -> list[Rule]:
        """The rules of a bus whose names begin with `prefix`, by name."""
        rows = self._database.rows(
            "SELECT * FROM events_rules WHERE account = ? AND region = ? AND bus = ? ORDER BY name",
            (scope.account, scope.region, bus),
        )
        return [_rule(row) for row in rows if row["name"].startswith(prefix)]

    def scheduled_rules(self) -> list[Rule]:
        """Every enabled rule with a schedule, in all scopes."""
        rows = self._database.rows(
            "SELECT * FROM events_rules WHERE schedule IS NOT NULL AND state = ?", (ENABLED,)
        )
        return [_rule(row) for row in rows]

    def put_rule(self, rule: Rule) -> None:
        """Stores a rule in place of the one of its name."""
        self._database.execute(
            "INSERT OR REPLACE INTO events_rules VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *_key(rule),
                rule.pattern,
                rule.schedule,
                rule.state,
                rule.description,
                rule.role,
                rule.phase,
                rule.next_fire,
            ),
        )

    def remove_rule(self, rule: Rule) -> None:
        """Forgets a rule and its tags."""
        self._database.execute(
            "DELETE FROM events_rules WHERE account = ? AND region = ? AND bus = ? AND name = ?", _key(rule)
        )
        self._database.execute("DELETE FROM events_tags WHERE arn = ?", (str(rule.arn),))

    # --- targets -----------------------------------------------------------------------------------------
    def targets(self, rule: Rule) -> list[dict[str, Any]]:
        """The targets of a rule as they were put, oldest first."""
        rows = self._database.rows(
            "SELECT document FROM events_targets WHERE account = ? AND region = ? AND bus = ? AND rule = ? "
            "ORDER BY position",
            _key(rule),
        )
        return [msgspec.json.decode(row["document"]) for row in rows]

    def put_target(self, rule: Rule, target: dict[str, Any]) -> None:
        """Stores a target in place of the one of its id."""
        document = msgspec.json.encode(target).decode()
        self._database.execute(
            "INSERT INTO events_targets (account, region, bus, rule, id, arn, document) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account, region, bus, rule, id) "
            "DO UPDATE SET arn = excluded.arn, document = excluded.document",
            (*_key(rule), target["Id"], target["Arn"], document),
        )

    def remove_target(self, rule: Rule, identity: str) -> bool:
        """Forgets a target; whether it was there."""
        cursor = self._database.execute(
            "DELETE FROM events_targets WHERE account = ? AND region = ? AND bus = ? AND rule = ? AND id = ?",
            (*_key(rule), identity),
        )
        return cursor.rowcount > 0

    def rules_of_target(self, scope: Scope, bus: str, arn: str) -> list[str]:
        """Names of the rules of a bus that have the target, sorted."""
        rows = self._database.rows(
            "SELECT DISTINCT rule FROM events_targets WHERE account = ? AND region = ? AND arn = ? "
            "AND bus = ? ORDER BY rule",
            (scope.account, scope.region, arn, bus),
        )
        return [row["rule"] for row in rows]

    # --- tags --------------------------------------------------------------------------------------------
    def tags(self, arn: str) -> dict[str, str]:
        """The tags of a bus or rule."""
        rows = self._database.rows("SELECT key, value FROM events_tags WHERE arn = ? ORDER BY key", (arn,))
        return {row["key"]: row["value"] for row in rows}

    def tag(self, arn: str, tags: dict[str, str]) -> None:
        """Adds tags, in place of those of the same key."""
        self._database.executemany(
            "INSERT OR REPLACE INTO events_tags VALUES (?, ?, ?)",
            [(arn, key, value) for key, value in tags.items()],
        )

    def untag(self, arn: str, keys: list[str]) -> None:
        """Removes tags."""
        self._database.executemany(
            "DELETE FROM events_tags WHERE arn = ? AND key = ?", [(arn, key) for key in keys]
        )


def _key(rule: Rule) -> tuple[str, str, str, str]:
    return rule.scope.account, rule.scope.region, rule.bus, rule.name


def _bus(row: sqlite3.Row) -> Bus:
    return Bus(
        scope=Scope(row["account"], row["region"]),
        name=row["name"],
        description=row["description"],
        created=row["created"],
        modified=row["modified"],
        policy=row["policy"],
    )


def _rule(row: sqlite3.Row) -> Rule:
    return Rule(
        scope=Scope(row["account"], row["region"]),
        bus=row["bus"],
        name=row["name"],
        pattern=row["pattern"],
        schedule=row["schedule"],
        state=row["state"],
        description=row["description"],
        role=row["role"],
        phase=row["phase"],
        next_fire=row["next_fire_at"],
    )
