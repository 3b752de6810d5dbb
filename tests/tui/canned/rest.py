"""Tables, lints and log lines."""

from __future__ import annotations

from sandbox.model.views.system import (
    LintView,
    LogView,
    RowsView,
    TableView,
)
from tests.tui.canned.ground import HOSTILE, NOW, arn, nota
from tests.tui.canned.sagas import SAGAS

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


def rows(table: str, limit: int, offset: int, match: str = "") -> RowsView:
    """A page of a table."""
    if table == "estoque.produtos":
        return RowsView(
            columns=["produto_id", "nome", "quantidade"],
            rows=[["p-1", "Caneta", "90"], ["p-2", "Caderno " + HOSTILE, None]],
        )
    if table == "faturamento.eventos_outbox":
        return RowsView(columns=["evento_id"], rows=[])
    chosen = [item for item in SAGAS if match in item.id][offset : offset + limit]
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
