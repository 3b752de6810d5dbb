"""The map: every resource with its health, and what leads to what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sandbox.flow.counters import Counters
from sandbox.model.arn import bare
from sandbox.model.durations import format_duration
from sandbox.model.faults import PlannedFault
from sandbox.model.hops import HopKind
from sandbox.model.views.messages import QueueView
from sandbox.model.views.system import MapView, NodeView, ProblemView
from sandbox.session.systemedges import DATABASE, edges_of
from sandbox.session.topology import Topology, api_node, api_of_arn

#: Virtual seconds after which a message that nobody takes is worth a word.
_LONG = 300.0
#: What is counted of topics, schedules, tables and buckets; calls to buckets name them without an ARN.
_COUNTED = {
    "topic": HopKind.PUBLISHED,
    "schedule": HopKind.SCHEDULE_FIRED,
    "table": HopKind.ITEM_CHANGED,
    "bucket": HopKind.API_CALL,
}
#: Services whose resources are all on the map: a target of theirs that is not there is gone.
_MAPPED = ("sqs", "lambda", "events", "sns", "dynamodb")


def build_map(
    topology: Topology,
    queues: Sequence[QueueView],
    counters: Counters,
    addresses: Iterable[str] = (),
    faults: Iterable[PlannedFault] = (),
) -> MapView:
    """The whole map, problems first.

    Args:
        addresses: hosts and ports of databases, as functions' variables show them.
        faults: what is planned to go wrong, so that nobody wonders why it does.
    """
    nodes = [
        *_apis(topology, counters),
        *_functions(topology, counters),
        *_buses(topology, counters),
        *_rules(topology, counters),
        *_queues(topology, queues),
        *_databases(topology),
        *_wires(topology, counters),
    ]
    nodes += _elsewhere(topology, {node.id for node in nodes})
    known = {node.id for node in nodes}
    edges = [
        edge
        for edge in dict.fromkeys(edges_of(topology, queues, counters, tuple(addresses)))
        if edge.source in known and edge.target in known
    ]
    order = {"problem": 0, "warning": 1}
    troubled = sorted((node for node in nodes if node.health in order), key=lambda node: order[node.health])
    planned = [_planned(fault) for fault in faults if not fault.spent]
    return MapView(nodes=nodes, edges=edges, problems=[*(_problem(node) for node in troubled), *planned])


def _planned(fault: PlannedFault) -> ProblemView:
    where = " ".join(f"{fact}={value}" for fact, value in fault.match.items()) or "everything"
    struck = f"struck {fault.struck}" + (f" of {fault.times}" if fault.times is not None else " times")
    return ProblemView(
        severity="warning",
        text=f"fault {fault.id} is planned: {fault.kind} on {where}, {struck} (sandbox faults rm {fault.id})",
    )


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
            id=f"{DATABASE}{identifier}",
            kind="database",
            name=database,
            stack=topology.stacks.get(identifier, ""),
        )


def _wires(topology: Topology, counters: Counters) -> Iterator[NodeView]:
    for wire in topology.wires:
        counted = wire.name if wire.kind == "bucket" else wire.arn
        count = counters.count(_COUNTED[wire.kind], counted)
        health, note = "ok" if count else "idle", wire.note
        if not wire.enabled:
            health, note = "warning", "disabled"
        yield NodeView(
            id=wire.arn,
            kind=wire.kind,
            name=wire.name,
            health=health,
            note=note,
            count=count,
            stack=topology.stacks.get(wire.name, ""),
        )


def _elsewhere(topology: Topology, known: set[str]) -> list[NodeView]:
    """Targets of rules that are no resources of another kind on the map, such as log groups."""
    arns = dict.fromkeys(bare(target) for rule in topology.rules for target in rule.targets)
    return [
        NodeView(
            id=arn,
            kind="logs" if ":log-group:" in arn else arn.split(":")[2],
            name=arn.removesuffix(":*").split(":")[-1],
        )
        for arn in arns
        if arn not in known and arn.startswith("arn:") and arn.split(":")[2] not in _MAPPED
    ]


def _some(count: int, what: str, verb: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'} {verb}".strip()
