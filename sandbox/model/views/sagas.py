"""Sagas: one business transaction over several participants, however it is written."""

from __future__ import annotations

import msgspec


class SagaView(msgspec.Struct, frozen=True, kw_only=True):
    """One saga in a list.

    Attributes:
        saga: name of its declaration. style: `choreography`, `step-functions` or `durable-function`.
        id: value of its business key.
        state: as the database says it (`PENDING`, `CONFIRMADA`, …).
        outcome: `running`, `completed`, `compensated`, `failed` or `stuck` (running past its deadline, or
            with a dead letter).
        step: the step it is at, or was last.
        began_at, ended_at: virtual seconds since the epoch.
        attempts: invocations that served it so far.
        flow: id of its flow.
        error: why it failed or was compensated.
    """

    saga: str
    style: str
    id: str
    state: str
    outcome: str
    step: str = ""
    began_at: float
    ended_at: float | None = None
    attempts: int = 0
    flow: int | None = None
    error: str = ""


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of a saga's life: it waited (in a queue, for a schedule) or was worked on.

    Attributes:
        kind: `waiting` or `working`.
        what: in words: `in queue estoque-reserva`, `function nfe-estoque-dev`.
        step: the step it belongs to. from_at, to_at: virtual seconds; to_at is None while it lasts.
        attempt: which attempt. ok: whether it ended well.
        duration_ms: real milliseconds of work that ended (virtual time may stand still meanwhile).
    """

    kind: str
    what: str
    from_at: float
    to_at: float | None = None
    step: str = ""
    attempt: int = 1
    ok: bool = True
    error: str = ""
    hop: int | None = None
    duration_ms: float | None = None


class SagaDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One saga, whole.

    Attributes:
        timeline: oldest first.
        waiting_for: what it waits for now, in words with times (`next outbox run in 23 s`).
        steps: name of each declared step -> `done`, `current`, `pending`, `failed`, `compensated`, `skipped`.
        compensation: steps that were compensated.
        waited_seconds, worked_seconds: virtual seconds in which it waited, and in which somebody worked.
        worked_ms: real milliseconds of work that ended.
    """

    saga: SagaView
    timeline: list[TimelineEntry]
    waiting_for: list[str] = []
    steps: dict[str, str] = {}
    compensation: list[str] = []
    waited_seconds: float = 0.0
    worked_seconds: float = 0.0
    worked_ms: float = 0.0


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """An invariant that does not hold: the rows its query returned, at most a few.

    `error`: it could not be run.
    """

    saga: str
    invariant: str
    description: str
    rows: list[dict[str, str]] = []
    count: int = 0
    error: str = ""


class SagaCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The result of checking the invariants. `skipped`: those that only hold once no saga is running."""

    checked: list[str]
    skipped: list[str] = []
    violations: list[Violation] = []
