"""The facade: systems in, stacks out. Whoever composes the sandbox gives it its ports."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path as File
from typing import Any

from sandbox.clock import Clock
from sandbox.deploy.deployed import Deployed
from sandbox.deploy.errors import DeployError
from sandbox.deploy.evaluation import evaluation
from sandbox.deploy.execute import Executor
from sandbox.deploy.judging import Compare, Judge, accept, alike
from sandbox.deploy.migrations import Migration, apply_migrations
from sandbox.deploy.nested import NestedStacks, Run
from sandbox.deploy.outputs import evaluate_outputs
from sandbox.deploy.parameter_store import put_parameters
from sandbox.deploy.plan import Plan, removals
from sandbox.deploy.preparing import Preparer
from sandbox.deploy.progress import DeployEvent, OnEvent, quiet
from sandbox.deploy.record import DEPLOYED, DEPLOYING, FAILED, Record, Stack
from sandbox.deploy.resources.base import Answers, Context
from sandbox.deploy.seeders import run_seeder
from sandbox.deploy.suggest import did_you_mean
from sandbox.deploy.system import System
from sandbox.deploy.template.declarations import Template
from sandbox.deploy.template.parameters import ParameterValues
from sandbox.deploy.template.problem import Problem, Problems
from sandbox.deploy.template.secret import HIDDEN, reveal
from sandbox.deploy.template.source import Source
from sandbox.errors import UsageError
from sandbox.model.arn import stack_arn
from sandbox.model.call import Call
from sandbox.model.ids import Ids
from sandbox.model.ports import AwsClient, Bindings
from sandbox.model.scope import Scope
from sandbox.store.database import Database

#: Gives the connection string of a database, by the physical id of its resource.
Dsn = Callable[[str], str]


class Deployer(Deployed):
    """Deploys systems through an AWS client and keeps the record of them.

    What is done to one stack must come one after the other, which is for `Turns` to see to.

    Args:
        client: reaches AWS, whichever engine answers.
        database: where the record is kept.
        bindings: expand tokens in outputs.
        clock: stamps stacks (virtual) and measures durations (real).
        ids: draws the ids of stacks.
        answers: where providers of custom resources answer.
        cache: folder of transformed SAM templates; None transforms every time.
        unsupported: why the engine cannot have a resource, by type and properties as written, or None.
        refusal: why it cannot have one, by type and properties as evaluated, or None.
        compare: what of a resource has no effect on the engine; told as notices.
        scope: account and region that systems are deployed to.
        pause: waits real seconds, for services that need time.
    """

    def __init__(
        self,
        client: AwsClient,
        database: Database,
        bindings: Bindings,
        clock: Clock,
        ids: Ids,
        *,
        answers: Answers,
        cache: File | None = None,
        unsupported: Judge = accept,
        refusal: Judge = accept,
        compare: Compare = alike,
        scope: Scope = Scope(),  # noqa: B008 - frozen
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(Record(database), scope, bindings)
        self._client = client
        self._clock = clock
        self._ids = ids
        self._answers = answers
        self._pause = pause
        self._preparer = Preparer(
            self._call, self._record, scope, clock, cache, unsupported, refusal, compare
        )

    # --- deploying ---------------------------------------------------------------------------------------
    async def plan(self, system: System, *, parameters: Mapping[str, str] | None = None) -> Plan:
        """What `deploy` would do; nothing is changed.

        Raises:
            TemplateError, UsageError: as `deploy`.
        """
        stack, run = self._begun(system), Run(quiet)
        base = self._context(stack, system, run)
        return (await self._preparer.prepare(system, base, stack, parameters or {}, run)).plan

    async def deploy(
        self,
        system: System,
        *,
        parameters: Mapping[str, str] | None = None,
        on_event: OnEvent = quiet,
        roll_back: bool = True,
        back: bool = False,
        nested: Mapping[str, str] | None = None,
    ) -> Stack:
        """Makes what the template declares exist, changing only what differs.

        Args:
            parameters: values that go before those of the system.
            on_event: told of every step.
            roll_back: whether what a failed first deployment created is deleted again.
            back: the system is what the stack was before an update that failed: what was replaced is there
                still and takes its place again.
            nested: the templates that the stacks within it had then, by their ARNs.

        Raises:
            TemplateError: the template is wrong or asks for something that is refused; nothing was created.
            UsageError: a parameter is given that the template does not have.
            DeployError: a resource failed. A first deployment is rolled back; of a later one everything done
                is recorded, and the next continues.
            CleanUpError: all is made, but something that is no longer wanted could not be removed.
        """
        run = Run(on_event, back, nested or {})
        return await self._deploy(system, parameters or {}, run, roll_back=roll_back)

    async def deploy_within(self, system: System, parameters: Mapping[str, str], run: Run) -> Stack:
        """As `deploy`, of a stack within one that is worked on; see `Within`."""
        return await self._deploy(system, parameters, run, roll_back=False, within=True)

    async def delete(self, name: str, *, retain: Collection[str] = (), on_event: OnEvent = quiet) -> None:
        """Removes a stack and its resources; those with a policy of `Retain` stay.

        Args:
            retain: logical ids of further ones that stay.

        Raises:
            UsageError: no such stack.
            DeployError: a resource could not be deleted, or another stack imports from this one.
        """
        await self._delete(self.stack(name), Run(on_event), retain)

    async def delete_within(self, name: str, run: Run) -> None:
        """As `delete`, of a stack within one that is worked on; see `Within`."""
        stack = self._record.stack(self._scope, name)
        if stack is not None:
            await self._delete(stack, run)

    async def undo(self, name: str, *, on_event: OnEvent = quiet) -> None:
        """Removes what a first deployment that failed has made, as `deploy` does with `roll_back`.

        Raises:
            UsageError: no such stack.
            DeployError: a resource could not be removed; it stays in the record.
        """
        stack = self.stack(name)
        await self._undo(stack, self._executor_for_removal(stack, Run(on_event, back=True)))

    def forget(self) -> None:
        """Drops the record of every stack, and touches nothing that they made."""
        for stack in self.stacks():
            self._record.forget_stack(self._scope, stack.name)

    # --- databases and seeds -----------------------------------------------------------------------------
    async def migrate(self, system: System, dsn: Dsn, *, on_event: OnEvent = quiet) -> list[Migration]:
        """Applies the migrations of a system's databases that have not been applied yet.

        Args:
            dsn: gives the connection string of a database by the physical id of its resource.

        Returns:
            The migrations applied now, in order.

        Raises:
            MigrationError: a migration failed (it left nothing), or was changed after it had been applied.
            UsageError: `sandbox.toml` names a database that the stack does not have.
        """
        applied: list[Migration] = []
        for database in system.databases:
            if database.migrations is None:
                continue
            identifier = self._database(system.name, database.resource)

            def tell(migration: Migration, phase: str, seconds: float) -> None:
                on_event(DeployEvent(system.name, migration.name, "migration", "apply", phase, seconds))

            applied += await apply_migrations(database.migrations, dsn(identifier), self._clock, tell)
        return applied

    async def seed(
        self,
        system: System,
        environment: Mapping[str, str],
        endpoint: str,
        *,
        on_event: OnEvent = quiet,
    ) -> dict[str, Any]:
        """Runs the seeders of a system in order and keeps what they answer.

        Args:
            environment: what each seeder gets (endpoint, credentials, region, `PG*`) besides `STACK_OUTPUTS`.
            endpoint: where the outputs are reached.

        Returns:
            The answers, by seeder.

        Raises:
            SeedError: a seeder failed.
        """
        answers: dict[str, Any] = {}
        outputs = self.outputs(system.name, endpoint)
        for seeder in system.seeders:
            began = self._clock.elapsed()
            on_event(DeployEvent(system.name, seeder.name, "seeder", "run", "start"))
            answers[seeder.name] = await run_seeder(seeder, system.folder, environment, outputs)
            seconds = self._clock.elapsed() - began
            on_event(DeployEvent(system.name, seeder.name, "seeder", "run", "done", seconds))
        if answers:
            self._record.save_stack(replace(self.stack(system.name), seed=answers))
        return answers

    def _database(self, stack: str, logical_id: str) -> str:
        recorded = self._record.resources(self._scope, stack)
        found = recorded.get(logical_id)
        if found is None or found.type != "AWS::RDS::DBInstance":
            known = [name for name, one in recorded.items() if one.type == "AWS::RDS::DBInstance"]
            raise UsageError(
                f"the stack {stack} has no database {logical_id}",
                f"its databases are {', '.join(known) or 'none'}.{did_you_mean(logical_id, known)}",
                "name the logical id of an AWS::RDS::DBInstance in [[databases]] of sandbox.toml",
            )
        return found.physical_id

    # --- inside ------------------------------------------------------------------------------------------
    async def _deploy(
        self,
        system: System,
        parameters: Mapping[str, str],
        run: Run,
        *,
        roll_back: bool,
        within: bool = False,
    ) -> Stack:
        if run.back:
            self._record.reinstate(self._scope, system.name)
        on_event = run.on_event
        first = self._record.stack(self._scope, system.name) is None
        stack = self._begun(system)
        await put_parameters(self._call, system.parameter_store)
        base = self._context(stack, system, run)
        prepared = await self._preparer.prepare(system, base, stack, parameters, run)
        for notice in prepared.plan.notices:
            on_event(DeployEvent(stack.name, "", "notice", "", "done", detail=notice))
        executor = Executor(prepared.evaluation, self._record, base, self._clock, on_event)
        source = prepared.evaluation.template.source
        if not prepared.plan.is_empty or first:
            # What it imports is in use from here on: stacks beside it must not be deleted under it.
            imports = tuple(sorted({*stack.imports, *prepared.evaluation.world.imports}))
            self._record.save_stack(replace(stack, imports=imports))
        try:
            await executor.apply(prepared.plan)
            outputs = evaluate_outputs(prepared.evaluation, self._record, stack)
        except (Problem, Problems) as found:
            await self._failed(stack, executor, first and roll_back)
            raise source.error(found) from found
        except Exception:
            await self._failed(stack, executor, first and roll_back)
            raise
        deployed = replace(
            stack,
            status=DEPLOYED,
            outputs=outputs,
            parameters=_shown(prepared.parameters),
            imports=tuple(sorted(prepared.evaluation.world.imports)),
            updated=stack.created if first else self._clock.now(),
        )
        self._record.save_stack(deployed)
        self._record.save_given(self._scope, stack.name, prepared.given)
        run.later.append(partial(executor.clean_up, prepared.plan))
        if not within:
            await run.clean_up()
        return deployed

    async def _delete(self, stack: Stack, run: Run, retain: Collection[str] = ()) -> None:
        self._check_unused(stack)
        recorded = self._record.resources(self._scope, stack.name).values()
        leftovers = self._record.leftovers(self._scope, stack.name)
        executor = self._executor_for_removal(stack, run)
        unwanted = removals(recorded, leftovers, taken_back=run.back, retained=retain)
        await executor.remove_all(unwanted)
        self._record.forget_stack(self._scope, stack.name)
        self._record.save_given(self._scope, stack.name, {})

    async def _failed(self, stack: Stack, executor: Executor, roll_back: bool) -> None:
        if not roll_back:
            self._record.save_stack(replace(stack, status=FAILED))
            return
        try:
            await self._undo(stack, executor)
        except DeployError:
            # The first error is the one to tell; what could not be removed stays in the record.
            self._record.save_stack(replace(stack, status=FAILED))

    async def _undo(self, stack: Stack, executor: Executor) -> None:
        recorded = self._record.resources(self._scope, stack.name)
        leftovers = self._record.leftovers(self._scope, stack.name)
        unwanted = removals(recorded.values(), leftovers, taken_back=True)
        await executor.remove_all(unwanted, action="roll back")
        self._record.forget_stack(self._scope, stack.name)

    def _begun(self, system: System) -> Stack:
        known = self._record.stack(self._scope, system.name)
        if known is not None:
            if known.template != str(system.template):
                known = replace(known, template=str(system.template), system=_folder(system))
            return replace(known, status=DEPLOYING)
        arn = system.nested or (system.sent.stack_id if system.sent else "")
        now = self._clock.now()
        return Stack(
            system.name,
            self._scope,
            arn or str(stack_arn(self._scope, system.name, self._ids.uuid())),
            DEPLOYING,
            str(system.template),
            _folder(system),
            created=now,
            updated=now,
        )

    def _context(self, stack: Stack, system: System, run: Run) -> Context:
        folder = None if system.sent else system.template.parent
        nested = NestedStacks(self, self._call, run, folder)
        return Context(
            self._call,
            self._scope,
            stack.name,
            stack.stack_id,
            "",
            system.template.parent,
            self._answers,
            nested,
            lambda text: run.on_event(DeployEvent(stack.name, "", "notice", "wait", "done", detail=text)),
            pause=self._pause,
        )

    def _executor_for_removal(self, stack: Stack, run: Run) -> Executor:
        source = Source(File(stack.template), {}, {})
        nothing = Template(source, {}, {}, {}, {})
        values = ParameterValues({}, frozenset(), {})
        evaluated = evaluation(nothing, values, self._scope, stack.name, stack.stack_id, {})
        gone = System(stack.name, source.folder, source.file, {})
        return Executor(evaluated, self._record, self._context(stack, gone, run), self._clock, run.on_event)

    def _check_unused(self, stack: Stack) -> None:
        exports = {output.export for output in stack.outputs if output.export}
        for other in self.stacks():
            used: Sequence[str] = sorted(exports.intersection(other.imports))
            if used and other.name != stack.name:
                raise DeployError(
                    f"the stack {stack.name} cannot be deleted",
                    f"the stack {other.name} imports {', '.join(used)} from it",
                    f"delete {other.name} first",
                )

    async def _call(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        sent = {key: reveal(value) for key, value in params.items() if value is not None}
        return await self._client.call(service, operation, sent, Call(scope=self._scope))


def _folder(system: System) -> str:
    """The folder of a system that a start deploys again; nested stacks come with those that hold them."""
    return "" if system.sent or system.nested else str(system.folder)


def _shown(values: ParameterValues) -> dict[str, Any]:
    return {name: HIDDEN if name in values.secrets else value for name, value in values.values.items()}
