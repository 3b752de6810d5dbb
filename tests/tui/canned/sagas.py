"""Sagas."""

from __future__ import annotations

from sandbox.model.views.sagas import SagaCheck, SagaDetail, SagaView, TimelineEntry, Violation
from tests.tui.canned.ground import NOW, nota

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


#: Sagas that are older than those that the dashboard loads.
OLD_SAGAS = [saga(number) for number in range(5_000, 5_003)]


def saga_detail(identifier: str) -> SagaDetail:
    """One saga, whole."""
    view = next(item for item in (*SAGAS, *OLD_SAGAS) if item.id == identifier)
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
