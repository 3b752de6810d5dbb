"""What is deployed: stacks and their resources, as the store keeps them.

No port, endpoint or secret is in it. A resource is written before it is created (`creating`, with its
name where that is known) and again when it is there, so that an interrupted deployment can be continued.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sandbox.deploy.template.secret import HIDDEN, LostText, SecretText, plain
from sandbox.model.scope import Scope
from sandbox.store.database import Database
from sandbox.store.sealing import BrokenSealError, Seal

#: Statuses of a resource; `changing` is one that has to be told, should the change fail.
CREATING, READY, CHANGING = "creating", "ready", "changing"
#: Statuses of a stack.
DEPLOYING, DEPLOYED, FAILED = "deploying", "deployed", "failed"


_SEALED = "{{sealed}}"


@dataclass(frozen=True, slots=True)
class Output:
    """An output of a stack; `value` as on AWS, with tokens for what a restart changes."""

    name: str
    value: str
    description: str = ""
    export: str | None = None


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed system.

    Attributes:
        stack_id: its ARN.
        status: `deploying`, `deployed` or `failed`.
        template: path of the template file.
        system: path of the system's folder; empty where the template was sent as a text.
        parameters: values that may be shown.
        imports: names that it imports from other stacks.
        seed: what the seeders answered, by their name.
        created, updated: virtual seconds since the epoch.
    """

    name: str
    scope: Scope
    stack_id: str
    status: str
    template: str
    system: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    outputs: tuple[Output, ...] = ()
    imports: tuple[str, ...] = ()
    seed: Mapping[str, Any] = field(default_factory=dict)
    created: float = 0.0
    updated: float = 0.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """A resource of a stack; secrets in `properties` are digests."""

    logical_id: str
    type: str
    physical_id: str
    status: str
    properties: dict[str, Any]
    attributes: Mapping[str, Any]
    needs: tuple[str, ...] = ()
    deletion_policy: str = "Delete"
    generation: int = 0


