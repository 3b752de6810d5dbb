"""What a deployment tells, as events of the stacks that it works on: its own, and those within it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from sandbox.model.scope import Scope
from sandbox.model.stacks import NestedStack, StackStep
from sandbox.services.cloudformation.records import Book, Inputs, StackRow

STACK = "AWS::CloudFormation::Stack"
_VERBS = {"create": "CREATE", "update": "UPDATE", "replace": "UPDATE", "delete": "DELETE", "retain": "DELETE"}
_ENDS = {"start": "IN_PROGRESS", "done": "COMPLETE", "failed": "FAILED"}


class Entry(Protocol):
    """Writes events and states down (implemented by `Worker`)."""

    def enter(self, scope: Scope, row: StackRow, status: str, reason: str = "", **changes: Any) -> StackRow:
        """Brings a stack into a state, with its event."""
        ...

    def tell(
        self, row: StackRow, logical_id: str, physical_id: str, type_: str, status: str, reason: str
    ) -> None:
        """Appends an event."""
        ...


class Teller:
    """Hears the steps of one operation.

    Args:
        entry: writes them down.
        row: the stack that the operation is on.
        now: virtual seconds since the epoch.
        back: it takes an update back.
        hide: takes secrets out of what is told.
    """

    def __init__(
        self,
        entry: Entry,
        book: Book,
        scope: Scope,
        row: StackRow,
        now: Callable[[], float],
        *,
        back: bool = False,
        hide: Callable[[str], str] = str,
    ) -> None:
        self._entry = entry
        self._book = book
        self._scope = scope
        self._now = now
        self._back = back
        self._update = "UPDATE_ROLLBACK" if back else "UPDATE"
        self._hide = hide
        self._row = row
        self._rows = {row.name: row}
        self._failed: dict[str, list[str]] = {}

    @property
    def failed(self) -> list[str]:
        """The logical ids of the stack's own resources that failed."""
        return self._failed.get(self._row.name, [])

    def hear(self, step: StackStep) -> None:
        """Writes a step down."""
        if step.nested is not None:
            self._nested(step, step.nested)
            return
        row = self._rows.get(step.stack or self._row.name, self._row)
        if step.action == "wait":
            self._rows[row.name] = self._entry.enter(self._scope, row, row.status, self._hide(step.detail))
            return
        detail, failed = self._hide(step.detail), step.phase == "failed"
        if failed:
            self._failed.setdefault(row.name, []).append(step.logical_id)
        status = f"{_VERBS[step.action]}_{_ENDS[step.phase]}"
        if step.action == "retain" and step.phase == "done":
            status = "DELETE_SKIPPED"
        physical_id = "" if failed else detail
        self._entry.tell(row, step.logical_id, physical_id, step.type, status, detail if failed else "")

    def _nested(self, step: StackStep, nested: NestedStack) -> None:
        """What becomes of a stack within the stack."""
        verb = self._update if step.action == "update" else _VERBS[step.action]
        status = f"{verb}_{_ENDS[step.phase]}"
        if step.phase == "start":
            self._rows[nested.name] = self._begun(nested, step.action, status)
            return
        row, changes = self._rows[nested.name], {}
        reason = ""
        if step.phase == "failed":
            failed = ", ".join(self._failed.pop(nested.name, []))
            told = f"The following resource(s) failed to {step.action}: [{failed}]."
            reason = told if failed else self._hide(step.detail)
        elif step.action == "delete":
            changes["deleted"] = self._now()
        self._rows[nested.name] = self._entry.enter(self._scope, row, status, reason, **changes)

    def _begun(self, nested: NestedStack, action: str, status: str) -> StackRow:
        known = next((r for r in self._book.stacks(self._scope) if r.stack_id == nested.stack_id), None)
        if known is None:
            root = self._row.root_id or self._row.stack_id
            known = StackRow(
                nested.stack_id,
                nested.name,
                status,
                Inputs(nested.template, description=nested.description, tags=dict(nested.tags)),
                self._now(),
                parent_id=nested.parent_id or self._row.stack_id,
                root_id=root,
            )
        elif action != "delete":
            inputs = msgspec.structs.replace(
                known.inputs,
                template=nested.template,
                description=nested.description,
                tags=dict(nested.tags),
            )
            before = known.previous if self._back else known.inputs
            known = msgspec.structs.replace(
                known, inputs=inputs, previous=before, updated=self._now(), deleted=None
            )
        return self._entry.enter(self._scope, msgspec.structs.replace(known, token=self._row.token), status)
