"""The work on stacks, beside the requests that ask for it: creating, updating, going back, deleting."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import msgspec

from sandbox.errors import SandboxError, StoreError
from sandbox.model.awserror import AwsError
from sandbox.model.scope import Scope
from sandbox.model.stacks import StackDeployer, StackRequest, StackStep
from sandbox.services.base import Kit
from sandbox.services.cloudformation.records import Book, EventRow, Inputs, StackRow
from sandbox.services.cloudformation.sealing import Sealer, without_secrets
from sandbox.services.cloudformation.telling import STACK, Teller

_STOPPED = "The sandbox was stopped while this was under way"
_LOST = "What became of this could not be stored"
_NOT_REMOVED = "Update successful. One or more resources could not be deleted."
#: What a status becomes when the work is interrupted.
_INTERRUPTED = {
    "CREATE_IN_PROGRESS": "CREATE_FAILED",
    "ROLLBACK_IN_PROGRESS": "ROLLBACK_FAILED",
    "UPDATE_IN_PROGRESS": "UPDATE_FAILED",
    "UPDATE_ROLLBACK_IN_PROGRESS": "UPDATE_ROLLBACK_FAILED",
    "DELETE_IN_PROGRESS": "DELETE_FAILED",
}


def is_ongoing(row: StackRow) -> bool:
    """Whether something works on a stack."""
    return row.status.endswith("_IN_PROGRESS") and row.status != "REVIEW_IN_PROGRESS"


class _Outcome(NamedTuple):
    """What became of a deployment: why it failed, or None; a note where it did not."""

    failure: str | None = None
    note: str = ""


class Worker:
    """Works on stacks, one thing after the other for each of them.

    Args:
        kit: clock and ids.
        book: what is known of stacks.
        deployer: does it.
        sealer: opens values of `NoEcho` parameters.
    """

    def __init__(self, kit: Kit, book: Book, deployer: StackDeployer, sealer: Sealer) -> None:
        self._clock = kit.clock
        self._ids = kit.ids
        self._database = kit.database
        self._book = book
        self._deployer = deployer
        self._sealer = sealer
        self._tasks: dict[str, asyncio.Task[None]] = {}
        #: Why work ended that did not come to its end.
        self._broken: dict[str, str] = {}

    # --- tasks -------------------------------------------------------------------------------------------
    def begin(self, key: str, work: Coroutine[Any, Any, None]) -> None:
        """Runs work on a stack or change set, after whatever works on it now."""
        before = self._tasks.get(key)

        async def run() -> None:
            try:
                await self._database.committed()
            except StoreError:  # what could not be stored was not asked for: its client was refused
                work.close()
                raise
            if before is not None:
                await asyncio.wait([before])
            await work
            # Nobody waits for this turn's commit: whether it came must be known here.
            await self._database.committed()

        task = asyncio.get_running_loop().create_task(run(), name=f"cloudformation: {key}")
        self._tasks[key] = task
        task.add_done_callback(lambda done: self._over(key, done))

    async def ended(self, key: str, seconds: float) -> None:
        """Waits until nothing works on a stack or change set.

        Args:
            seconds: real ones to wait at most.
        """
        task = self._tasks.get(key)
        if task is not None:
            await asyncio.wait([task], timeout=seconds)

    def tasks(self) -> set[asyncio.Task[Any]]:
        """What runs now."""
        return set(self._tasks.values())

    async def stop(self) -> None:
        """Ends what runs; `settle_all` says at the next start what became of it."""
        tasks = self.tasks()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def settle_all(self) -> None:
        """Whatever was under way when the sandbox stopped has failed; what it made can be deleted."""
        for scope in self._book.scopes():
            self.settle(scope, _STOPPED)

    def settle(self, scope: Scope, why: str = _LOST) -> None:
        """Whatever is said to be under way, and nothing works on, has failed.

        Args:
            why: the reason, where none is known of the work itself.
        """
        for row in self._book.stacks(scope):
            if row.status in _INTERRUPTED and not {row.stack_id, row.root_id}.intersection(self._tasks):
                reason = self._broken.get(row.stack_id, why)
                self.enter(scope, row, _INTERRUPTED[row.status], reason)
        for change_set in self._book.change_sets(scope):
            identity = change_set.change_set_id
            if change_set.status == "CREATE_IN_PROGRESS" and identity not in self._tasks:
                reason = self._broken.get(identity, why)
                failed = msgspec.structs.replace(change_set, status="FAILED", reason=reason)
                self._book.save_change_set(scope, failed)

    # --- states ------------------------------------------------------------------------------------------
    def enter(self, scope: Scope, row: StackRow, status: str, reason: str = "", **changes: Any) -> StackRow:
        """Brings a stack into a state, with its event."""
        entered = msgspec.structs.replace(row, status=status, reason=reason, **changes)
        self._book.save_stack(scope, entered)
        self.tell(entered, row.name, row.stack_id, STACK, status, reason)
        return entered

    # --- work --------------------------------------------------------------------------------------------
    async def create(self, scope: Scope, row: StackRow, cause: int | None) -> None:
        """Creates a stack; of one that fails, `on_failure` says what becomes."""
        failure = (await self._deploy(scope, row, row.inputs, cause, "create")).failure
        if failure is None:
            self.enter(scope, row, "CREATE_COMPLETE")
        elif row.on_failure == "DO_NOTHING":
            self.enter(scope, row, "CREATE_FAILED", failure)
        elif row.on_failure == "DELETE":
            row = self.enter(scope, row, "DELETE_IN_PROGRESS", f"{failure} Delete requested by user.")
            await self._remove(scope, row, self._deployer.undo, "DELETE")
        else:
            reason = f"{failure} Rollback requested by user."
            await self.go_back(scope, self.enter(scope, row, "ROLLBACK_IN_PROGRESS", reason), cause)

    async def update(self, scope: Scope, row: StackRow, cause: int | None) -> None:
        """Updates a stack; one that fails goes back to what it was, unless it is told not to."""
        for nested in self._within(scope, row):
            self._book.save_stack(scope, msgspec.structs.replace(nested, previous=None))
        failure, note = await self._deploy(scope, row, row.inputs, cause, "update")
        if failure is None:
            self.enter(scope, row, "UPDATE_COMPLETE", note, previous=None)
        elif row.on_failure == "DO_NOTHING" or row.previous is None:
            self.enter(scope, row, "UPDATE_FAILED", failure)
        else:
            row = self.enter(scope, row, "UPDATE_ROLLBACK_IN_PROGRESS", failure)
            await self.go_back(scope, row, cause)

    async def go_back(self, scope: Scope, row: StackRow, cause: int | None) -> None:
        """Takes back what failed: a creation (`ROLLBACK_IN_PROGRESS`), or an update."""
        if row.status == "ROLLBACK_IN_PROGRESS":
            await self._remove(scope, row, self._deployer.undo, "ROLLBACK")
            return
        back = row.previous or row.inputs
        failure, note = await self._deploy(scope, row, back, cause, "update", back=True)
        if failure is None:
            self.enter(scope, row, "UPDATE_ROLLBACK_COMPLETE", note, inputs=back, previous=None)
        else:
            self.enter(scope, row, "UPDATE_ROLLBACK_FAILED", failure)

    async def delete(
        self, scope: Scope, row: StackRow, retain: Collection[str] = (), *, forced: bool = False
    ) -> None:
        """Deletes a stack, but for the resources of some logical ids; a deletion that is forced leaves those
        behind that cannot be deleted.
        """
        current = next((one for one in self._book.stacks(scope) if one.stack_id == row.stack_id), row)
        row = self.enter(scope, current, "DELETE_IN_PROGRESS", "User Initiated", deleted=self._clock.now())
        retain = {*retain}
        while forced:  # what stayed for the sake of another is tried once that is left behind
            teller = Teller(self, self._book, scope, row, self._clock.now)
            with suppress(AwsError):
                await self._deployer.delete(scope, row.name, teller.hear, retain)
            forced = not retain.issuperset(teller.failed)
            retain.update(teller.failed)
        await self._remove(scope, row, partial(self._deployer.delete, retain=retain), "DELETE")

    async def _remove(
        self,
        scope: Scope,
        row: StackRow,
        remove: Callable[[Scope, str, Callable[[StackStep], None]], Awaitable[None]],
        verb: str,
    ) -> None:
        teller = Teller(self, self._book, scope, row, self._clock.now)
        try:
            await remove(scope, row.name, teller.hear)
        except AwsError as error:
            listed = f"The following resource(s) failed to delete: [{', '.join(teller.failed)}]."
            self.enter(scope, row, f"{verb}_FAILED", listed if teller.failed else error.message)
            return
        deleted = self._clock.now() if verb == "DELETE" else row.deleted
        self.enter(scope, row, f"{verb}_COMPLETE", deleted=deleted)

    async def _deploy(
        self,
        scope: Scope,
        row: StackRow,
        inputs: Inputs,
        cause: int | None,
        verb: str,
        *,
        back: bool = False,
    ) -> _Outcome:
        """Deploys; what became of it."""

        def told(text: str) -> str:
            return without_secrets(text, values, inputs.secrets)

        values: dict[str, str] = {}
        teller = Teller(self, self._book, scope, row, self._clock.now, back=back, hide=told)
        try:
            values = self._sealer.open(inputs.parameters, inputs.secrets)
            nested = {
                one.stack_id: (one.previous or one.inputs).template
                for one in self._within(scope, row)
                if back
            }
            request = StackRequest(
                scope, row.name, row.stack_id, inputs.template, values, cause, back, nested
            )
            whole = await self._deployer.deploy(request, teller.hear)
        except AwsError as error:
            if not teller.failed:
                return _Outcome(told(error.message))
            return _Outcome(f"The following resource(s) failed to {verb}: [{', '.join(teller.failed)}].")
        return _Outcome(note="" if whole else _NOT_REMOVED)

    def _within(self, scope: Scope, row: StackRow) -> list[StackRow]:
        """The living stacks within a stack, however deep."""
        return [one for one in self._book.stacks(scope) if one.root_id == row.stack_id and one.lives]

    # --- events ------------------------------------------------------------------------------------------
    def tell(
        self, row: StackRow, logical_id: str, physical_id: str, type_: str, status: str, reason: str
    ) -> None:
        """Appends an event to a stack's."""
        event = EventRow(
            self._ids.uuid(),
            row.name,
            logical_id,
            physical_id,
            type_,
            status,
            self._clock.now(),
            reason,
            row.token,
        )
        self._book.add_event(row.stack_id, event)

    def _over(self, key: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]
        if task.cancelled() or (error := task.exception()) is None:
            self._broken.pop(key, None)
            return
        # A full disk, or a defect of ours: whoever asks next finds it failed (`settle`).
        if isinstance(error, SandboxError):
            self._broken[key] = f"{error.what}: {error.why}. {error.remedy}."
            return
        self._broken[key] = f"Internal failure of the sandbox: {type(error).__name__}: {error}"
        task.get_loop().call_exception_handler({"message": f"cloudformation: {key}", "exception": error})
