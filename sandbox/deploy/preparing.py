"""From a system to a plan: its template read, its parameters known, all checked; nothing is changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path as File
from typing import Any

from sandbox.clock import Clock
from sandbox.deploy.evaluation import Evaluation, evaluation
from sandbox.deploy.graph import active
from sandbox.deploy.judging import Compare, Judge, check_engine, differences
from sandbox.deploy.nested import Run
from sandbox.deploy.nested_templates import STACK, check_nested, digest, nested_system, read_nested
from sandbox.deploy.plan import Action, Plan, make_plan
from sandbox.deploy.progress import DeployEvent, OnEvent, quiet
from sandbox.deploy.reading import read_document
from sandbox.deploy.record import Record, Stack
from sandbox.deploy.resources.base import AwsCall, Context, Props
from sandbox.deploy.resources.nested_stack import stack_name
from sandbox.deploy.system import System
from sandbox.deploy.template.cdk import BOOTSTRAP_VERSION, is_bootstrap_version
from sandbox.deploy.template.declarations import ResourceDeclaration, check_sections
from sandbox.deploy.template.parameters import ParameterValues, read_parameters
from sandbox.deploy.template.problem import Path, Problem, Problems
from sandbox.deploy.template.rules import check_rules
from sandbox.deploy.template.secret import plain
from sandbox.deploy.template.source import Source, parse_source, read_source
from sandbox.model.awserror import AwsError
from sandbox.model.scope import Scope


@dataclass(frozen=True, slots=True)
class Prepared:
    """A system ready to be deployed: its plan, what runs it, and the parameters that commands gave it."""

    plan: Plan
    evaluation: Evaluation
    base: Context
    parameters: ParameterValues
    given: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Preparer:
    """Prepares systems.

    Attributes:
        call: runs AWS operations that only read.
        cache: folder of transformed SAM templates; None transforms every time.
        unsupported, refusal, compare: see `Deployer`.
    """

    call: AwsCall
    record: Record
    scope: Scope
    clock: Clock
    cache: File | None
    unsupported: Judge
    refusal: Judge
    compare: Compare

    async def prepare(
        self,
        system: System,
        base: Context,
        stack: Stack,
        parameters: Mapping[str, str],
        run: Run,
    ) -> Prepared:
        """The plan for a system.

        Args:
            base: the context of its stack.
            parameters: values that go before those of the system.
            run: the operation that it is prepared for.

        Raises:
            TemplateError, UsageError: what is wrong with it.
        """
        on_event = run.on_event
        source = await asyncio.to_thread(_source, system)
        try:
            check_sections(source.data)
            declared = source.data.get("Parameters", {})
            kept = {} if system.sent or system.nested else self._kept(system, declared)
            given = {**system.parameters, **kept, **system.given, **parameters}
            values = await self._from_store(read_parameters(declared, given))
            for name, value in kept.items():
                text = f"{name} is {value!r}, as an earlier --parameter gave it"
                on_event(DeployEvent(stack.name, "", "notice", "", "done", detail=text))
            evaluated, notices = await self._evaluated(system, stack, source, values, on_event)
            source = evaluated.template.source
            check_rules(evaluated.template.rules, evaluated.resolver)
            wanted = list(active(evaluated.template.resources, evaluated.resolver).values())
            check_engine(wanted, self.unsupported)
            for text in (*notices, *differences(wanted, self.compare)):
                on_event(DeployEvent(stack.name, "", "notice", "", "done", detail=text))
            folder = None if system.sent else source.folder
            await self._read_nested(wanted, evaluated, self._before(stack, run), folder)
            commanded = {
                name: None if name in values.secrets else value
                for name, value in {**kept, **system.given}.items()
            }
            plan = make_plan(evaluated, self.record, base, self.refusal, back=run.back)
            plan = await self._with_those_behind(plan, evaluated, base, run, folder)
            return Prepared(plan, evaluated, base, values, commanded)
        except (Problem, Problems) as found:
            raise source.error(found) from found

    async def _evaluated(
        self, system: System, stack: Stack, source: Source, values: ParameterValues, on_event: OnEvent
    ) -> tuple[Evaluation, tuple[str, ...]]:
        """The template, transformed, and what a person should know of how it was read."""
        began = self.clock.elapsed()
        on_event(DeployEvent(stack.name, source.file.name, "template", "transform", "start"))
        named = (stack.name, stack.stack_id)
        reading = await read_document(
            source, values, self.scope, named, self.cache, local=system.sent is None
        )
        seconds = self.clock.elapsed() - began
        on_event(DeployEvent(stack.name, source.file.name, "template", "transform", "done", seconds))
        exports = {
            name: value
            for name, (value, owner) in self.record.exported(self.scope).items()
            if owner != stack.name
        }
        evaluated = evaluation(reading.template, values, self.scope, stack.name, stack.stack_id, exports)
        return evaluated, reading.notices

    def _before(self, stack: Stack, run: Run) -> dict[str, str]:
        """What the templates of nested stacks were before an update that is taken back, by logical id."""
        return {
            found.logical_id: run.templates[found.physical_id]
            for found in self.record.resources(self.scope, stack.name).values()
            if found.physical_id in run.templates
        }

    async def _read_nested(
        self,
        wanted: Iterable[ResourceDeclaration],
        evaluated: Evaluation,
        before: Mapping[str, str],
        folder: File | None,
    ) -> None:
        """Reads the templates of nested stacks whose URLs are known: another text is a change.

        Raises:
            Problem: one cannot be read, or asks for what is not there.
        """
        for declaration in wanted:
            if declaration.type != STACK:
                continue
            if declaration.logical_id in before:
                evaluated.nested[declaration.logical_id] = digest(before[declaration.logical_id])
                continue
            try:
                url = evaluated.properties(declaration)["TemplateURL"]
            except (Problem, Problems):
                continue  # the plan tells it, with all that is wrong elsewhere
            if isinstance(url, str):
                path = (*declaration.path, "TemplateURL")
                text, _ = await read_nested(url, self.call, folder, path)
                check_nested(url, text, path)
                evaluated.nested[declaration.logical_id] = digest(text)

    async def _with_those_behind(
        self, plan: Plan, evaluated: Evaluation, base: Context, run: Run, folder: File | None
    ) -> Plan:
        """Has nested stacks changed that differ deeper down: in local code, or in templates within."""
        changes = list(plan.changes)
        for index, change in enumerate(changes):
            old = change.recorded
            if change.type != STACK or change.action is not Action.UNCHANGED or old is None:
                continue
            props = evaluated.properties(evaluated.template.resources[change.logical_id])
            if await self._is_behind(old.physical_id, props, base, run, folder):
                evaluated.behind.add(change.logical_id)
                changes[index] = replace(change, action=Action.UPDATE)
        return replace(plan, changes=tuple(changes))

    async def _is_behind(
        self, stack_id: str, props: Props, base: Context, run: Run, folder: File | None
    ) -> bool:
        stack = self.record.stack(self.scope, stack_name(stack_id))
        if stack is None:  # somebody deleted it
            return True
        text, file = run.templates.get(stack_id, ""), None
        if not text:
            text, file = await read_nested(props["TemplateURL"], self.call, folder, ())
        system = nested_system(stack_id, text, file)
        inner = replace(base, stack=stack.name, stack_id=stack_id, folder=system.template.parent)
        silent = replace(run, on_event=quiet, later=[])
        parameters = plain(props.get("Parameters", {}))
        return not (await self.prepare(system, inner, stack, parameters, silent)).plan.is_empty

    def _kept(self, system: System, declared: Mapping[str, Any]) -> dict[str, str]:
        """What earlier commands gave for the parameters that this one does not name.

        Raises:
            Problems: secrets among them, which have to be given again.
        """
        kept = {
            name: value
            for name, value in self.record.given(self.scope, system.name).items()
            if name in declared and name not in system.given
        }
        lost = [name for name, value in kept.items() if value is None and name not in system.parameters]
        if lost:
            raise Problems(
                [
                    Problem(
                        ("Parameters", name),
                        "an earlier --parameter gave its value, which is kept nowhere (NoEcho)",
                        f"give it again with --parameter {name}=…, or in sandbox.toml under [parameters]",
                    )
                    for name in lost
                ]
            )
        return {name: value for name, value in kept.items() if value is not None}

    async def _from_store(self, values: ParameterValues) -> ParameterValues:
        """Reads the parameters whose value is kept in the Parameter Store."""
        if not values.from_store:
            return values
        read: dict[str, str | list[str]] = dict(values.values)
        for name, is_list in values.from_store.items():
            path: Path = ("Parameters", name)
            if is_bootstrap_version(str(read[name])):
                read[name] = BOOTSTRAP_VERSION
                continue
            try:
                answer = await self.call("ssm", "GetParameter", {"Name": read[name]})
            except AwsError as error:
                raise Problem(
                    path,
                    f"the parameter {read[name]} cannot be read: {error}",
                    f"give it in sandbox.toml under [parameter-store], or `awslocal ssm put-parameter --name "
                    f"{read[name]} --type … --value …` first",
                ) from error
            text = str(answer["Parameter"]["Value"])
            read[name] = text.split(",") if is_list else text
        return replace(values, values=read)


def _source(system: System) -> Source:
    return parse_source(system.sent.text, system.template) if system.sent else read_source(system.template)
