"""The map: health with its reason, problems first, and only edges between what is there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.flow.counters import Counters, FunctionCount
from sandbox.model.faults import FaultKind, PlannedFault
from sandbox.model.views.messages import QueueView
from sandbox.model.views.system import EdgeView, MapView
from sandbox.session.systemmap import build_map, queue_health
from sandbox.session.topology import ApiFacts, RuleFacts, Topology
from sandbox.session.wires import Wire, without_stream

SQS = "arn:aws:sqs:us-east-1:000000000000:"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:estoque"
BUS = "arn:aws:events:us-east-1:000000000000:event-bus/nfe"
RULE = "arn:aws:events:us-east-1:000000000000:rule/nfe/criada"


def queue(name: str = "reserva", **facts: Any) -> QueueView:
    counts = {"visible": 0, "in_flight": 0, "delayed": 0, **facts}
    return QueueView(name=name, arn=SQS + name, url="", **counts)


TOPOLOGY = Topology(
    functions=(
        {
            "FunctionName": "estoque",
            "FunctionArn": FUNCTION,
            "Environment": {"Variables": {"DB_HOST": "127.0.0.1", "DB_NAME": "nfe"}},
        },
    ),
    mappings={f"{SQS}reserva": (f"{FUNCTION}:live",)},
    buses={"nfe": BUS},
    rules=(
        RuleFacts(RULE, "criada", "nfe", {"State": "ENABLED"}, (f"{SQS}reserva",), (f"{SQS}reserva-dlq",)),
        RuleFacts("arn:parada", "parada", "nfe", {"State": "DISABLED"}, (f"{SQS}gone",)),
        RuleFacts("arn:vazia", "vazia", "nfe", {"State": "ENABLED"}, ()),
        RuleFacts("arn:outbox", "outbox", "nfe", {"ScheduleExpression": "rate(1 minute)"}, (FUNCTION,)),
    ),
    apis=(ApiFacts("api1", "nfe-api", (FUNCTION,)),),
    databases={"banco": "nfe"},
    stacks={"estoque": "nfe"},
)
QUEUES = [
    queue(dead_letter_queue="reserva-dlq", consumers=["estoque"]),
    queue("reserva-dlq", sources=["reserva"], visible=2),
]


def drawn(counters: Counters | None = None) -> MapView:
    return build_map(TOPOLOGY, QUEUES, counters or Counters(), ("127.0.0.1",))


def test_every_resource_is_on_the_map() -> None:
    kinds = [node.kind for node in drawn().nodes]
    assert sorted(kinds) == [
        "api",
        "bus",
        "database",
        "dlq",
        "function",
        "queue",
        "rule",
        "rule",
        "rule",
        "schedule",
    ]
    assert next(node.stack for node in drawn().nodes if node.kind == "function") == "nfe"


def test_edges_lead_from_what_is_there_to_what_is_there() -> None:
    counters = Counters()
    counters.published[FUNCTION, BUS] += 1
    assert {(edge.source, edge.target, edge.kind) for edge in drawn(counters).edges} == {
        ("api:api1", FUNCTION, "routes"),
        (BUS, RULE, "matches"),
        (BUS, "arn:parada", "matches"),
        (BUS, "arn:vazia", "matches"),
        (RULE, f"{SQS}reserva", "delivers"),
        (RULE, f"{SQS}reserva-dlq", "dead-letters"),
        ("arn:outbox", FUNCTION, "triggers"),
        (f"{SQS}reserva", FUNCTION, "triggers"),
        (f"{SQS}reserva", f"{SQS}reserva-dlq", "dead-letters"),
        (FUNCTION, BUS, "publishes"),
        (FUNCTION, "db:banco", "connects"),
    }
    assert all(isinstance(edge, EdgeView) for edge in drawn().edges)


def test_on_failure_destinations_are_drawn_and_name_who_sends() -> None:
    topology = replace(
        TOPOLOGY,
        on_failure={FUNCTION: (f"{SQS}registros",)},
        given_up={FUNCTION: (f"{SQS}registros", f"{SQS}lotes")},
        wires=(Wire("schedule", "arn:agenda", "agenda", dead_letters=(f"{SQS}lotes",)),),
    )
    drawn = build_map(topology, [*QUEUES, queue("registros"), queue("lotes")], Counters())
    letters = {(edge.source, edge.target) for edge in drawn.edges if edge.kind == "dead-letters"}
    assert {(FUNCTION, f"{SQS}registros"), (FUNCTION, f"{SQS}lotes")} <= letters
    assert topology.dead_letter_senders() == {
        f"{SQS}reserva-dlq": ["rule criada"],
        f"{SQS}lotes": ["schedule agenda", "mapping to function estoque"],
        f"{SQS}registros": ["function estoque", "mapping to function estoque"],
    }


@pytest.mark.parametrize(
    ("value", "targets"),
    [
        ("nfe", {BUS}),
        (BUS, {BUS}),
        ("https://sqs.us-east-1.amazonaws.com/000000000000/avisos", {f"{SQS}avisos"}),
        (f"{SQS}avisos", {f"{SQS}avisos"}),
        ("avisos", set()),
        ("itens", {"arn:itens"}),
        (f"{SQS}reserva", set()),
        ("default", set()),
    ],
)
def test_what_a_function_will_publish_to_is_drawn_before_it_does(value: str, targets: set[str]) -> None:
    function = {**TOPOLOGY.functions[0], "Environment": {"Variables": {"DESTINO": value}}}
    default = {"default": "arn:aws:events:us-east-1:000000000000:event-bus/default"}
    topology = replace(
        TOPOLOGY,
        functions=(function,),
        buses={**TOPOLOGY.buses, **default},
        wires=(Wire("table", "arn:itens", "itens"),),
    )
    drawn = build_map(topology, [*QUEUES, queue("avisos")], Counters())
    assert {edge.target for edge in drawn.edges if edge.kind == "publishes"} == targets


def test_topics_schedules_tables_buckets_and_other_targets_are_on_the_map() -> None:
    table = "arn:aws:dynamodb:us-east-1:000000000000:table/estoque"
    group = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/nfe:*"
    wires = (
        Wire("topic", "arn:topic", "avisos", (f"{SQS}reserva", FUNCTION)),
        Wire("schedule", "arn:daily", "diaria", (FUNCTION,), (f"{SQS}reserva-dlq",), "rate(1 day)"),
        Wire("table", table, "estoque"),
        Wire("bucket", "arn:aws:s3:::fotos", "fotos", (FUNCTION,)),
    )
    logged = RuleFacts("arn:log", "log", "nfe", {"State": "ENABLED"}, (group,))
    topology = replace(TOPOLOGY, wires=wires, rules=(logged,), mappings={table: (FUNCTION,)})
    counters = Counters()
    drawn = build_map(topology, QUEUES, counters)
    kinds = {node.kind: node.name for node in drawn.nodes}
    assert (kinds["topic"], kinds["table"], kinds["logs"]) == ("avisos", "estoque", "/aws/events/nfe")
    assert {(edge.source, edge.target, edge.kind) for edge in drawn.edges} >= {
        ("arn:topic", f"{SQS}reserva", "delivers"),
        ("arn:topic", FUNCTION, "delivers"),
        ("arn:daily", FUNCTION, "triggers"),
        ("arn:daily", f"{SQS}reserva-dlq", "dead-letters"),
        (table, FUNCTION, "triggers"),
        ("arn:aws:s3:::fotos", FUNCTION, "delivers"),
        ("arn:log", group, "delivers"),
    }


def test_problems_come_first_and_say_why() -> None:
    counters = Counters()
    counters.functions[FUNCTION] = FunctionCount(
        invocations=3, last_failed=True, last_error="ValueError: não"
    )
    problems = [(one.severity, one.text, one.refers_kind) for one in drawn(counters).problems]
    assert problems == [
        ("problem", "reserva-dlq: 2 dead letters", "queue"),
        ("warning", "estoque: ValueError: não", "function"),
        ("warning", "parada: disabled", "rule"),
        ("warning", "vazia: has no targets", "rule"),
    ]


def test_planned_faults_are_told_until_they_are_spent() -> None:
    faults = [
        PlannedFault(id="f-1", kind=FaultKind.DUPLICATE, match={"queue": "reserva"}, times=3, struck=1),
        PlannedFault(id="f-2", kind=FaultKind.DUPLICATE, times=1, struck=1),
        PlannedFault(id="f-3", kind=FaultKind.DUPLICATE, times=None),
    ]
    drawn = build_map(Topology(), [], Counters(), faults=faults)
    assert [one.text for one in drawn.problems] == [
        "fault f-1 is planned: duplicate on queue=reserva, struck 1 of 3 (sandbox faults rm f-1)",
        "fault f-3 is planned: duplicate on everything, struck 0 times (sandbox faults rm f-3)",
    ]


@pytest.mark.parametrize(
    ("facts", "health"),
    [
        ({}, ("idle", "")),
        ({"sent": 3}, ("ok", "")),
        ({"in_flight": 1}, ("busy", "")),
        ({"visible": 1}, ("warning", "1 message waiting, no function reads it")),
        (
            {"visible": 1, "consumers": ["f"], "oldest_seconds": 360.0},
            ("warning", "the oldest message is 6m old"),
        ),
        ({"visible": 1, "consumers": ["f"], "oldest_seconds": 3.0}, ("busy", "")),
        ({"sources": ["a"]}, ("ok", "")),
        ({"sources": ["a"], "in_flight": 1}, ("problem", "1 dead letter")),
    ],
)
def test_the_health_of_a_queue(facts: dict[str, Any], health: tuple[str, str]) -> None:
    assert queue_health(queue(**facts)) == health


def test_a_stream_is_of_its_table() -> None:
    table = "arn:aws:dynamodb:us-east-1:000000000000:table/estoque"
    assert without_stream(f"{table}/stream/2026-01-01T00:00:00.000") == table
    assert without_stream(f"{SQS}reserva") == f"{SQS}reserva"
