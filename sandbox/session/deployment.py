"""Brings systems up: deploy, migrate, seed, and teach the journal their business keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sandbox.clock import Clock
from sandbox.control.protocol import PostgresView, Progress, StackView
from sandbox.deploy.deployer import Deployer
from sandbox.deploy.progress import DeployEvent
from sandbox.deploy.record import Stack
from sandbox.deploy.resources.base import Answers
from sandbox.deploy.system import System, find_system
from sandbox.deploy.turns import Operation, Turns
from sandbox.engines.base import Engine
from sandbox.errors import TemplateError, UsageError
from sandbox.flow.keys import BusinessKey, business_key
from sandbox.flow.recorder import Journal
from sandbox.model.ids import Ids
from sandbox.model.ports import AwsClient
from sandbox.model.scope import DEFAULT_ACCOUNT, DEFAULT_REGION, Scope
from sandbox.session.causedclient import CausedClient
from sandbox.session.sagas import named, read_declaration, read_keys
from sandbox.session.tasks import Report, step
from sandbox.store.database import Database

_DATABASE = "AWS::RDS::DBInstance"


class Deployment:
    """The systems of one session.

    Args:
        endpoint: gives the URL of the front door.
        answers: where providers of custom resources answer.
        cache: folder of what is expensive to make.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        client: AwsClient,
        database: Database,
        journal: Journal,
        clock: Clock,
        ids: Ids,
        endpoint: Callable[[], str],
        answers: Answers,
        cache: Path,
    ) -> None:
        self._engine = engine
        self._refreshing = asyncio.Lock()
        #: Who works on stacks when; who replaces the state is alone.
        self.turns = Turns()
        self._journal = journal
        self._endpoint = endpoint

        def deployer(scope: Scope, cause: int | None = None) -> Deployer:
            return Deployer(
                client if cause is None else CausedClient(client, cause),
                database,
                engine.bindings,
                clock,
                ids,
                answers=answers,
                cache=cache / "templates",
                unsupported=engine.unsupported,
                refusal=engine.refusal,
                compare=engine.differences,
                scope=scope,
            )

        self._new_deployer = deployer
        self.deployer = deployer(Scope())

    def of_account(self, account: str) -> Deployer:
        """What deploys into an account."""
        return self.deployer if account == Scope().account else self._new_deployer(Scope(account))

    def of_scope(self, scope: Scope, cause: int | None = None) -> Deployer:
        """What deploys into an account and region.

        Args:
            cause: the hop that its calls follow from.
        """
        return self._new_deployer(scope, cause)

    def recorded(self, account: str = DEFAULT_ACCOUNT) -> list[System]:
        """The systems of an account's stacks that the state holds, as far as their folders are still there.

        Stacks of the CloudFormation API have none: they stay as they are.
        """
        found = []
        for stack in self.of_account(account).stacks():
            template = Path(stack.template)
            if stack.system and template.exists():
                system = _of_folder(stack, template) or _plain(stack, template)
                found.append(replace(system, given=self.deployer.given(stack.name)))
        return found

    async def up(
        self,
        systems: Sequence[System],
        *,
        seed: bool,
        report: Report,
        account: str = DEFAULT_ACCOUNT,
        as_it_was: bool = False,
    ) -> None:
        """Deploys systems one after the other, each after whatever works on its stack now.

        Args:
            seed: run the seeders of a system that was not seeded before.
            report: told every step.
            account: id of the account to deploy into.
            as_it_was: a deployed system whose template is refused stays as it was deployed, which is told.

        Raises:
            TemplateError, DeployError, MigrationError, SeedError: what stands in the way.
        """
        deployer = self.of_account(account)
        for system in systems:
            told = _Told(f"deploy {system.name}", report)
            async with self.turns.of("the deployment", deployer.scope, system.name, told.wait) as operation:
                told.operation = operation
                try:
                    await self._up(deployer, system, told, seed=seed, report=report)
                except (TemplateError, UsageError) as error:
                    if not as_it_was:
                        raise
                    text = f"it stays as it was deployed: {error.what}: {error.why}; {error.remedy}"
                    report(Progress(f"deploy {system.name}", "note", text=text))

    async def remove(self, name: str, account: str) -> None:
        """Deletes a stack of an account, after whatever works on it now.

        Raises:
            UsageError: no such stack.
            DeployError: a resource could not be deleted, or another stack imports from this one.
        """
        deployer = self.of_account(account)
        async with self.turns.of("the deletion", deployer.scope, name) as operation:
            await deployer.delete(name, on_event=operation.hear)

    async def _up(
        self, deployer: Deployer, system: System, told: _Told, *, seed: bool, report: Report
    ) -> None:
        self._learn_keys(system)
        with step(report, f"deploy {system.name}") as say:
            await deployer.deploy(system, on_event=told.hear)
            async with self._refreshing:
                told.refreshed(await self._engine.refresh())
            say(told.summary())
            self._check_saga(deployer, system)
        if system.databases:
            with step(report, f"migrate {system.name}") as say:
                applied = await deployer.migrate(
                    system, lambda instance: self._engine.database_dsn(instance, deployer.scope)
                )
                say(f"{len(applied)} applied" if applied else "nothing new")
        if seed and system.seeders and not deployer.seed_data(system.name):
            with step(report, f"seed {system.name}") as say:
                await self._seed(deployer, system)
                say(", ".join(seeder.name for seeder in system.seeders))

    def learn_keys(self) -> None:
        """Teaches the journal the business keys of the systems that are deployed now, and no others."""
        self._journal.declare_keys([])
        for system in self.recorded():
            self._learn_keys(system)

    def forget(self) -> None:
        """Drops the record of every stack: what it made is gone with the engine that held it."""
        self.deployer.forget()

    # --- views -------------------------------------------------------------------------------------------
    def views(self, account: str = DEFAULT_ACCOUNT) -> list[StackView]:
        """The stacks of an account, with outputs as they are reached now."""
        deployer = self.of_account(account)
        return [
            StackView(
                name=stack.name,
                outputs=deployer.outputs(stack.name, self._endpoint()),
                seed=_merged(stack.seed),
                template=stack.template,
            )
            for stack in deployer.stacks()
        ]

    def first_database(self) -> PostgresView | None:
        """The first database that a stack declares, or None."""
        for stack in self.deployer.stacks():
            for kind, identifier in self.deployer.resources(stack.name).values():
                if kind == _DATABASE and self._engine.has_database(identifier):
                    return self._engine.database(identifier)
        return None

    # --- inside ------------------------------------------------------------------------------------------
    def _learn_keys(self, system: System) -> None:
        known: dict[str, BusinessKey] = {key.name: key for key in self._journal.declared_keys()}
        known |= {name: business_key(name, paths) for name, paths in system.keys.items()}
        if system.saga is not None:
            known |= {key.name: key for key in read_keys(system.saga)}
        self._journal.declare_keys(list(known.values()))

    def _check_saga(self, deployer: Deployer, system: System) -> None:
        """The declaration names resources of the template: a slip is told now, not when somebody asks."""
        if system.saga is not None:
            named(system.saga, read_declaration(system.saga), deployer.resources(system.name))

    async def _seed(self, deployer: Deployer, system: System) -> None:
        endpoint = self._endpoint()
        environment = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": deployer.scope.account,
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_REGION": DEFAULT_REGION,
            "AWS_DEFAULT_REGION": DEFAULT_REGION,
            **self._postgres_environment(deployer, system),
        }
        await deployer.seed(system, environment, endpoint)

    def _postgres_environment(self, deployer: Deployer, system: System) -> dict[str, str]:
        resources = deployer.resources(system.name)
        for declared in system.databases:
            database = self._engine.database(resources[declared.resource][1], deployer.scope)
            return {
                "PGHOST": database.host,
                "PGPORT": str(database.port),
                "PGDATABASE": database.database,
                "PGUSER": database.user,
                "PGPASSWORD": database.password,
            }
        return {}


