"""Runs a plan, and decides nothing: independent resources side by side, every step recorded as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.clock import Clock
from sandbox.deploy.errors import DeployError
from sandbox.deploy.evaluation import Evaluation
from sandbox.deploy.plan import (
    Action,
    Change,
    Plan,
    check_owner,
    context_for,
    differences,
    known_id,
    removals,
)
from sandbox.deploy.progress import DeployEvent, OnEvent
from sandbox.deploy.record import CHANGING, CREATING, READY, Record, Recorded
from sandbox.deploy.resources.base import (
    AwsCall,
    Context,
    Existing,
    HalfMadeError,
    LateError,
    Made,
    Props,
    ResourceType,
)
from sandbox.deploy.resources.registry import handler_for
from sandbox.deploy.template.dynamic import expand_references
from sandbox.deploy.template.problem import Problem
from sandbox.deploy.template.secret import mask
from sandbox.errors import TemplateError
from sandbox.model.awserror import AwsError

#: Resources that are worked on at the same time.
SIDE_BY_SIDE = 8
#: Errors in the deployer's own words: no service answered them.
_SAID_BY_US = (HalfMadeError, LateError)


class _Counted:
    """Passes AWS calls on and counts those that changed something."""

    def __init__(self, aws: AwsCall) -> None:
        self._aws = aws
        self.changes = 0

    async def __call__(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        answer = await self._aws(service, operation, params)
        self.changes += not operation.startswith(("Get", "Describe", "List"))
        return answer


class StepError(Exception):
    """One resource failed; the executor makes the error that a person reads of it."""

    def __init__(self, change: Change, cause: AwsError | Problem) -> None:
        super().__init__(change.logical_id)
        self.change = change
        self.cause = cause


@dataclass(slots=True)
class Executor:
    """Runs the plan of one deployment.

    Attributes:
        evaluation: resolves properties; what is created becomes known to it.
        base: the context of the stack.
    """

    evaluation: Evaluation
    record: Record
    base: Context
    clock: Clock
    on_event: OnEvent

    async def clean_up(self, plan: Plan) -> None:
        """Removes what is no longer wanted, once all the rest is as it shall be.

        Raises:
            DeployError: a resource could not be removed.
        """
        leftovers = self.record.leftovers(self.base.scope, self.base.stack)
        current = self.record.resources(self.base.scope, self.base.stack)
        kept = [old for old in leftovers if self._is_kept(old, current.get(old.logical_id))]
        for old in kept:
            await self.remove(Change(old.logical_id, old.type, Action.RETAIN, recorded=old))
        replaced = [old for old in leftovers if old not in kept]
        unwanted = [change.recorded for change in plan.removals if change.recorded is not None]
        await self.remove_all(removals(unwanted, replaced, taken_back=plan.back))

    async def remove_all(self, changes: Iterable[Change], *, action: str = "") -> None:
        """Removes resources in the given order; where one stays, what it needs stays too.

        Raises:
            DeployError: the first that could not be removed; all that could be are gone.
        """
        needed: set[str] = set()
        failures: list[DeployError] = []
        for change in changes:
            needs = change.recorded.needs if change.recorded else ()
            if change.logical_id in needed:
                needed.update(needs)
                continue
            try:
                await self.remove(change, action=action)
            except DeployError as error:
                failures.append(error)
                needed.update(needs)
        if failures:
            raise failures[0]

    # --- creating and changing ---------------------------------------------------------------------------
    async def apply(self, plan: Plan) -> None:
        """Creates, updates and replaces.

        Raises:
            DeployError, TemplateError: a resource failed; what was done until then is recorded.
        """
        self.evaluation.world.changing.clear()
        waiting = list(plan.changes)
        positions = {change.logical_id: index for index, change in enumerate(plan.changes)}
        settled: set[str] = set()
        changed: set[str] = set()
        running: dict[asyncio.Task[bool], Change] = {}
        failures: list[StepError] = []
        try:
            while waiting or running:
                ready = [] if failures else [c for c in waiting if settled.issuperset(c.needs)]
                for change in ready[: SIDE_BY_SIDE - len(running)]:
                    waiting.remove(change)
                    if change.action is Action.UNCHANGED and not changed.intersection(change.needs):
                        settled.add(change.logical_id)
                    else:
                        running[asyncio.create_task(self._step(change))] = change
                if running:
                    done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                    for task in sorted(done, key=lambda task: positions[running[task].logical_id]):
                        _settle(task, running.pop(task).logical_id, settled, changed, failures)
                elif failures:
                    break
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        if failures:
            raise self._error(min(failures, key=lambda failure: positions[failure.change.logical_id]))

    async def _step(self, change: Change) -> bool:
        """Does one change; returns whether anything was done."""
        began = self.clock.elapsed()
        try:
            return await self._change(change, began)
        except (AwsError, Problem) as error:
            self._tell(change, change.action.value, "failed", began, _why(error))
            raise StepError(change, error) from error

    async def _change(self, change: Change, began: float) -> bool:
        declaration = self.evaluation.template.resources[change.logical_id]
        handler, old = handler_for(change.type), change.recorded
        props = self.evaluation.properties(declaration)
        masked = mask(props, self.base.stack_id)
        if old is not None and old.type == change.type:
            handler.check_change(old.properties, masked, declaration.path)
        action = self._action(change, handler, masked)
        if action is Action.UNCHANGED:
            return False
        self._tell(change, action.value, "start", began)
        generation = 0 if old is None else old.generation + (action is Action.REPLACE)
        context = context_for(self.base, change.logical_id, change.type, generation)
        entry = Recorded(
            change.logical_id, change.type, "", CREATING, masked, {}, change.needs,
            declaration.deletion_policy, generation,
        )  # fmt: skip
        given = await expand_references(props, context.aws, declaration.path)
        if action is Action.UPDATE and old is not None:
            made = await self._update(handler, context, given, entry, change)
            if handler.told_of_failures and made.physical_id != old.physical_id:
                self.record.save_resource(self.base.scope, self.base.stack, old)
                entry = replace(entry, generation=old.generation + 1)
        else:
            made = await self._create(handler, context, given, entry, change)
        self.evaluation.world.made[change.logical_id] = made
        done = replace(entry, physical_id=made.physical_id, attributes=made.attributes, status=READY)
        self.record.save_resource(self.base.scope, self.base.stack, done)
        self._tell(change, action.value, "done", began, made.physical_id)
        return True

    def _action(self, change: Change, handler: ResourceType, masked: Props) -> Action:
        """The planned action, made exact now that every value is known."""
        old = change.recorded
        if old is None or (change.action in {Action.CREATE, Action.REPLACE} and "Type" in change.properties):
            return change.action
        if change.action is Action.CREATE:
            return Action.CREATE
        differing = differences(old.properties, masked)
        if handler.replaced_by(frozenset(differing), old.properties, masked):
            return Action.REPLACE
        if differing or change.action is Action.UPDATE:
            return Action.UPDATE
        return Action.UNCHANGED

    async def _update(
        self, handler: ResourceType, context: Context, props: Props, entry: Recorded, change: Change
    ) -> Made:
        old = change.recorded
        assert old is not None
        known = _with_known(old, entry.properties, props)
        same = not change.properties and known.properties == props and old.status == READY
        if same and change.logical_id not in self.evaluation.behind:
            return Made(old.physical_id, old.attributes)
        if handler.told_of_failures:
            attempt = replace(entry, physical_id=old.physical_id, attributes=old.attributes, status=CHANGING)
            self.record.save_resource(self.base.scope, self.base.stack, attempt)
        return await handler.update(context, known, props)

    async def _create(
        self, handler: ResourceType, context: Context, props: Props, entry: Recorded, change: Change
    ) -> Made:
        identity = known_id(handler, context, props)
        check_owner(self.record, context, handler.type, identity)
        if change.action is Action.CREATE and change.recorded is not None:
            await self._clear(handler, context, change.recorded)
        self.record.save_resource(
            self.base.scope, self.base.stack, replace(entry, physical_id=identity or "")
        )
        counted = _Counted(context.aws)
        try:
            return await handler.create(replace(context, aws=counted), props)
        except AwsError as error:
            if isinstance(error, HalfMadeError) and error.physical_id:
                left = replace(entry, physical_id=error.physical_id)
                self.record.save_resource(self.base.scope, self.base.stack, left)
            elif counted.changes == 0:
                # Nothing was made: whatever has the name is not ours, and must not be removed as ours.
                self.record.forget_resource(self.base.scope, self.base.stack, entry)
            raise

    async def _clear(self, handler: ResourceType, context: Context, interrupted: Recorded) -> None:
        """Removes what an interrupted creation may have left; unless only the service knew its name."""
        if interrupted.physical_id:
            await handler.delete(context, Existing(interrupted.physical_id, interrupted.properties))

    # --- removing ----------------------------------------------------------------------------------------
    async def remove(self, change: Change, *, action: str = "") -> None:
        """Removes one recorded resource, or leaves it in place, as its policy says.

        Raises:
            DeployError: the service refused.
        """
        old = change.recorded
        if old is None:
            return
        began = self.clock.elapsed()
        shown = action or change.action.value
        self._tell(change, shown, "start", began)
        if change.action is not Action.RETAIN and old.physical_id:
            context = context_for(self.base, old.logical_id, old.type, old.generation)
            try:
                await handler_for(old.type).delete(
                    context, Existing(old.physical_id, old.properties, old.attributes)
                )
            except AwsError as error:
                self._tell(change, shown, "failed", began, _why(error))
                raise self._error(StepError(change, error)) from error
        self.record.forget_resource(self.base.scope, self.base.stack, old)
        self._tell(change, shown, "done", began, old.physical_id)

    def _is_kept(self, replaced: Recorded, current: Recorded | None) -> bool:
        if current is not None and current.generation < replaced.generation:
            return replaced.deletion_policy == "Retain"  # not replaced: its creation was taken back
        declaration = self.evaluation.template.resources.get(replaced.logical_id)
        return declaration is not None and declaration.update_replace_policy == "Retain"

    # --- telling -----------------------------------------------------------------------------------------
    def _tell(self, change: Change, action: str, phase: str, began: float, detail: str = "") -> None:
        seconds = 0.0 if phase == "start" else self.clock.elapsed() - began
        self.on_event(
            DeployEvent(self.base.stack, change.logical_id, change.type, action, phase, seconds, detail)
        )

    def _error(self, failure: StepError) -> DeployError | TemplateError:
        change, cause = failure.change, failure.cause
        if isinstance(cause, Problem):
            return self.evaluation.template.source.error(cause)
        path = ("Resources", change.logical_id)
        line = self.evaluation.template.source.line(path)
        place = f"{self.evaluation.template.source.file}{f':{line}' if line else ''}"
        return DeployError(
            f"{place}: {change.logical_id} ({change.type}) could not be {_PARTICIPLES[change.action]}",
            cause.message if isinstance(cause, _SAID_BY_US) else f"the service answered {_why(cause)}",
            _remedy(cause, change),
        )


def _why(error: AwsError | Problem) -> str:
    """What an event says of a failure."""
    if isinstance(error, Problem):
        return error.why
    return error.message if isinstance(error, _SAID_BY_US) else f"{error.code}: {error.message}"


def _settle(
    task: asyncio.Task[bool],
    logical_id: str,
    settled: set[str],
    changed: set[str],
    failures: list[StepError],
) -> None:
    """Files the outcome of one step; what is not a refusal of AWS or of the template is raised."""
    error = task.exception()
    if isinstance(error, StepError):
        failures.append(error)
        return
    if error is not None:
        raise error
    settled.add(logical_id)
    if task.result():
        changed.add(logical_id)


_PARTICIPLES = {
    Action.CREATE: "created",
    Action.UPDATE: "changed",
    Action.REPLACE: "replaced",
    Action.DELETE: "deleted",
    Action.RETAIN: "kept",
    Action.UNCHANGED: "checked",
}


def _with_known(old: Recorded, masked: Props, given: Props) -> Existing:
    """The old properties, with the real value wherever the record's digests say that it is the new one."""
    same = {name: given[name] for name in given if old.properties.get(name) == masked.get(name)}
    return Existing(old.physical_id, {**old.properties, **same}, old.attributes)


def _remedy(error: AwsError, change: Change) -> str:
    if isinstance(error, LateError):
        return error.remedy
    if "NotImplemented" in error.code:
        return "remove what the message names from the template"
    if "AlreadyExists" in error.code or "AlreadyInUse" in error.code or "Conflict" in error.code:
        return "delete the existing one, or give this one another name"
    if change.action is Action.DELETE:
        return "remove what the message names, then run the command again: it continues where it stopped"
    return "correct the resource and deploy again"
