"""Flows."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.model.hops import Hop, HopKind, Link, LinkKind
from sandbox.model.views.flowfile import FlowFile
from sandbox.model.views.flows import BranchView, FlowSummary, FlowView
from tests.tui.canned.buses import BUSES, RULES
from tests.tui.canned.ground import NOW, arn, event, nota

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
        http_status=502 if number == 17 else 201,
    )
    for number in range(300)
]


#: Flows that are older than those that the dashboard loads.
OLD_FLOWS = [
    msgspec.structs.replace(FLOWS[0], id=number, keys={"notaFiscalId": f"antiga-{number}"})
    for number in range(20, 23)
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
        payload=event(number),
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
            payload=event(number),
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


#: What a failed test left behind: one flow that went well, and one that ended in a dead letter.
FLOW_FILE = FlowFile(title="tests/test_nota.py::test_confirms", flows=[flow("102"), flow("103")])
