"""A sandbox that never runs: the NF-e system with something of everything, always the same."""

from __future__ import annotations

import json
from typing import Any

from sandbox.control.protocol import ClockView, PostgresView, ProcessView, StackView, StatusView
from sandbox.model.hops import Hop, HopKind, Link, LinkKind
from sandbox.model.views.flows import BranchView, FlowSummary, FlowView, NearMiss
from sandbox.model.views.messages import DeadLetter, MessageView, QueueView
from sandbox.model.views.sagas import SagaCheck, SagaDetail, SagaView, TimelineEntry, Violation
from sandbox.model.views.system import (
    BusView,
    EdgeView,
    FunctionStats,
    LintView,
    LogView,
    MapView,
    NodeView,
    ProblemView,
    RowsView,
    RuleView,
    TableView,
)

#: 2026-03-01 12:00:00 UTC.
NOW = 1772366400.0
ENDPOINT = "http://127.0.0.1:4566"
_ARN = "arn:aws:{}:us-east-1:000000000000:{}"
HOSTILE = "\x1b[2J\x1b]52;c;ZXZpbA==\x07[red]not red[/red] \u202egnp.exe\x00"


def arn(service: str, name: str) -> str:
    """An ARN of the default account."""
    return _ARN.format(service, name)


def nota(number: int) -> str:
    """The id of an invoice."""
    return f"7f6c2a0e-3c1f-4f0e-9c57-{number:012d}"


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

QUEUES = [
    QueueView(
        name="estoque-reserva",
        arn=arn("sqs", "estoque-reserva"),
        url=f"{ENDPOINT}/000000000000/estoque-reserva",
        visible=20_000,
        in_flight=10,
        delayed=3,
        oldest_seconds=184.0,
        dead_letter_queue="estoque-reserva-dlq",
        consumers=["nfe-estoque-dev"],
        visibility_timeout=90,
        max_receives=3,
        sent=20_512,
        received=499,
        deleted=489,
    ),
    QueueView(
        name="estoque-reserva-dlq",
        arn=arn("sqs", "estoque-reserva-dlq"),
        url=f"{ENDPOINT}/000000000000/estoque-reserva-dlq",
        visible=2,
        in_flight=0,
        delayed=0,
        oldest_seconds=75.0,
        sources=["estoque-reserva"],
        retention=1209600,
        sent=2,
    ),
    QueueView(
        name="faturamento-compensacao",
        arn=arn("sqs", "faturamento-compensacao"),
        url=f"{ENDPOINT}/000000000000/faturamento-compensacao",
        visible=0,
        in_flight=0,
        delayed=0,
        dead_letter_queue="faturamento-compensacao-dlq",
        consumers=["nfe-faturamento-dev"],
        visibility_timeout=90,
        max_receives=3,
        sent=4,
        received=4,
        deleted=4,
    ),
    QueueView(
        name="faturamento-compensacao-dlq",
        arn=arn("sqs", "faturamento-compensacao-dlq"),
        url=f"{ENDPOINT}/000000000000/faturamento-compensacao-dlq",
        visible=0,
        in_flight=0,
        delayed=0,
        sources=["faturamento-compensacao"],
    ),
    QueueView(
        name="faturamento-confirmacao",
        arn=arn("sqs", "faturamento-confirmacao"),
        url=f"{ENDPOINT}/000000000000/faturamento-confirmacao",
        visible=1,
        in_flight=2,
        delayed=0,
        oldest_seconds=0.4,
        dead_letter_queue="faturamento-confirmacao-dlq",
        consumers=["nfe-faturamento-dev"],
        visibility_timeout=90,
        max_receives=3,
        sent=485,
        received=484,
        deleted=482,
    ),
    QueueView(
        name="faturamento-confirmacao-dlq",
        arn=arn("sqs", "faturamento-confirmacao-dlq"),
        url=f"{ENDPOINT}/000000000000/faturamento-confirmacao-dlq",
        visible=0,
        in_flight=0,
        delayed=0,
        sources=["faturamento-confirmacao"],
    ),
]


def _event(number: int, kind: str = "NotaFiscalCriada") -> str:
    return json.dumps(
        {
            "version": "0",
            "id": f"e-{number:04d}",
            "detail-type": kind,
            "source": "nfe.faturamento",
            "detail": {
                "notaFiscalId": nota(number),
                "itens": [{"produtoId": "p-1", "quantidade": number % 7 + 1}],
            },
        },
        separators=(",", ":"),
    )


