"""What leads to what on the map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.flow.counters import Counters
from sandbox.model.arn import bare
from sandbox.model.views.messages import QueueView
from sandbox.model.views.system import EdgeView
from sandbox.session.topology import RuleFacts, Topology, api_node
from sandbox.session.wires import Wire

#: How a database is called on the map begins with this.
DATABASE = "db:"
#: How a stored variable names the address of a database instance, and how it begins here.
_INSTANCE = "{{sandbox:rds:"
#: Kinds that functions are told the names of, and not the ARNs.
_BY_NAME = ("table", "bucket")


def edges_of(
    topology: Topology, queues: Sequence[QueueView], counters: Counters, addresses: tuple[str, ...]
) -> Iterator[EdgeView]:
    """What leads to what; some of it more than once, and some to resources that are not there.

    Args:
        addresses: hosts and ports of databases, as functions' variables show them.
    """
    for api in topology.apis:
        for function in api.functions:
            yield EdgeView(source=api_node(api.id), target=bare(function), kind="routes")
    for rule in topology.rules:
        yield from _edges_of_rule(topology, rule)
    for wire in topology.wires:
        yield from _edges_of_wire(wire)
    for queue, functions in topology.mappings.items():
        for function in functions:
            yield EdgeView(source=queue, target=bare(function), kind="triggers")
    by_name = {queue.name: queue.arn for queue in queues}
    for one in queues:
        if one.dead_letter_queue in by_name:
            yield EdgeView(source=one.arn, target=by_name[one.dead_letter_queue], kind="dead-letters")
    for function, resource in counters.published:
        yield EdgeView(source=bare(function), target=resource, kind="publishes")
    for described in topology.functions:
        yield from _edges_of_function(described, topology, queues, addresses)


def _edges_of_wire(wire: Wire) -> Iterator[EdgeView]:
    for target in wire.targets:
        kind = "triggers" if wire.kind == "schedule" else "delivers"
        yield EdgeView(source=wire.arn, target=bare(target), kind=kind)
    for target in wire.dead_letters:
        yield EdgeView(source=wire.arn, target=target, kind="dead-letters")


def _edges_of_function(
    described: Mapping[str, Any],
    topology: Topology,
    queues: Sequence[QueueView],
    addresses: tuple[str, ...],
) -> Iterator[EdgeView]:
    arn = described["FunctionArn"]
    for target in _named_by(described, topology, queues):
        yield EdgeView(source=arn, target=target, kind="publishes")
    for identifier in _databases_of(described, topology, addresses):
        yield EdgeView(source=arn, target=f"{DATABASE}{identifier}", kind="connects")
    dead = described.get("DeadLetterConfig", {}).get("TargetArn")
    for target in (dead, *topology.on_failure.get(arn, ()), *topology.given_up.get(arn, ())):
        if target:
            yield EdgeView(source=arn, target=bare(target), kind="dead-letters")


def _edges_of_rule(topology: Topology, rule: RuleFacts) -> Iterator[EdgeView]:
    scheduled = bool(rule.description.get("ScheduleExpression"))
    if not scheduled:
        yield EdgeView(source=topology.buses[rule.bus], target=rule.arn, kind="matches")
    for target in rule.targets:
        yield EdgeView(source=rule.arn, target=bare(target), kind="triggers" if scheduled else "delivers")
    for target in rule.dead_letters:
        yield EdgeView(source=rule.arn, target=target, kind="dead-letters")


def _named_by(function: Mapping[str, Any], topology: Topology, queues: Sequence[QueueView]) -> Iterator[str]:
    """Buses, topics, queues and tables that a function's variables name: it will write
    there, if it has not yet.

    The default bus has a name that may mean anything, so only its ARN counts. Queues are named by URL or ARN.
    """
    consumed = {queue.arn for queue in queues if function["FunctionName"] in queue.consumers}
    values = {str(value) for value in function.get("Environment", {}).get("Variables", {}).values()}
    for name, arn in topology.buses.items():
        if arn in values or (name in values and name != "default"):
            yield arn
    for wire in topology.wires:
        if wire.arn in values or (wire.kind in _BY_NAME and wire.name in values):
            yield wire.arn
    urls = {value.rstrip("/").rsplit("/", 1)[-1] for value in values if value.startswith(("http", "{{"))}
    for queue in queues:
        if queue.arn not in consumed and (queue.arn in values or queue.name in urls):
            yield queue.arn


def _databases_of(
    function: Mapping[str, Any], topology: Topology, addresses: tuple[str, ...]
) -> Iterator[str]:
    """Database instances whose address or name stands in a function's variables."""
    values = {str(value) for value in function.get("Environment", {}).get("Variables", {}).values()}
    if not any(_INSTANCE in value or value in addresses for value in values):
        return
    for identifier, database in topology.databases.items():
        if database in values or any(f"{_INSTANCE}{identifier}:" in value for value in values):
            yield identifier
