"""The map: every resource with its health, and what leads to what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sandbox.flow.counters import Counters
from sandbox.model.durations import format_duration
from sandbox.model.hops import HopKind
from sandbox.model.views.messages import QueueView
from sandbox.model.views.system import EdgeView, MapView, NodeView, ProblemView
from sandbox.session.topology import RuleFacts, Topology, api_node, api_of_arn

#: Virtual seconds after which a message that nobody takes is worth a word.
_LONG = 300.0
_DATABASE = "db:"
#: How a stored variable names the address of a database instance, and how it begins here.
_INSTANCE = "{{sandbox:rds:"


def build_map(
    topology: Topology, queues: Sequence[QueueView], counters: Counters, addresses: Iterable[str] = ()
) -> MapView:
    """The whole map, problems first.

    Args:
        addresses: hosts and ports of databases, as functions' variables show them.
    """
    nodes = [
        *_apis(topology, counters),
        *_functions(topology, counters),
        *_buses(topology, counters),
        *_rules(topology, counters),
        *_queues(topology, queues),
        *_databases(topology),
    ]
    known = {node.id for node in nodes}
    edges = [
        edge
        for edge in dict.fromkeys(_edges(topology, queues, counters, tuple(addresses)))
        if edge.source in known and edge.target in known
    ]
    order = {"problem": 0, "warning": 1}
    troubled = sorted((node for node in nodes if node.health in order), key=lambda node: order[node.health])
    return MapView(nodes=nodes, edges=edges, problems=[_problem(node) for node in troubled])


def _problem(node: NodeView) -> ProblemView:
    kinds = {"dlq": "queue"}
    return ProblemView(
        severity=node.health,
        text=f"{node.name}: {node.note}",
        refers_kind=kinds.get(node.kind, node.kind),
        refers=node.name,
    )


# --- nodes -----------------------------------------------------------------------------------------------
def _apis(topology: Topology, counters: Counters) -> Iterator[NodeView]:
    requests: dict[str, int] = {}
    failed: dict[str, int] = {}
    for resource, count in counters.resources(HopKind.HTTP_REQUEST).items():
        number = api_of_arn(resource)
        requests[number] = requests.get(number, 0) + count
        failed[number] = failed.get(number, 0) + counters.failed(HopKind.HTTP_REQUEST, resource)
    for api in topology.apis:
        wrong = failed.get(api.id, 0)
        yield NodeView(
            id=api_node(api.id),
            kind="api",
            name=api.name,
            health="warning" if wrong else "ok" if requests.get(api.id) else "idle",
            note=_some(wrong, "request", "failed") if wrong else "",
            count=requests.get(api.id, 0),
            stack=topology.stacks.get(api.id, ""),
        )


def _functions(topology: Topology, counters: Counters) -> Iterator[NodeView]:
    for function in topology.functions:
        arn, name = function["FunctionArn"], function["FunctionName"]
        health, note, count = "idle", "", 0
        counted = counters.functions.get(arn)
        if counted is not None:
            count = counted.invocations
            health = "busy" if counted.running else "ok"
            if counted.last_failed:
                health, note = "warning", counted.last_error
        yield NodeView(
            id=arn,
            kind="function",
            name=name,
            health=health,
            note=note,
            count=count,
            stack=topology.stacks.get(name, ""),
        )


def _buses(topology: Topology, counters: Counters) -> Iterator[NodeView]:
    for name, arn in topology.buses.items():
        events = counters.count(HopKind.EVENT_PUT, arn)
        lost = counters.unmatched(arn)
        yield NodeView(
            id=arn,
            kind="bus",
            name=name,
            health="warning" if lost else "ok" if events else "idle",
            note=_some(lost, "event", "matched no rule") if lost else "",
            count=events,
            stack=topology.stacks.get(name, ""),
        )


def _rules(topology: Topology, counters: Counters) -> Iterator[NodeView]:
    for rule in topology.rules:
        scheduled = bool(rule.description.get("ScheduleExpression"))
        kind = HopKind.SCHEDULE_FIRED if scheduled else HopKind.RULE_MATCHED
        count = counters.count(kind, rule.arn)
        health, note = "ok" if count else "idle", str(rule.description.get("ScheduleExpression", ""))
        if not rule.enabled:
            health, note = "warning", "disabled"
        elif not rule.targets:
            health, note = "warning", "has no targets"
        yield NodeView(
            id=rule.arn,
            kind="schedule" if scheduled else "rule",
            name=rule.name,
            health=health,
            note=note,
            count=count,
            stack=topology.stacks.get(rule.name, ""),
        )


def _queues(topology: Topology, queues: Sequence[QueueView]) -> Iterator[NodeView]:
    for queue in queues:
        health, note = queue_health(queue)
        yield NodeView(
            id=queue.arn,
            kind="dlq" if queue.is_dead_letter_queue else "queue",
            name=queue.name,
            health=health,
            note=note,
            count=queue.sent,
            stack=topology.stacks.get(queue.name, ""),
        )


def queue_health(queue: QueueView) -> tuple[str, str]:
    """How a queue does, and why."""
    messages = queue.visible + queue.in_flight + queue.delayed
    if queue.is_dead_letter_queue:
        return ("problem", _some(messages, "dead letter", "")) if messages else ("ok", "")
    if queue.visible and not queue.consumers and not queue.received:
        return "warning", f"{_some(queue.visible, 'message', 'waiting')}, no function reads it"
    if queue.visible and (queue.oldest_seconds or 0) > _LONG:
        return "warning", f"the oldest message is {format_duration(queue.oldest_seconds or 0)} old"
    if messages:
        return "busy", ""
    return ("ok", "") if queue.sent else ("idle", "")


def _databases(topology: Topology) -> Iterator[NodeView]:
    for identifier, database in topology.databases.items():
        yield NodeView(
            id=f"{_DATABASE}{identifier}",
            kind="database",
            name=database,
            stack=topology.stacks.get(identifier, ""),
        )


# --- edges -----------------------------------------------------------------------------------------------
def _edges(
    topology: Topology, queues: Sequence[QueueView], counters: Counters, addresses: tuple[str, ...]
) -> Iterator[EdgeView]:
    for api in topology.apis:
        for function in api.functions:
            yield EdgeView(source=api_node(api.id), target=_bare(function), kind="routes")
    for rule in topology.rules:
        yield from _edges_of_rule(topology, rule)
    for queue, functions in topology.mappings.items():
        for function in functions:
            yield EdgeView(source=queue, target=_bare(function), kind="triggers")
    by_name = {queue.name: queue.arn for queue in queues}
    for one in queues:
        if one.dead_letter_queue in by_name:
            yield EdgeView(source=one.arn, target=by_name[one.dead_letter_queue], kind="dead-letters")
    for function, resource in counters.published:
        yield EdgeView(source=_bare(function), target=resource, kind="publishes")
    for described in topology.functions:
        yield from _edges_of_function(described, topology, queues, addresses)


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
        yield EdgeView(source=arn, target=f"{_DATABASE}{identifier}", kind="connects")
    dead = described.get("DeadLetterConfig", {}).get("TargetArn")
    if dead:
        yield EdgeView(source=arn, target=dead, kind="dead-letters")


def _edges_of_rule(topology: Topology, rule: RuleFacts) -> Iterator[EdgeView]:
    scheduled = bool(rule.description.get("ScheduleExpression"))
    if not scheduled:
        yield EdgeView(source=topology.buses[rule.bus], target=rule.arn, kind="matches")
    for target in rule.targets:
        yield EdgeView(source=rule.arn, target=_bare(target), kind="triggers" if scheduled else "delivers")
    for target in rule.dead_letters:
        yield EdgeView(source=rule.arn, target=target, kind="dead-letters")


def _named_by(function: Mapping[str, Any], topology: Topology, queues: Sequence[QueueView]) -> Iterator[str]:
    """Buses and queues that a function's variables name: it will publish there, if it has not yet.

    The default bus has a name that may mean anything, so only its ARN counts. Queues are named by URL or ARN.
    """
    consumed = {queue.arn for queue in queues if function["FunctionName"] in queue.consumers}
    values = {str(value) for value in function.get("Environment", {}).get("Variables", {}).values()}
    for name, arn in topology.buses.items():
        if arn in values or (name in values and name != "default"):
            yield arn
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


def _bare(arn: str) -> str:
    """A function's ARN without its version or alias; any other as it is."""
    if ":function:" not in arn:
        return arn
    head, _, tail = arn.partition(":function:")
    return f"{head}:function:{tail.split(':', 1)[0]}"


def _some(count: int, what: str, verb: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'} {verb}".strip()