def messages(queue: str, state: str | None, limit: int, offset: int) -> list[MessageView]:
    """A page of a queue."""
    view = next(item for item in QUEUES if item.name == queue)
    states = ["in-flight"] * view.in_flight + ["delayed"] * view.delayed + ["visible"] * view.visible
    chosen = [number for number, item in enumerate(states) if state in (None, item)]
    return [
        MessageView(
            queue=queue,
            message_id=f"{number:08x}-0000-4000-8000-000000000000",
            body=HOSTILE if number == 13 else _event(number),
            state=states[number],
            sent_at=NOW - 184 + number * 0.01,
            visible_at=NOW + 71
            if states[number] == "in-flight"
            else NOW + 600
            if states[number] == "delayed"
            else NOW - 60,
            receive_count=1 if states[number] == "in-flight" else 0,
            attributes={"origem": {"DataType": "String", "StringValue": "teste"}} if number == 0 else {},
            flow=100 + number,
        )
        for number in chosen[offset : offset + limit]
    ]


LETTERS = [
    DeadLetter(
        message=MessageView(
            queue="estoque-reserva-dlq",
            message_id="dead0001-0000-4000-8000-000000000000",
            body=json.dumps(
                {"detail-type": "NotaFiscalCriada", "detail": {"notaFiscalId": nota(3), "itens": "nenhum"}}
            ),
            state="visible",
            sent_at=NOW - 75,
            visible_at=NOW - 75,
            receive_count=4,
            flow=103,
        ),
        source="estoque-reserva",
        attempts=3,
        error="TypeError: string indices must be integers, not 'str'",
        stack_trace=[
            '  File "/var/task/handler.py", line 41, in processar\n    reservar(evento["detail"])\n',
            '  File "/var/task/reserva.py", line 18, in reservar\n'
            '    for item in detalhe["itens"]: total += item["quantidade"]\n',
        ],
        function="nfe-estoque-dev",
        dead_lettered_at=NOW - 20,
    ),
    DeadLetter(
        message=MessageView(
            queue="estoque-reserva-dlq",
            message_id="dead0002-0000-4000-8000-000000000000",
            body="não é JSON " + HOSTILE,
            state="visible",
            sent_at=NOW - 60,
            visible_at=NOW - 60,
            receive_count=4,
            flow=104,
        ),
        source="estoque-reserva",
        attempts=3,
        error="JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
        function="nfe-estoque-dev",
        dead_lettered_at=NOW - 5,
        original_id="dead0000-0000-4000-8000-000000000000",
        changed=["body"],
    ),
]

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