class Record:
    """The tables of this package.

    Args:
        database: the store of the state folder.
    """

    SCHEMA: ClassVar[str] = """
        CREATE TABLE IF NOT EXISTS deploy_stacks (
            account TEXT, region TEXT, name TEXT, stack_id TEXT, status TEXT, template TEXT, system TEXT,
            parameters TEXT, outputs TEXT, imports TEXT, seed TEXT, created REAL, updated REAL,
            PRIMARY KEY (account, region, name)
        ) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS deploy_resources (
            account TEXT, region TEXT, stack TEXT, logical_id TEXT, generation INTEGER, current INTEGER,
            type TEXT, physical_id TEXT, status TEXT, properties TEXT, attributes TEXT, needs TEXT,
            policy TEXT,
            PRIMARY KEY (account, region, stack, logical_id, generation)
        ) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS deploy_given (
            account TEXT, region TEXT, stack TEXT, name TEXT, value TEXT,
            PRIMARY KEY (account, region, stack, name)
        ) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS deploy_resources_physical
            ON deploy_resources (account, region, type, physical_id);
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seal = Seal(database.path)
        database.define(self.SCHEMA)

    # --- stacks ------------------------------------------------------------------------------------------
    def stacks(self, scope: Scope | None = None) -> list[Stack]:
        """All stacks, or those of one scope, by name."""
        rows = self._database.rows("SELECT * FROM deploy_stacks ORDER BY name, account, region")
        stacks = [_stack(row) for row in rows]
        return [stack for stack in stacks if scope is None or stack.scope == scope]

    def stack(self, scope: Scope, name: str) -> Stack | None:
        """One stack, or None."""
        row = self._database.row(
            "SELECT * FROM deploy_stacks WHERE account=? AND region=? AND name=?", (*_where(scope), name)
        )
        return None if row is None else _stack(row)

    def save_stack(self, stack: Stack) -> None:
        """Writes a stack, new or known."""
        outputs = [[o.name, o.value, o.description, o.export] for o in stack.outputs]
        self._database.execute(
            "INSERT OR REPLACE INTO deploy_stacks VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                *_where(stack.scope), stack.name, stack.stack_id, stack.status, stack.template, stack.system,
                json.dumps(dict(stack.parameters)), json.dumps(outputs), json.dumps(stack.imports),
                json.dumps(dict(stack.seed)), stack.created, stack.updated,
            ),
        )  # fmt: skip

    def forget_stack(self, scope: Scope, name: str) -> None:
        """Removes a stack with everything recorded of it."""
        self._database.execute(
            "DELETE FROM deploy_stacks WHERE account=? AND region=? AND name=?", (*_where(scope), name)
        )
        self._database.execute(
            "DELETE FROM deploy_resources WHERE account=? AND region=? AND stack=?", (*_where(scope), name)
        )

    def given(self, scope: Scope, stack: str) -> dict[str, str | None]:
        """The parameters that a command gave to a stack, by name; None is a secret, which is kept nowhere."""
        rows = self._database.rows(
            "SELECT name, value FROM deploy_given WHERE account=? AND region=? AND stack=? ORDER BY name",
            (*_where(scope), stack),
        )
        return {row["name"]: row["value"] for row in rows}

    def save_given(self, scope: Scope, stack: str, given: Mapping[str, str | None]) -> None:
        """Keeps the parameters that commands gave to a stack, in the place of those known before."""
        where = (*_where(scope), stack)
        self._database.execute("DELETE FROM deploy_given WHERE account=? AND region=? AND stack=?", where)
        for name, value in given.items():
            self._database.execute("INSERT INTO deploy_given VALUES (?,?,?,?,?)", (*where, name, value))

    def exported(self, scope: Scope) -> dict[str, tuple[str, str]]:
        """Exported values and the stacks that export them, by export name."""
        return {
            output.export: (output.value, stack.name)
            for stack in self.stacks(scope)
            for output in stack.outputs
            if output.export
        }

    # --- resources ---------------------------------------------------------------------------------------
    def resources(self, scope: Scope, stack: str) -> dict[str, Recorded]:
        """The resources of a stack, by logical id."""
        return {found.logical_id: found for found in self._resources(scope, stack, current=True)}

    def leftovers(self, scope: Scope, stack: str) -> list[Recorded]:
        """Resources that were replaced and still have to be removed."""
        return self._resources(scope, stack, current=False)

    def save_resource(self, scope: Scope, stack: str, resource: Recorded) -> None:
        """Writes a resource; an older generation of it becomes a leftover."""
        where = (*_where(scope), stack, resource.logical_id)
        self._database.execute(
            "UPDATE deploy_resources SET current=0 WHERE account=? AND region=? AND stack=? AND logical_id=?"
            " AND generation<?",
            (*where, resource.generation),
        )
        self._database.execute(
            "INSERT OR REPLACE INTO deploy_resources VALUES (?,?,?,?,?,1,?,?,?,?,?,?,?)",
            (
                *where, resource.generation, resource.type, resource.physical_id, resource.status,
                json.dumps(resource.properties), json.dumps(_sealed(dict(resource.attributes), self._seal)),
                json.dumps(resource.needs), resource.deletion_policy,
            ),
        )  # fmt: skip

    def forget_resource(self, scope: Scope, stack: str, resource: Recorded) -> None:
        """Removes one generation of a resource; of those left, the newest is the current one."""
        where = (*_where(scope), stack, resource.logical_id)
        self._database.execute(
            "DELETE FROM deploy_resources WHERE account=? AND region=? AND stack=? AND logical_id=?"
            " AND generation=?",
            (*where, resource.generation),
        )
        self._database.execute(
            "UPDATE deploy_resources SET current=1 WHERE account=? AND region=? AND stack=? AND logical_id=?"
            " AND generation=(SELECT max(generation) FROM deploy_resources"
            " WHERE account=? AND region=? AND stack=? AND logical_id=?)",
            (*where, *where),
        )

    def reinstate(self, scope: Scope, stack: str) -> None:
        """Takes replacements back: what they replaced is current again, and they are leftovers."""
        current = self.resources(scope, stack)
        replaced = {
            old.logical_id: old.generation  # the newest: they come in the order of their generations
            for old in self.leftovers(scope, stack)
            if old.logical_id in current and old.generation < current[old.logical_id].generation
        }
        for logical_id, generation in replaced.items():
            self._database.execute(
                "UPDATE deploy_resources SET current=(generation=?)"
                " WHERE account=? AND region=? AND stack=? AND logical_id=?",
                (generation, *_where(scope), stack, logical_id),
            )

    def owner(self, scope: Scope, type_: str, physical_id: str) -> tuple[str, str] | None:
        """The stack and logical id that own a physical resource, or None."""
        row = self._database.row(
            "SELECT stack, logical_id FROM deploy_resources WHERE account=? AND region=? AND type=?"
            " AND physical_id=? AND current=1",
            (*_where(scope), type_, physical_id),
        )
        return None if row is None else (row["stack"], row["logical_id"])

    def _resources(self, scope: Scope, stack: str, *, current: bool) -> list[Recorded]:
        rows = self._database.rows(
            "SELECT * FROM deploy_resources WHERE account=? AND region=? AND stack=? AND current=?"
            " ORDER BY logical_id, generation",
            (*_where(scope), stack, int(current)),
        )
        return [
            Recorded(
                row["logical_id"], row["type"], row["physical_id"], row["status"],
                json.loads(row["properties"]), _opened(json.loads(row["attributes"]), self._seal),
                tuple(json.loads(row["needs"])), row["policy"], row["generation"],
            )
            for row in rows
        ]  # fmt: skip


def _sealed(value: Any, seal: Seal) -> Any:
    """Attributes as they are stored: secret ones unreadable, and what is lost stays so."""
    if isinstance(value, LostText):
        return {_SEALED: ""}
    if isinstance(value, SecretText):
        return {_SEALED: seal.close(plain(value))}
    if isinstance(value, dict):
        return {name: _sealed(item, seal) for name, item in value.items()}
    return [_sealed(item, seal) for item in value] if isinstance(value, list) else value


def _opened(value: Any, seal: Seal) -> Any:
    """Attributes as they were made; what was sealed in another state folder is lost."""
    if isinstance(value, list):
        return [_opened(item, seal) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() != {_SEALED}:
        return {name: _opened(item, seal) for name, item in value.items()}
    try:
        return SecretText(seal.open(value[_SEALED]))
    except BrokenSealError:
        return LostText(HIDDEN)


def _where(scope: Scope) -> tuple[str, str]:
    return scope.account, scope.region


def _stack(row: Any) -> Stack:
    return Stack(
        row["name"], Scope(row["account"], row["region"]), row["stack_id"], row["status"], row["template"],
        row["system"], json.loads(row["parameters"]),
        tuple(Output(*output) for output in json.loads(row["outputs"])), tuple(json.loads(row["imports"])),
        json.loads(row["seed"]), row["created"], row["updated"],
    )  # fmt: skip
