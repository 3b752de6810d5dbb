"""Gathers what the lints look at: from the services, the journal, and the tables of saga participants.

Asking leaves no hop in the journal.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from sandbox.flow.usage import Usage
from sandbox.model.arn import function_arn
from sandbox.model.lints import ConsumerFact, Facts, FunctionFact, QueueFact, RuleFact, ScheduleFact
from sandbox.model.saga.stretches import short
from sandbox.model.schedule import parse_schedule
from sandbox.model.scope import Scope
from sandbox.services.events.service import EventsService
from sandbox.session.present import ask, ask_all, mappings

if TYPE_CHECKING:
    from sandbox.session.session import Session

#: Virtual seconds after which a first run that is due should have been seen.
_GRACE = 5.0
_MARKER = ("Marker", "NextMarker")
Owners = Mapping[tuple[str, str], str]


async def gather(session: Session, usage: Usage, remembering: Collection[str]) -> Facts:
    """The facts of the default account and region.

    Args:
        usage: what the journal has seen.
        remembering: names of functions whose saga participant has rows in its `processed` table.
    """
    owners = _owners(session)
    functions = await ask_all(session, "lambda", "ListFunctions", {}, "Functions", token=_MARKER)
    rules = await _rules(session)
    topology = await session.topology.now()
    dead_letter_queues = {short(arn) for arn in topology.dead_letter_senders()}
    return Facts(
        queues=await _queues(session, owners, dead_letter_queues),
        functions=[
            FunctionFact(
                name=one["FunctionName"],
                timeout=one.get("Timeout", 3),
                stack=owners.get(("function", one["FunctionName"]), ""),
            )
            for one in functions
        ],
        consumers=[
            _consumer(one, usage, remembering, owners)
            for one in await mappings(session)
            if one.get("State") == "Enabled" and ":sqs:" in one.get("EventSourceArn", "")
        ],
        rules=[
            RuleFact(
                name=rule["Name"],
                bus=rule["EventBusName"],
                matched=rule["Arn"] in usage.matched,
                bus_had_events=bus in usage.buses,
                stack=owners.get(("rule", rule["Name"]), ""),
            )
            for bus, rule in rules
            if rule.get("EventPattern") and rule.get("State") == "ENABLED"
        ],
        schedules=[
            _schedule(session, rule, usage, owners)
            for _, rule in rules
            if rule.get("ScheduleExpression") and rule.get("State") == "ENABLED"
        ],
    )


_KINDS = {
    "AWS::SQS::Queue": "queue",
    "AWS::Lambda::Function": "function",
    "AWS::Lambda::EventSourceMapping": "mapping",
    "AWS::Events::Rule": "rule",
}


def _owners(session: Session) -> Owners:
    """The stack of each resource, by its kind and name."""
    deployer = session.deployment.deployer
    return {
        (_KINDS[kind], physical.rsplit("/", 1)[-1].rsplit("|", 1)[-1]): stack.name
        for stack in deployer.stacks()
        for kind, physical in deployer.resources(stack.name).values()
        if kind in _KINDS
    }


async def _rules(session: Session) -> list[tuple[str, dict[str, Any]]]:
    """Every rule with the ARN of its bus."""
    found: list[tuple[str, dict[str, Any]]] = []
    for bus in await ask_all(session, "events", "ListEventBuses", {}, "EventBuses"):
        params = {"EventBusName": bus["Name"]}
        rules = await ask_all(session, "events", "ListRules", params, "Rules")
        found.extend((bus["Arn"], {**rule, "EventBusName": bus["Name"]}) for rule in rules)
    return found


async def _queues(session: Session, owners: Owners, dead_letter_queues: set[str]) -> list[QueueFact]:
    attributes: dict[str, dict[str, str]] = {}
    for url in await ask_all(session, "sqs", "ListQueues", {"MaxResults": 1000}, "QueueUrls"):
        answer = await ask(session, "sqs", "GetQueueAttributes", {"QueueUrl": url, "AttributeNames": ["All"]})
        attributes[url.rsplit("/", 1)[-1]] = answer["Attributes"]
    targets = {name: _redrive_target(found) for name, found in attributes.items()}
    return [
        QueueFact(
            name=name,
            visibility=float(found["VisibilityTimeout"]),
            retention=float(found["MessageRetentionPeriod"]),
            dead_letter_queue=targets[name],
            takes_dead_letters=name in targets.values() or name in dead_letter_queues,
            stack=owners.get(("queue", name), ""),
        )
        for name, found in attributes.items()
    ]


def _redrive_target(attributes: Mapping[str, str]) -> str | None:
    policy = attributes.get("RedrivePolicy")
    return short(str(json.loads(policy)["deadLetterTargetArn"])) if policy else None


def _consumer(
    mapping: Mapping[str, Any], usage: Usage, remembering: Collection[str], owners: Owners
) -> ConsumerFact:
    function = short(mapping["FunctionArn"])
    own_arn = str(function_arn(Scope(), function))
    return ConsumerFact(
        function=function,
        queue=short(mapping["EventSourceArn"]),
        batch_size=mapping.get("BatchSize", 10),
        window=mapping.get("MaximumBatchingWindowInSeconds", 0),
        reports_failures="ReportBatchItemFailures" in mapping.get("FunctionResponseTypes", ()),
        processed=mapping.get("EventSourceMappingArn", "") in usage.consumed,
        remembers=function in remembering or own_arn in usage.conditional,
        stack=owners.get(("mapping", mapping["UUID"])) or owners.get(("function", function), ""),
    )


def _schedule(session: Session, rule: Mapping[str, Any], usage: Usage, owners: Owners) -> ScheduleFact:
    first, ends = _first_run(session, rule)
    return ScheduleFact(
        name=rule["Name"],
        expression=rule["ScheduleExpression"],
        fired=rule["Arn"] in usage.fired,
        due=first is not None and first + _GRACE < session.clock.now(),
        ends=ends,
        stack=owners.get(("rule", rule["Name"]), ""),
    )


def _first_run(session: Session, rule: Mapping[str, Any]) -> tuple[float | None, bool]:
    """When a schedule should have run first, and whether it never runs again; unknown on a foreign engine."""
    events = session.engine.services.get("events")
    if not isinstance(events, EventsService):
        return None, False
    stored = events.store.find_rule(Scope(), rule["EventBusName"], rule["Name"])
    if stored is None or stored.schedule is None:
        return None, False
    first = parse_schedule(stored.schedule).next_after(stored.phase, phase=stored.phase)
    return first, stored.next_fire is None
