"""The system as a whole: status, functions, map."""

from __future__ import annotations

from sandbox.control.protocol import ClockView, PostgresView, ProcessView, StackView, StatusView
from sandbox.model.views.system import (
    EdgeView,
    FunctionStats,
    MapView,
    NodeView,
    ProblemView,
)
from tests.tui.canned.buses import BUSES, RULES, SCHEDULE
from tests.tui.canned.ground import BUS, ENDPOINT, NOW, arn, nota
from tests.tui.canned.queues import QUEUES

STATUS = StatusView(
    endpoint=ENDPOINT,
    engine="embedded",
    state="/home/ana/nfe/.sandbox",
    pid=4242,
    ready_seconds=0.9,
    uptime_seconds=312.0,
    clock=ClockView(
        now=NOW,
        iso="2026-03-01T12:00:00.000Z",
        speed=1.0,
        offset_seconds=61.0,
        next=[
            {"label": "rule nfe-outbox-dev", "kind": "schedule", "in_seconds": 23.0},
            {"label": "visibility estoque-reserva", "kind": "timer", "in_seconds": 71.0},
        ],
    ),
    postgres=PostgresView("postgresql://nfe@127.0.0.1:5432/nfe", "127.0.0.1", 5432, "nfe", "nfe", "x"),
    stacks=[
        StackView("nfe", {"ApiUrl": f"{ENDPOINT}/_aws/execute-api/abc/dev"}, {}, "handlers/nfe/template.yaml")
    ],
    processes=[ProcessView("sandbox", 4242), ProcessView("postgres", 4243)],
    functions=[
        {
            "function": "nfe-estoque-dev",
            "environment": "1",
            "pid": 4301,
            "state": "busy",
            "invocations": 41,
            "memory_mb": 61.2,
        },
        {
            "function": "nfe-estoque-dev",
            "environment": "2",
            "pid": 4302,
            "state": "idle",
            "invocations": 12,
            "memory_mb": 58.9,
        },
    ],
    version="0.1.0",
)


FUNCTIONS = [
    FunctionStats(
        name=f"nfe-{name}-dev",
        arn=arn("lambda", f"function:nfe-{name}-dev"),
        runtime="python3.12",
        log_group=f"/aws/lambda/nfe-{name}-dev",
        invocations=invoked,
        errors=errors,
        throttles=throttles,
        cold_starts=2,
        p50_ms=p50,
        p95_ms=p95,
        running=running,
        limit=limit,
        warm=1,
        memory=256,
        timeout=30,
        last_error=error,
    )
    for name, invoked, errors, throttles, p50, p95, running, limit, error in (
        ("estoque", 53, 6, 0, 18.4, 61.0, 5, 5, "TypeError: string indices must be integers, not 'str'"),
        ("faturamento", 486, 0, 2, 9.8, 22.5, 1, 10, ""),
        ("notas-api", 512, 1, 0, 7.1, 14.2, 0, None, ""),
        ("outbox", 5, 0, 0, 12.0, 14.0, 0, 1, ""),
        ("produtos-api", 0, 0, 0, None, None, 0, None, ""),
    )
]


def _node(
    identifier: str, kind: str, name: str, health: str = "ok", note: str = "", count: int = 0
) -> NodeView:
    return NodeView(id=identifier, kind=kind, name=name, health=health, note=note, count=count, stack="nfe")


def _function(name: str) -> str:
    return arn("lambda", f"function:nfe-{name}-dev")


MAP = MapView(
    nodes=[
        _node("api:abc", "api", "nfe-api", count=512),
        *(
            _node(
                item.arn,
                "function",
                item.name,
                "problem" if item.errors > 1 else "ok",
                f"{item.errors} errors" if item.errors > 1 else "",
                item.invocations,
            )
            for item in FUNCTIONS
        ),
        _node(BUSES[1].arn, "bus", BUS, count=21_003),
        *(_node(rule.arn, "rule", rule.name, count=rule.matches) for rule in RULES),
        _node(SCHEDULE.arn, "schedule", "nfe-outbox-dev", count=5),
        *(
            _node(
                queue.arn,
                "dlq" if queue.is_dead_letter_queue else "queue",
                queue.name,
                "problem" if queue.is_dead_letter_queue and queue.visible else "ok",
                f"{queue.visible} dead" if queue.is_dead_letter_queue and queue.visible else "",
                queue.sent,
            )
            for queue in QUEUES
        ),
        _node("db:nfe", "database", "nfe"),
    ],
    edges=[
        EdgeView(source="api:abc", target=_function("notas-api"), kind="routes"),
        EdgeView(source="api:abc", target=_function("produtos-api"), kind="routes"),
        EdgeView(source=SCHEDULE.arn, target=_function("outbox"), kind="triggers"),
        *(EdgeView(source=BUSES[1].arn, target=rule.arn, kind="matches") for rule in RULES),
        *(EdgeView(source=rule.arn, target=rule.targets[0], kind="delivers") for rule in RULES),
        *(
            EdgeView(
                source=queue.arn, target=arn("lambda", f"function:{queue.consumers[0]}"), kind="triggers"
            )
            for queue in QUEUES
            if queue.consumers
        ),
        *(
            EdgeView(source=queue.arn, target=arn("sqs", queue.dead_letter_queue or ""), kind="dead-letters")
            for queue in QUEUES
            if queue.dead_letter_queue
        ),
        EdgeView(source=_function("outbox"), target=BUSES[1].arn, kind="publishes"),
        EdgeView(source=_function("estoque"), target=BUSES[1].arn, kind="publishes"),
        EdgeView(source=_function("outbox"), target="db:nfe", kind="connects"),
    ],
    problems=[
        ProblemView(
            severity="problem",
            text="2 dead letters in estoque-reserva-dlq: TypeError: string indices must be integers",
            refers_kind="dlq",
            refers="estoque-reserva-dlq",
        ),
        ProblemView(
            severity="problem", text=f"saga {nota(3)} is stuck at reserva", refers_kind="saga", refers=nota(3)
        ),
        ProblemView(
            severity="warning",
            text="nfe-faturamento-dev was throttled 2 times",
            refers_kind="function",
            refers="nfe-faturamento-dev",
        ),
    ],
)