_BUS = "nfe-events-dev"
RULES = [
    RuleView(
        name=f"nfe-{name}-dev",
        bus=_BUS,
        arn=arn("events", f"rule/{_BUS}/nfe-{name}-dev"),
        matches=matches,
        pattern=json.dumps({"source": [source], "detail-type": [kind]}),
        targets=[arn("sqs", queue)],
    )
    for name, source, kind, queue, matches in (
        ("nota-criada", "nfe.faturamento", "NotaFiscalCriada", "estoque-reserva", 20_512),
        ("reserva-confirmada", "nfe.estoque", "ReservaConfirmada", "faturamento-confirmacao", 485),
        ("reserva-falhou", "nfe.estoque", "ReservaFalhou", "faturamento-compensacao", 4),
    )
]
SCHEDULE = RuleView(
    name="nfe-outbox-dev",
    bus="default",
    arn=arn("events", "rule/nfe-outbox-dev"),
    schedule="rate(1 minute)",
    targets=[arn("lambda", "function:nfe-outbox-dev")],
    matches=5,
    next_at=NOW + 23,
)
BUSES = [
    BusView(name="default", arn=arn("events", "event-bus/default"), rules=[SCHEDULE]),
    BusView(name=_BUS, arn=arn("events", f"event-bus/{_BUS}"), rules=RULES, events=21_003, unmatched=2),
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
        _node(BUSES[1].arn, "bus", _BUS, count=21_003),
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

_OUTCOMES = (
    ("completed", "CONFIRMADA", "confirmacao"),
    ("running", "PENDING", "reserva"),
    ("compensated", "ERRO_ESTOQUE", "compensacao"),
    ("stuck", "PENDING", "reserva"),
)


def saga(number: int) -> SagaView:
    """One of the sagas."""
    kind = 3 if number == 3 else 2 if number % 50 == 9 else 1 if number < 3 else 0
    outcome, state, step = _OUTCOMES[kind]
    began = NOW - 20 - number * 2.0
    return SagaView(
        saga="nota-fiscal",
        style="choreography",
        id=nota(number),
        state=state,
        outcome=outcome,
        step=step,
        began_at=began,
        ended_at=began + 3.4 if kind in (0, 2) else None,
        attempts=3 if kind == 3 else 1 + number % 2,
        flow=100 + number,
        error=""
        if kind in (0, 1)
        else "estoque insuficiente: 9 de p-1"
        if kind == 2
        else "TypeError: string indices",
    )


SAGAS = [saga(number) for number in range(5_000)]


def saga_detail(identifier: str) -> SagaDetail:
    """One saga, whole."""
    view = next(item for item in SAGAS if item.id == identifier)
    at = view.began_at
    stuck = view.outcome == "stuck"
    timeline = [
        TimelineEntry(
            kind="working",
            what="function nfe-notas-api-dev",
            from_at=at,
            to_at=at + 0.021,
            step="emissao",
            hop=101,
            duration_ms=21.0,
        ),
        TimelineEntry(
            kind="waiting",
            what="outbox, until nfe-outbox-dev runs",
            from_at=at + 0.021,
            to_at=at + 2.1,
            step="emissao",
            hop=102,
        ),
        TimelineEntry(
            kind="waiting", what="in queue estoque-reserva", from_at=at + 2.1, to_at=at + 2.4, step="reserva"
        ),
        TimelineEntry(
            kind="working",
            what="function nfe-estoque-dev",
            from_at=at + 2.4,
            to_at=at + 2.6,
            step="reserva",
            hop=106,
            ok=not stuck,
            error="TypeError: string indices" if stuck else "",
        ),
    ]
    if stuck:
        timeline += [
            TimelineEntry(
                kind="waiting",
                what="in queue estoque-reserva",
                from_at=at + 2.6,
                to_at=at + 12.6,
                step="reserva",
                attempt=2,
            ),
            TimelineEntry(
                kind="waiting",
                what="in dead-letter queue estoque-reserva-dlq",
                from_at=at + 12.6,
                step="reserva",
                attempt=3,
            ),
        ]
    else:
        timeline += [
            TimelineEntry(
                kind="waiting",
                what="in queue faturamento-confirmacao",
                from_at=at + 2.6,
                to_at=at + 2.9,
                step="confirmacao",
            ),
            TimelineEntry(
                kind="working",
                what="function nfe-faturamento-dev",
                from_at=at + 2.9,
                to_at=at + 3.4,
                step="confirmacao",
                hop=110,
            ),
        ]
    return SagaDetail(
        saga=view,
        timeline=timeline,
        waiting_for=["a redrive of estoque-reserva-dlq", "next outbox run in 23 s"] if stuck else [],
        steps={
            "emissao": "done",
            "reserva": "failed" if stuck else "done",
            "confirmacao": "pending" if stuck else "done",
            "compensacao": "skipped",
        },
        waited_seconds=12.5 if stuck else 2.7,
        worked_seconds=0.22 if stuck else 0.7,
    )


CHECK = SagaCheck(
    checked=["estoque-constante", "confirmada-tem-reserva", "compensada-sem-reserva"],
    skipped=["outbox-vazia"],
    violations=[
        Violation(
            saga="nota-fiscal",
            invariant="estoque-constante",
            description="Stock plus reservations of a product is what it began with.",
            rows=[{"produto_id": "p-1", "quantidade": "90", "reservada": "9"}],
            count=1,
        ),
    ],
)

FLOWS = [
    FlowSummary(
        id=100 + number,
        began_at=NOW - 20 - number * 2.0,
        last_at=NOW - 20 - number * 2.0 + 3.4,
        what="POST /api/v1/notas",
        status="dead-lettered" if number == 3 else "error" if number == 17 else "ok",
        hops=18,
        errors=3 if number == 3 else 1 if number == 17 else 0,
        dead_letters=1 if number == 3 else 0,
        keys={"notaFiscalId": nota(number)},
    )
    for number in range(300)
]


def flow(reference: str) -> FlowView:
    """A flow, by id, hop or business key."""
    number = next(
        (index for index in range(300) if nota(index) == reference or str(100 + index) == reference), 3
    )
    summary = FLOWS[number]
    began = summary.began_at
    keys = {"notaFiscalId": nota(number)}

    def hop(identifier: int, kind: HopKind, after: float, **more: Any) -> Hop:
        return Hop(
            id=identifier,
            kind=kind,
            at=began + after,
            real_at=began + after,
            account="000000000000",
            region="us-east-1",
            flow=summary.id,
            **{"service": "", **more},
        )

    estoque = arn("lambda", "function:nfe-estoque-dev")
    queued = hop(
        105,
        HopKind.MESSAGE_SENT,
        2.1,
        service="sqs",
        resource=arn("sqs", "estoque-reserva"),
        cause=104,
        message_id="m-105",
        payload=_event(number),
    )
    failed = number == 3
    ran = [
        BranchView(
            hop=hop(
                106 + 2 * attempt,
                HopKind.INVOKE_START,
                2.4 + attempt * 3,
                service="lambda",
                function=estoque,
                cause=105,
                detail={"receive_count": attempt + 1, "cold": attempt == 0},
                status="error" if failed else "ok",
                error="TypeError: string indices must be integers, not 'str'" if failed else "",
                duration_ms=18.4,
            ),
            line="",
            log=[
                "START RequestId: 1",
                "[ERROR] TypeError: string indices must be integers" if failed else "reserva confirmada",
                "END RequestId: 1",
            ],
        )
        for attempt in range(3 if failed else 1)
    ]
    if failed:
        ran.append(
            BranchView(
                hop=hop(
                    120,
                    HopKind.DEAD_LETTERED,
                    12.6,
                    service="sqs",
                    resource=arn("sqs", "estoque-reserva-dlq"),
                    cause=105,
                ),
                line="",
            )
        )
    else:
        confirmed = hop(
            115,
            HopKind.EVENT_PUT,
            2.6,
            service="events",
            resource=BUSES[1].arn,
            cause=106,
            detail={"detailType": "ReservaConfirmada", "source": "nfe.estoque"},
        )
        ran[0] = BranchView(
            hop=ran[0].hop, line="", log=ran[0].log, children=[BranchView(hop=confirmed, line="")]
        )
    put = BranchView(
        hop=hop(
            103,
            HopKind.EVENT_PUT,
            2.05,
            service="events",
            resource=BUSES[1].arn,
            cause=90,
            event_id="e-103",
            keys=keys,
            links=(Link(101, LinkKind.INFERRED),),
            payload=_event(number),
            detail={"detailType": "NotaFiscalCriada", "source": "nfe.faturamento"},
        ),
        line="",
        inferred=True,
        via=90,
        children=[
            BranchView(
                hop=hop(104, HopKind.RULE_MATCHED, 2.06, service="events", resource=RULES[0].arn, cause=103),
                line="",
                children=[BranchView(hop=queued, line="", children=ran)],
            ),
        ],
    )
    invoked = BranchView(
        hop=hop(
            101,
            HopKind.INVOKE_START,
            0.002,
            service="lambda",
            function=arn("lambda", "function:nfe-notas-api-dev"),
            cause=100,
            duration_ms=9.4,
            detail={"cold": number % 40 == 0},
        ),
        line="",
        children=[put],
        log=["START RequestId: 0", f"nota {nota(number)} emitida", "END RequestId: 0"],
    )
    root = BranchView(
        hop=hop(
            100,
            HopKind.HTTP_REQUEST,
            0,
            service="apigateway",
            operation="POST /api/v1/notas",
            resource="arn:aws:execute-api:us-east-1:000000000000:abc/dev/POST/api/v1/notas",
            duration_ms=11.0,
            keys=keys,
            detail={"http_status": 201, "request": '{"items":[{"produtoId":"p-1","quantidade":2}]}'},
            payload='{"items":[{"produtoId":"p-1","quantidade":2}]}',
        ),
        line="",
        children=[invoked],
    )
    return FlowView(summary=summary, tree=[root])


EVENTS = [
    Hop(
        id=900 - number,
        kind=HopKind.EVENT_PUT,
        at=NOW - number,
        real_at=NOW - number,
        account="000000000000",
        region="us-east-1",
        service="events",
        resource=BUSES[1].arn,
        event_id=f"e-{number:04d}",
        payload=_event(number),
        keys={"notaFiscalId": nota(number)},
        detail={"detailType": kind, "source": "nfe.faturamento"},
    )
    for number, kind in enumerate(
        ("NotaFiscalCriada", "ReservaConfirmada", "NotaCancelada", "NotaFiscalCriada")
    )
]
MISSES = [
    NearMiss(bus=_BUS, rule="nfe-nota-criada-dev", matched=True),
    NearMiss(
        bus=_BUS,
        rule="nfe-reserva-confirmada-dev",
        matched=False,
        path="$.source",
        reason='"nfe.faturamento" is not one of ["nfe.estoque"]',
    ),
]

TABLES = [
    TableView(
        kind="postgres",
        database="nfe",
        name="estoque.produtos",
        rows=2,
        columns=["produto_id", "nome", "quantidade"],
    ),
    TableView(
        kind="postgres",
        database="nfe",
        name="faturamento.notas_fiscais",
        rows=5_000,
        columns=["nota_fiscal_id", "status", "erro_mensagem"],
    ),
    TableView(
        kind="postgres", database="nfe", name="faturamento.eventos_outbox", rows=0, columns=["evento_id"]
    ),
]


def rows(table: str, limit: int, offset: int) -> RowsView:
    """A page of a table."""
    if table == "estoque.produtos":
        return RowsView(
            columns=["produto_id", "nome", "quantidade"],
            rows=[["p-1", "Caneta", "90"], ["p-2", "Caderno " + HOSTILE, None]],
        )
    if table == "faturamento.eventos_outbox":
        return RowsView(columns=["evento_id"], rows=[])
    chosen = SAGAS[offset : offset + limit]
    return RowsView(
        columns=["nota_fiscal_id", "status", "erro_mensagem"],
        rows=[[item.id, item.state, item.error or None] for item in chosen],
        more=offset + limit < len(SAGAS),
    )


LINTS = [
    LintView(
        code="visibility-under-six-timeouts",
        severity="warning",
        subject=arn("sqs", "estoque-reserva"),
        stack="nfe",
        text="The visibility timeout of 90 s is under six times the function's timeout of 30 s, so a batch "
        "that is slow and retried can be taken by another invocation meanwhile.",
        remedy="Set VisibilityTimeout to 180 s or more, or shorten the function's timeout.",
        page="https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    ),
    LintView(
        code="rule-never-matched",
        severity="info",
        subject=arn("events", "rule/nfe-reserva-falhou-dev"),
        stack="nfe",
        text="No event has matched this rule yet.",
        remedy="Compare its pattern with the events: `sandbox bus events`.",
        page="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html",
    ),
    LintView(
        code="queue-without-dlq",
        severity="warning",
        subject=arn("sqs", "relatorios"),
        stack="nfe",
        text="Its messages come back for ever.",
        remedy="Give it a redrive policy.",
        page="https://docs.aws.amazon.com/x",
        suppressed="reports are rebuilt every night",
    ),
]

_LINES = (
    ("nfe-notas-api-dev", "START RequestId: 5f0c Version: $LATEST"),
    ("nfe-notas-api-dev", '{"level":"INFO","message":"nota emitida","notaFiscalId":"' + nota(1) + '"}'),
    ("nfe-estoque-dev", "[WARNING] estoque baixo: p-1"),
    ("nfe-estoque-dev", "[ERROR] TypeError: string indices must be integers, not 'str'"),
    ("nfe-estoque-dev", "linha hostil " + HOSTILE),
    (
        "nfe-notas-api-dev",
        "REPORT RequestId: 5f0c Duration: 9.41 ms Billed Duration: 10 ms Memory Size: 256 MB",
    ),
)


def log_lines(count: int, first: int = 0) -> list[LogView]:
    """Log lines."""
    lines = []
    for number in range(first, first + count):
        name, message = _LINES[number % len(_LINES)]
        lines.append(
            LogView(
                at=NOW + number * 0.05,
                time="2026-03-01T12:00:00.000Z",
                group=f"/aws/lambda/{name}",
                stream="2026/03/01/[$LATEST]0",
                message=message,
                hop=101,
            )
        )
    return lines
