"""What the service remembers beside the deployer's record: states, events and change sets."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from sandbox.model.scope import Scope
from sandbox.store.database import Database

T = TypeVar("T")

SCHEMA = """
    CREATE TABLE IF NOT EXISTS cloudformation_stacks (
        account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL,
        PRIMARY KEY (account, region, id)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS cloudformation_events (
        id INTEGER PRIMARY KEY, stack_id TEXT NOT NULL, document TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS cloudformation_events_of_stack ON cloudformation_events (stack_id, id);
    CREATE TABLE IF NOT EXISTS cloudformation_change_sets (
        account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL,
        PRIMARY KEY (account, region, id)
    ) WITHOUT ROWID;
"""


class Inputs(msgspec.Struct, frozen=True):
    """What a stack is made of.

    Attributes:
        template: the text.
        parameters: values by name; those of `secrets` are sealed, and never shown.
        secrets: names of `NoEcho` parameters.
    """

    template: str
    parameters: dict[str, str] = {}
    secrets: tuple[str, ...] = ()
    description: str = ""
    capabilities: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    role: str = ""


class StackRow(msgspec.Struct, frozen=True):
    """A stack.

    Attributes:
        inputs: as it is, or is to become.
        previous: what a failed update goes back to.
        on_failure: of its creation or update: `ROLLBACK`, `DO_NOTHING` or `DELETE`.
        token: the client's token of the operation that works on it.
        created, updated, deleted: virtual seconds since the epoch.
        from_files: it was deployed from a template file; nothing of it is stored here.
        parent_id, root_id: of a nested stack, the ARNs of the one that holds it and of the outermost.
    """

    stack_id: str
    name: str
    status: str
    inputs: Inputs
    created: float
    reason: str = ""
    previous: Inputs | None = None
    on_failure: str = "ROLLBACK"
    token: str = ""
    change_set_id: str = ""
    protected: bool = False
    updated: float | None = None
    deleted: float | None = None
    from_files: bool = False
    parent_id: str = ""
    root_id: str = ""

    @property
    def lives(self) -> bool:
        """Whether its name is taken by it."""
        return self.status != "DELETE_COMPLETE"


class EventRow(msgspec.Struct, frozen=True):
    """An event of a stack, `at` virtual seconds since the epoch."""

    event_id: str
    name: str
    logical_id: str
    physical_id: str
    type: str
    status: str
    at: float
    reason: str = ""
    token: str = ""
    #: Its place among all events, once it is stored.
    number: int = 0

    @property
    def failed(self) -> bool:
        """Whether it tells of a failure."""
        return self.status.endswith("_FAILED")


class ChangeSetRow(msgspec.Struct, frozen=True):
    """A change set.

    Attributes:
        kind: `CREATE` or `UPDATE`.
        changes: as DescribeChangeSet answers them.
    """

    change_set_id: str
    name: str
    stack_id: str
    stack_name: str
    kind: str
    inputs: Inputs
    created: float
    status: str = "CREATE_IN_PROGRESS"
    execution: str = "UNAVAILABLE"
    reason: str = ""
    description: str = ""
    on_failure: str = ""
    changes: tuple[dict[str, Any], ...] = ()


class Book:
    """The tables.

    Args:
        database: the store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- stacks ------------------------------------------------------------------------------------------
    def stacks(self, scope: Scope) -> list[StackRow]:
        """The stacks of a scope, deleted ones too, the newest first."""
        rows = self._all("cloudformation_stacks", scope, StackRow)
        return sorted(rows, key=lambda row: row.created, reverse=True)

    def save_stack(self, scope: Scope, row: StackRow) -> None:
        """Writes a stack, new or known."""
        self._save("cloudformation_stacks", scope, row.stack_id, row)

    def scopes(self) -> list[Scope]:
        """Where there are stacks."""
        rows = self._database.rows("SELECT DISTINCT account, region FROM cloudformation_stacks")
        return [Scope(row["account"], row["region"]) for row in rows]

    # --- events ------------------------------------------------------------------------------------------
    def events(self, stack_id: str) -> list[EventRow]:
        """The events of a stack, newest first."""
        rows = self._database.rows(
            "SELECT id, document FROM cloudformation_events WHERE stack_id = ? ORDER BY id DESC", (stack_id,)
        )
        read = [(row["id"], msgspec.json.decode(row["document"], type=EventRow)) for row in rows]
        return [msgspec.structs.replace(event, number=number) for number, event in read]

    def add_event(self, stack_id: str, event: EventRow) -> None:
        """Appends an event."""
        self._database.execute(
            "INSERT INTO cloudformation_events (stack_id, document) VALUES (?, ?)",
            (stack_id, msgspec.json.encode(event).decode()),
        )

    # --- change sets -------------------------------------------------------------------------------------
    def change_sets(self, scope: Scope) -> list[ChangeSetRow]:
        """The change sets of a scope, oldest first."""
        rows = self._all("cloudformation_change_sets", scope, ChangeSetRow)
        return sorted(rows, key=lambda row: (row.created, row.change_set_id))

    def save_change_set(self, scope: Scope, row: ChangeSetRow) -> None:
        """Writes a change set, new or known."""
        self._save("cloudformation_change_sets", scope, row.change_set_id, row)

    def forget_change_set(self, scope: Scope, change_set_id: str) -> None:
        """Removes a change set."""
        self._database.execute(
            "DELETE FROM cloudformation_change_sets WHERE account = ? AND region = ? AND id = ?",
            (scope.account, scope.region, change_set_id),
        )

    # --- inside ------------------------------------------------------------------------------------------
    def _all(self, table: str, scope: Scope, kind: type[T]) -> list[T]:
        rows = self._database.rows(
            f"SELECT document FROM {table} WHERE account = ? AND region = ? ORDER BY id",
            (scope.account, scope.region),
        )
        return [msgspec.json.decode(row["document"], type=kind) for row in rows]

    def _save(self, table: str, scope: Scope, identity: str, row: StackRow | ChangeSetRow) -> None:
        self._database.execute(
            f"INSERT OR REPLACE INTO {table} (account, region, id, document) VALUES (?, ?, ?, ?)",
            (scope.account, scope.region, identity, msgspec.json.encode(row).decode()),
        )
