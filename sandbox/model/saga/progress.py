"""How far a saga has come, from what the database says and what the journal saw."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sandbox.model.saga.declaration import Declaration, Meaning, Step
from sandbox.model.saga.stretches import Doing, Stretch
from sandbox.model.views.sagas import SagaDetail, SagaView

STUCK = "stuck"
#: Outcomes of a saga, in the order of interest.
OUTCOMES = (STUCK, *(meaning.value for meaning in Meaning))


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What the database says of one saga; times in seconds since the epoch, of the real clock."""

    key: str
    status: str
    started_at: float | None = None
    ended_at: float | None = None
    error: str = ""


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal knows of one saga, in short; times virtual.

    Attributes:
        flow: id of its flow.
        attempts: invocations that served it.
        dead_letters: messages that were given up and not redriven.
        last_queue, last_event, last_request: of the newest message or request.
        events: types of the events that were published.
        error: the newest error of an invocation.
    """

    key: str
    flow: int
    began_at: float
    last_at: float
    attempts: int = 0
    dead_letters: int = 0
    last_queue: str = ""
    last_event: str = ""
    last_request: str = ""
    events: tuple[str, ...] = ()
    error: str = ""


def summarise(
    declaration: Declaration,
    key: str,
    now: float,
    row: Row | None,
    trace: Trace | None,
) -> SagaView:
    """One saga in a list.

    The journal's times come first: they are virtual, like every age that is shown.

    Args:
        now: virtual time.
        row: what the database says, None where it does not know the saga (or there is none).
        trace: what the journal knows, None where it knows nothing (or forgot).
    """
    began = trace.began_at if trace is not None else _first(row.started_at if row else None, now)
    meaning = _meaning(declaration, row, trace)
    ended = None
    if meaning is not Meaning.RUNNING:
        ended = trace.last_at if trace is not None else row.ended_at if row is not None else None
    late = (declaration.deadline_seconds or float("inf")) < now - began
    stuck = meaning is Meaning.RUNNING and (late or bool(trace and trace.dead_letters))
    return SagaView(
        saga=declaration.saga,
        style=declaration.style.value,
        id=key,
        state=row.status if row is not None else _state_without_database(declaration, meaning),
        outcome=STUCK if stuck else meaning.value,
        step=_step_of_trace(declaration, row, trace, meaning),
        began_at=began,
        ended_at=ended,
        attempts=trace.attempts if trace is not None else 0,
        flow=trace.flow if trace is not None else None,
        error=_error(row, trace, meaning),
    )


def detail(
    declaration: Declaration,
    summary: SagaView,
    stretches: Sequence[Stretch],
    waiting_for: Sequence[str],
    now: float,
) -> SagaDetail:
    """One saga, whole.

    Args:
        summary: from `summarise`.
        stretches: from `timeline.build`.
        waiting_for: from `waiting.waiting_for`.
        now: virtual time, at which what lasts is measured.
    """
    steps = step_states(declaration, summary.outcome, stretches)
    running = [one for one in stretches if one.open] or list(stretches)
    current = next((one.step for one in reversed(running) if one.step), summary.step)
    ended = summary.ended_at
    if ended is not None and summary.step and not any(one.open for one in stretches):
        current = summary.step  # a late duplicate may have come after the step at which it ended
    if ended is not None and stretches and not any(one.open for one in stretches):
        ended = max(one.until for one in stretches if one.until is not None)
    worked = _seconds([one for one in stretches if one.working], now)
    done = [step for step in declaration.steps if step.compensates and steps.get(step.name) == "done"]
    return SagaDetail(
        saga=msgspec.structs.replace(
            summary, step=current, attempts=_attempts(stretches) or summary.attempts, ended_at=ended
        ),
        timeline=[one.entry() for one in stretches],
        waiting_for=list(waiting_for),
        steps=steps,
        compensation=[step.compensates for step in done],
        waited_seconds=round(_seconds(stretches, now) - worked, 3),
        worked_seconds=worked,
        worked_ms=sum(one.duration_ms or 0.0 for one in stretches if one.working),
    )


def step_states(declaration: Declaration, outcome: str, stretches: Sequence[Stretch]) -> dict[str, str]:
    """How each declared step stands; empty where the journal knows nothing of the saga.

    Returns:
        `done`, `current`, `pending`, `failed`, `compensated` or `skipped` by the name of each step.
    """
    if not stretches:
        return {}
    states = {step.name: _step_state(step, outcome, stretches) for step in declaration.steps}
    for step in declaration.steps:
        if step.compensates and states[step.name] == "done":
            states[step.compensates] = "compensated"
    return states


def _step_state(step: Step, outcome: str, stretches: Sequence[Stretch]) -> str:
    mine = [one for one in stretches if one.step == step.name]
    ended = [one.until for one in mine if one.working and one.ok and one.until is not None]
    given_up = [one.at for one in mine if one.doing is Doing.DEAD_LETTER and one.open]
    if given_up and max(given_up) >= max(ended, default=0.0):
        return "failed"
    if any(one.open and one.doing is not Doing.DEAD_LETTER for one in mine):
        return "current"
    if ended:
        return "done"
    if mine:
        return "failed"
    return "pending" if outcome in (Meaning.RUNNING.value, STUCK) else "skipped"


def _attempts(stretches: Sequence[Stretch]) -> int:
    return len({one.hop for one in stretches if one.doing is Doing.FUNCTION})


def _seconds(stretches: Sequence[Stretch], now: float) -> float:
    """Virtual seconds covered; what goes on at the same time counts once."""
    spans = sorted((one.at, one.until if one.until is not None else max(now, one.at)) for one in stretches)
    total, reached = 0.0, float("-inf")
    for begin, end in spans:
        total += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return round(total, 3)


def _meaning(declaration: Declaration, row: Row | None, trace: Trace | None) -> Meaning:
    if row is not None:
        return declaration.meaning(row.status) or Meaning.RUNNING
    if declaration.state is not None or trace is None:
        return Meaning.RUNNING  # the database does not know it (yet)
    events = declaration.events
    seen = set(trace.events)
    if seen & set(events.compensation):
        return Meaning.COMPENSATED
    if seen & set(events.failure):
        return Meaning.FAILED
    return Meaning.COMPLETED if seen & set(events.success) else Meaning.RUNNING


def _state_without_database(declaration: Declaration, meaning: Meaning) -> str:
    return "" if declaration.state is not None else meaning.value


def _step_of_trace(declaration: Declaration, row: Row | None, trace: Trace | None, meaning: Meaning) -> str:
    step = None
    if trace is not None and trace.last_queue:
        step = declaration.step_of_message(trace.last_queue, trace.last_event)
    elif trace is not None and trace.last_request:
        step = declaration.step_of_request(trace.last_request)
    if (step is None or meaning is not Meaning.RUNNING) and row is not None:
        # The step that leaves this state is where it ended.
        step = next((one for one in declaration.steps if one.state == row.status), step)
    return step.name if step is not None else ""


def _error(row: Row | None, trace: Trace | None, meaning: Meaning) -> str:
    if row is not None and row.error:
        return row.error
    if trace is None or meaning is Meaning.COMPLETED:
        return ""
    return trace.error


def _first(moment: float | None, otherwise: float) -> float:
    return moment if moment is not None else otherwise
