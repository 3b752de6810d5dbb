"""Buses, rules, events, and why they did not match."""

from __future__ import annotations

import json

from sandbox.model.hops import Hop, HopKind
from sandbox.model.views.archives import ArchiveView, ReplayView
from sandbox.model.views.flows import NearMiss
from sandbox.model.views.system import (
    BusView,
    RuleView,
)
from tests.tui.canned.ground import BUS, NOW, arn, event, nota

RULES = [
    RuleView(
        name=f"nfe-{name}-dev",
        bus=BUS,
        arn=arn("events", f"rule/{BUS}/nfe-{name}-dev"),
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
    BusView(name=BUS, arn=arn("events", f"event-bus/{BUS}"), rules=RULES, events=21_003, unmatched=2),
]


ARCHIVE = ArchiveView(
    name="nfe-arquivo",
    arn=arn("events", "archive/nfe-arquivo"),
    bus=BUS,
    pattern=json.dumps({"source": ["nfe.faturamento"]}),
    retention_days=90,
    events=21_003,
    bytes=8_401_200,
    first_at=NOW - 86_400,
    last_at=NOW - 1,
)
REPLAYS = [
    ReplayView(
        name=f"nfe-arquivo-{number}",
        archive="nfe-arquivo",
        bus=BUS,
        state=state,
        since=NOW - 7_200,
        until=NOW - 3_600,
        started_at=NOW - 60 * number,
        ended_at=None if state == "RUNNING" else NOW - 30,
        rules=rules,
        replayed=120 * number,
    )
    for number, state, rules in ((1, "RUNNING", []), (2, "COMPLETED", ["nfe-nota-criada-dev"]))
]

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
        payload=event(number),
        keys={"notaFiscalId": nota(number)},
        detail={"detailType": kind, "source": "nfe.faturamento"},
    )
    for number, kind in enumerate(
        ("NotaFiscalCriada", "ReservaConfirmada", "NotaCancelada", "NotaFiscalCriada")
    )
]


MISSES = [
    NearMiss(bus=BUS, rule="nfe-nota-criada-dev", matched=True),
    NearMiss(
        bus=BUS,
        rule="nfe-reserva-confirmada-dev",
        matched=False,
        path="$.source",
        reason='"nfe.faturamento" is not one of ["nfe.estoque"]',
    ),
]