class _Told:
    """What a deployment did, in a few words.

    Attributes:
        operation: keeps where it is, for those who wait for it.
    """

    def __init__(self, step: str, report: Report) -> None:
        self.operation: Operation | None = None
        self._step = step
        self._report = report
        self._done: dict[str, int] = {}

    def wait(self, text: str) -> None:
        self._report(Progress(self._step, "note", text=text))

    def hear(self, event: DeployEvent) -> None:
        if self.operation is not None:
            self.operation.hear(event)
        if event.kind == "notice":
            self._report(Progress(self._step, "note", text=event.detail))
        elif event.phase == "done" and event.action in ("create", "update", "replace", "delete"):
            self._done[event.action] = self._done.get(event.action, 0) + 1

    def refreshed(self, functions: Sequence[str]) -> None:
        if functions:
            self._done["update"] = self._done.get("update", 0) + len(functions)

    def summary(self) -> str:
        return ", ".join(f"{count} {action}d" for action, count in self._done.items()) or "unchanged"


def _of_folder(stack: Stack, template: Path) -> System | None:
    """The system that a `sandbox.toml` makes of the template; None where it was deployed by itself."""
    try:
        system = find_system(stack.system, template.parent)
    except UsageError:
        return None
    return system if system is not None and system.template == template else None


def _plain(stack: Stack, template: Path) -> System:
    return System(stack.name, template.parent, template, {})


def _merged(seed: Mapping[str, Any]) -> dict[str, Any]:
    """What all seeders printed, as one object."""
    merged: dict[str, Any] = {}
    for answer in seed.values():
        merged |= answer
    return merged
