"""What a deployment will do. Reads the template and the record, calls nothing, changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from sandbox.deploy.evaluation import Evaluation
from sandbox.deploy.graph import active, dependencies, order, removal_order
from sandbox.deploy.judging import Judge, accept
from sandbox.deploy.record import CHANGING, CREATING, Record, Recorded
from sandbox.deploy.resources.base import Context, Made, Props, ResourceType
from sandbox.deploy.resources.registry import check_types, handler_for
from sandbox.deploy.template.declarations import SNAPSHOT, ResourceDeclaration
from sandbox.deploy.template.problem import Problem, Problems
from sandbox.deploy.template.secret import mask
from sandbox.deploy.template.values import Unknown, first_unknown


class Action(StrEnum):
    """What happens to a resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    RETAIN = "retain"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one resource, and why.

    Attributes:
        properties: names of the properties that differ; those made of unknown values count.
        needs: the logical ids that come before it.
        recorded: what the record has of it.
        wanted: its properties as they are to be, secrets as digests; None where it goes.
    """

    logical_id: str
    type: str
    action: Action
    properties: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    recorded: Recorded | None = None
    wanted: Props | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A deployment before it happens.

    Attributes:
        changes: creations, updates and replacements in order, unchanged resources among them.
        removals: what is removed after them, in order: resources that left the template.
        leftovers: what earlier replacements left behind.
        notices: things a person should know, one sentence each.
        back: an update is taken back: what it had created goes.
    """

    stack: str
    changes: tuple[Change, ...]
    removals: tuple[Change, ...]
    leftovers: tuple[Recorded, ...]
    notices: tuple[str, ...]
    back: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done."""
        return (
            not self.removals
            and not self.leftovers
            and all(c.action is Action.UNCHANGED for c in self.changes)
        )


def make_plan(
    evaluation: Evaluation,
    record: Record,
    base: Context,
    refusal: Judge = accept,
    *,
    back: bool = False,
) -> Plan:
    """Compares a template with the record.

    Args:
        base: the context of the stack; its logical id is filled in here.
        refusal: why the engine cannot have a resource, by type and evaluated properties, or None.
        back: an update is taken back: what it had created goes.

    Raises:
        Problem, Problems: what is wrong with the template, all resources together.
    """
    declarations = active(evaluation.template.resources, evaluation.resolver)
    check_types(declarations.values())
    needs = dependencies(declarations, evaluation.resolver)
    planner = _Planner(evaluation, record, base, needs, refusal)
    problems: list[Problem] = []
    changes: list[Change] = []
    for logical_id in order(needs):
        try:
            changes.append(planner.change(declarations[logical_id]))
        except Problem as problem:
            problems.append(problem)
        except Problems as several:
            problems += several.problems
    if problems:
        raise Problems(problems)
    return Plan(
        base.stack,
        tuple(changes),
        removals(
            (old for name, old in planner.recorded.items() if name not in declarations), taken_back=back
        ),
        tuple(record.leftovers(base.scope, base.stack)),
        (*_notices(declarations, planner.recorded), *planner.notices),
        back,
    )


def removals(
    recorded: Iterable[Recorded],
    replaced: Iterable[Recorded] = (),
    *,
    taken_back: bool = False,
    retained: Collection[str] = (),
) -> tuple[Change, ...]:
    """The removal of recorded resources, dependents first.

    Args:
        recorded: resources that are no longer wanted; a policy of `Retain` leaves them in place.
        replaced: earlier generations of resources, which go whatever that policy says.
        taken_back: their creation is taken back: then `RetainExceptOnCreate` keeps nothing.
        retained: logical ids of those that stay in place whatever their policy says.
    """
    changes: dict[str, list[Change]] = {}
    needs: dict[str, tuple[str, ...]] = {}
    for old, policy in (*((old, old.deletion_policy) for old in recorded), *((old, "") for old in replaced)):
        kept = policy == "Retain" or (policy == "RetainExceptOnCreate" and not taken_back)
        action = Action.RETAIN if kept or old.logical_id in retained else Action.DELETE
        changes.setdefault(old.logical_id, []).append(Change(old.logical_id, old.type, action, recorded=old))
        needs[old.logical_id] = (*needs.get(old.logical_id, ()), *old.needs)
    return tuple(change for logical_id in removal_order(needs) for change in changes[logical_id])


def context_for(base: Context, logical_id: str, type_: str, generation: int) -> Context:
    """The context of one resource."""
    return replace(base, logical_id=logical_id, type=type_, generation=generation)


def known_id(handler: ResourceType, context: Context, props: Props) -> str | None:
    """The physical id, where it is known already."""
    if any(isinstance(value, Unknown) for value in props.values()):
        return None
    return handler.expected_id(context, props)


def check_owner(record: Record, context: Context, type_: str, physical_id: str | None) -> None:
    """Refuses a physical resource that another resource has.

    Raises:
        Problem: another stack, or another resource of this one, has it.
    """
    owner = None if physical_id is None else record.owner(context.scope, type_, physical_id)
    if owner is None or owner == (context.stack, context.logical_id):
        return
    stack, logical_id = owner
    whose = f"the stack {stack}" if stack != context.stack else "this stack"
    raise Problem(
        ("Resources", context.logical_id),
        f"{physical_id} belongs to {logical_id} of {whose} already",
        "give it another name, or delete the other one first",
    )


class _Planner:
    def __init__(
        self,
        evaluation: Evaluation,
        record: Record,
        base: Context,
        needs: Mapping[str, tuple[str, ...]],
        refusal: Judge,
    ) -> None:
        self._evaluation = evaluation
        self._record = record
        self._base = base
        self._needs = needs
        self._refusal = refusal
        self._claimed: dict[tuple[str, str], str] = {}
        self.notices: list[str] = []
        self.recorded = record.resources(base.scope, base.stack)

    def change(self, declaration: ResourceDeclaration) -> Change:
        logical_id = declaration.logical_id
        old = self.recorded.get(logical_id)
        props = self._evaluation.properties(declaration)
        if reason := self._refusal(declaration.type, props):
            raise Problem(("Resources", logical_id), reason, "remove it")
        _check_policies(declaration)
        if notice := handler_for(declaration.type).notice(props):
            self.notices.append(f"{logical_id}: {notice}")
        action, differing = self._compare(declaration, old, props)
        generation = 0 if old is None else old.generation + (action is Action.REPLACE)
        self._claim(declaration, props, generation, old if action is Action.REPLACE else None)
        if old is not None and action in {Action.UPDATE, Action.UNCHANGED}:
            self._evaluation.world.made[logical_id] = Made(old.physical_id, old.attributes)
            if action is Action.UPDATE:
                self._evaluation.world.changing.add(logical_id)
        needs, wanted = self._needs[logical_id], mask(props, self._base.stack_id)
        return Change(logical_id, declaration.type, action, differing, needs, old, wanted)

    def _compare(
        self, declaration: ResourceDeclaration, old: Recorded | None, props: Props
    ) -> tuple[Action, tuple[str, ...]]:
        if old is None or old.status == CREATING:
            return Action.CREATE, ()
        if old.type != declaration.type:
            return Action.REPLACE, ("Type",)
        masked = mask(props, self._base.stack_id)
        differing = differences(old.properties, masked)
        if differing:
            handler = handler_for(declaration.type)
            handler.check_change(old.properties, masked, declaration.path)
            replacing = handler.replaced_by(frozenset(differing), old.properties, masked)
            return (Action.REPLACE if replacing else Action.UPDATE), differing
        same = (
            old.status != CHANGING
            and old.deletion_policy == declaration.deletion_policy
            and old.needs == self._needs[declaration.logical_id]
        )
        return (Action.UNCHANGED if same else Action.UPDATE), ()

    def _claim(
        self, declaration: ResourceDeclaration, props: Props, generation: int, old: Recorded | None
    ) -> None:
        handler = handler_for(declaration.type)
        context = context_for(self._base, declaration.logical_id, declaration.type, generation)
        identity = known_id(handler, context, props)
        if identity is None:
            return
        path = ("Resources", declaration.logical_id)
        if old is not None and old.physical_id == identity and old.type == declaration.type:
            raise Problem(
                path,
                f"the change replaces it, and its own name {identity} is taken by what it replaces",
                f"change its {handler.name_property} too, or delete the stack first",
            )
        check_owner(self._record, context, declaration.type, identity)
        other = self._claimed.setdefault((declaration.type, identity), declaration.logical_id)
        if other != declaration.logical_id:
            raise Problem(path, f"{other} has the same name {identity}", "give one of them another name")


def differences(old: Props, new: Props) -> tuple[str, ...]:
    """The names of the properties that differ, sorted; unknown values differ from everything."""
    return tuple(
        sorted(
            name
            for name in old.keys() | new.keys()
            if old.get(name) != new.get(name) or first_unknown(new.get(name)) is not None
        )
    )


def _notices(declarations: Mapping[str, ResourceDeclaration], recorded: Mapping[str, Recorded]) -> list[str]:
    """What does less here than on AWS, of resources that are new."""
    notices = []
    for logical_id, declaration in declarations.items():
        lost = [
            what
            for policy, what in (
                (declaration.deletion_policy, "deleting the stack"),
                (declaration.update_replace_policy, "replacing it"),
            )
            if policy == SNAPSHOT
        ]
        if lost and logical_id not in recorded:
            notices.append(f"{logical_id}: no snapshot is taken here; {' or '.join(lost)} deletes its data")
    return notices


def _check_policies(declaration: ResourceDeclaration) -> None:
    """Refuses snapshots of what has none on AWS either.

    Page: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    """
    policies = {
        "DeletionPolicy": declaration.deletion_policy,
        "UpdateReplacePolicy": declaration.update_replace_policy,
    }
    for key, policy in policies.items():
        if policy == SNAPSHOT and not handler_for(declaration.type).snapshots:
            raise Problem(
                ("Resources", declaration.logical_id, key),
                f"{declaration.type} takes no snapshots: {key} cannot be Snapshot",
                "use Delete or Retain",
            )
