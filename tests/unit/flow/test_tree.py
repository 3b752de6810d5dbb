"""Flows drawn as trees."""

from __future__ import annotations

from typing import Any

from sandbox.flow.tree import DEEPEST, build, describe, render, walk
from sandbox.model.hops import Hop, HopKind, Link, LinkKind


def hop(number: int, kind: HopKind = HopKind.API_CALL, cause: int | None = None, **facts: Any) -> Hop:
    values: dict[str, Any] = {
        "at": 1000 + number / 100,
        "real_at": 1000.0,
        "account": "000000000000",
        "region": "us-east-1",
        "service": "sqs",
    }
    return Hop(id=number, kind=kind, cause=cause, **{**values, **facts})


SAGA = [
    hop(
        1, HopKind.HTTP_REQUEST, operation="POST /api/v1/notas", duration_ms=12.5, detail={"http_status": 201}
    ),
    hop(2, HopKind.INVOKE_START, 1, function="arn:aws:lambda:r:a:function:faturamento"),
    hop(
        3,
        HopKind.INVOKE_END,
        2,
        function="arn:aws:lambda:r:a:function:faturamento",
        duration_ms=8.0,
        detail={"cold": True, "attempt": 1},
    ),
    hop(
        9,
        HopKind.EVENT_PUT,
        7,
        resource="arn:aws:events:r:a:event-bus/nfe",
        links=(Link(3, LinkKind.INFERRED),),
        detail={"detailType": "NotaCriada"},
    ),
    hop(10, HopKind.RULE_MATCHED, 9, resource="arn:aws:events:r:a:rule/nfe/reserva"),
    hop(11, HopKind.MESSAGE_SENT, 10, resource="arn:aws:sqs:r:a:estoque-reserva"),
    hop(
        12,
        HopKind.MESSAGE_RECEIVED,
        11,
        resource="arn:aws:sqs:r:a:estoque-reserva",
        detail={"receive_count": 2, "waited_ms": 90_000},
    ),
    hop(
        13,
        HopKind.INVOKE_END,
        12,
        function="arn:aws:lambda:r:a:function:estoque",
        status="error",
        error="KeyError: x",
    ),
]


def test_a_saga_as_text() -> None:
    assert list(render(build(SAGA))) == [
        "● +0.000s http POST /api/v1/notas 12.5 ms 201",
        "└─ ● +0.010s invoke faturamento",
        "   └─ ● +0.020s ended faturamento 8.0 ms cold",
        "      └─ ● +0.080s event NotaCriada on nfe (inferred by business key, published by hop 7)",
        "         └─ ● +0.090s rule reserva",
        "            └─ ● +0.100s queued estoque-reserva",
        "               └─ ● +0.110s received estoque-reserva receive 2 waited 90000 ms",
        "                  └─ ✗ +0.120s ended estoque [error: KeyError: x]",
    ]


def test_an_asynchronous_invocation_is_queued_by_lambda() -> None:
    function = "arn:aws:lambda:r:a:function:outbox"
    tree = build(
        [
            hop(1, HopKind.DELIVERED, service="events", resource=function),
            hop(2, HopKind.DELIVERED, 1, service="lambda", resource=function, function=function),
        ]
    )
    assert [describe(branch, 1000.0).split(" ", 2)[2] for _, branch in walk(tree)] == [
        "delivered outbox",
        "queued for outbox",
    ]


def test_branches_beside_each_other() -> None:
    hops = [hop(1), hop(2, cause=1), hop(3, cause=2), hop(4, cause=1), hop(5)]
    lines = list(render(build(hops)))
    assert [line.split(" +")[0] for line in lines] == ["●", "├─ ●", "│  └─ ●", "└─ ●", "●"]


def test_a_hop_whose_cause_is_gone_is_a_root() -> None:
    branches = build([hop(5, cause=1), hop(6, cause=5)])
    assert [(depth, branch.hop.id) for depth, branch in walk(branches)] == [(0, 5), (1, 6)]


def test_a_batch_stands_where_its_message_is() -> None:
    hops = [hop(2), hop(5, HopKind.INVOKE_START, 1, links=(Link(1, LinkKind.BATCH), Link(2, LinkKind.BATCH)))]
    (root,) = build(hops)
    assert [child.hop.id for child in root.children] == [5]
    assert not root.children[0].inferred


def test_nothing_is_lost_of_what_goes_on_and_on() -> None:
    hops = [hop(1), *(hop(number, cause=number - 1) for number in range(2, 5_000))]
    branches = build(hops)
    walked = list(walk(branches))
    assert len(walked) == len(hops)
    assert max(depth for depth, _ in walked) == DEEPEST
    assert len(list(render(branches))) == len(hops)


def test_an_empty_flow() -> None:
    assert build([]) == []
    assert list(render([])) == []


def test_words_for_single_hops() -> None:
    (branch,) = build([hop(1, operation="SendMessage", resource="fila")])
    assert describe(branch, 1000.01) == "● +0.000s call sqs:SendMessage"
    (retry,) = build([hop(1, HopKind.INVOKE_START, function="a:f", detail={"attempt": 3})])
    assert describe(retry, 1000.01).endswith("invoke f attempt 3")
    (throttled,) = build([hop(1, HopKind.HTTP_REQUEST, operation="GET /x", status="throttled")])
    assert describe(throttled, 1000.01) == "✗ +0.000s http GET /x [throttled]"


def test_a_request_that_was_turned_away_says_why() -> None:
    refused = hop(
        1,
        HopKind.HTTP_REQUEST,
        operation="GET /pedidos/1",
        duration_ms=0.5,
        error="the token has expired",
        detail={"http_status": 401},
    )

    (branch,) = build([refused])

    line = describe(branch, refused.at)
    assert line == "● +0.000s http GET /pedidos/1 0.5 ms 401 (the token has expired)"
