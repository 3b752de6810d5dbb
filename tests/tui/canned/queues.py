"""Queues, messages and dead letters."""

from __future__ import annotations

import json

from sandbox.model.views.messages import DeadLetter, MessageView, QueueView
from tests.tui.canned.ground import ENDPOINT, HOSTILE, NOW, arn, event, nota

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


def messages(queue: str, state: str | None, limit: int, offset: int, match: str = "") -> list[MessageView]:
    """A page of a queue."""
    view = next(item for item in QUEUES if item.name == queue)
    states = ["in-flight"] * view.in_flight + ["delayed"] * view.delayed + ["visible"] * view.visible
    chosen = [
        number for number, item in enumerate(states) if state in (None, item) and match in event(number)
    ]
    return [
        MessageView(
            queue=queue,
            message_id=f"{number:08x}-0000-4000-8000-000000000000",
            body=HOSTILE if number == 13 else event(number),
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
