"""Sagas: the table, the summary, and one saga as steps, timeline and waterfall."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from sandbox.model.durations import format_after
from sandbox.model.views.sagas import SagaCheck, SagaDetail, SagaView, TimelineEntry
from tui.present import marks
from tui.present.cells import Builder, Cell, Drawn, Line, Span, Tone, join, text, width_of, wrap
from tui.present.details import fact, heading, section
from tui.present.numbers import age_of, clock_time, count, exact, milliseconds, quantity, span_of
from tui.present.table import Column, Scene, Table

OUTCOMES = ("stuck", "failed", "running", "compensated", "completed")


_SHORT = {"stuck": "stuck", "failed": "fail", "running": "run", "compensated": "comp", "completed": "ok"}


def summary(sagas: Iterable[SagaView], width: int = 200) -> Line:
    """How many sagas there are of each outcome, in shorter words where there is less room."""
    counts = Counter(saga.outcome for saga in sagas)
    if not counts:
        return text("no saga yet", Tone.DIM)
    long = [(outcome, f"{marks.glyph(outcome)} {count(counts[outcome])}", outcome) for outcome in OUTCOMES]
    line = _counts(long, counts, "   ")
    if width_of(line) > width:
        brief = [
            (outcome, f"{marks.glyph(outcome)}{count(counts[outcome])}", _SHORT[outcome])
            for outcome in OUTCOMES
        ]
        line = _counts(brief, counts, " ")
    return line


def _counts(parts: Iterable[tuple[str, str, str]], counts: Counter[str], gap: str) -> Line:
    return join(
        *(
            join(text(number, marks.tone(outcome)), text(word, Tone.DIM))
            for outcome, number, word in parts
            if counts[outcome]
        ),
        gap=gap,
    )


def urgent_first(sagas: Iterable[SagaView]) -> list[SagaView]:
    """Those that need someone first, then the newest."""
    rank = {"stuck": 0, "failed": 0, "running": 1}
    return sorted(sagas, key=lambda saga: (rank.get(saga.outcome, 2), -saga.began_at))


def age(saga: SagaView, now: float) -> float:
    """How long a saga has run, or ran."""
    return (now if saga.ended_at is None else saga.ended_at) - saga.began_at


def _age(saga: SagaView, scene: Scene) -> Line:
    if saga.ended_at is not None:
        return text(span_of(saga.ended_at - saga.began_at), Tone.DIM)
    return text(age_of(scene.now - saga.began_at))


def _cells(saga: SagaView, scene: Scene) -> Sequence[Cell]:
    return (
        marks.mark(saga.outcome),
        text(saga.id, Tone.ACCENT),
        text(saga.state or "–", marks.tone(saga.outcome)),
        text(saga.step, Tone.PLAIN),
        text(clock_time(saga.began_at), Tone.DIM),
        _age(saga, scene),
        text(f"{saga.attempts}×", Tone.DIM),
        text(saga.error, Tone.BAD),
    )


SAGAS: Table[SagaView] = Table(
    columns=(
        Column("OUTCOME", 13),
        Column("ID", 12, flex=2),
        Column("STATE", 14),
        Column("STEP", 12),
        Column("BEGAN", 8, rank=2),
        Column("TOOK", 7, right=True),
        Column("TRIES", 5, right=True, rank=3),
        Column("ERROR", 20, flex=3, rank=1),
    ),
    cells=_cells,
    key=lambda saga: f"{saga.saga}/{saga.id}",
    find=lambda saga: f"{saga.id} {saga.state} {saga.step} {saga.error} {saga.saga}",
)


def _small(saga: SagaView, scene: Scene) -> Sequence[Cell]:
    return (
        text(f"{marks.glyph(saga.outcome)} {saga.state or saga.outcome}", marks.tone(saga.outcome)),
        text(saga.id, Tone.ACCENT),
        text(saga.step, Tone.DIM),
        _age(saga, scene),
    )


#: For half a screen.
SMALL: Table[SagaView] = Table(
    columns=(
        Column("STATE", 14),
        Column("SAGA", 8, flex=1),
        Column("STEP", 11, rank=1),
        Column("TOOK", 7, right=True, rank=2),
    ),
    cells=_small,
    key=SAGAS.key,
    find=SAGAS.find,
)


def steps(detail: SagaDetail, current: str = "") -> Line:
    """The declared steps on one line, each with its state."""
    parts = [
        text(f"{marks.glyph(state)} {name}", Tone.STRONG if name == current else marks.tone(state))
        for name, state in detail.steps.items()
    ]
    return join(*parts, gap=" ─ ")


def head(detail: SagaDetail, now: float) -> Builder:
    """What stands above the waterfall: state, steps, what it waits for, where the time went."""
    saga = detail.saga

    def build(width: int) -> list[Line]:
        lines = [
            join(
                heading(saga.saga, saga.id),
                marks.mark(saga.outcome, f"{saga.state} {saga.outcome}"),
                gap="   ",
            )
        ]
        lines += wrap(steps(detail), width)
        if detail.waiting_for:
            lines += fact("waiting for", text("; ".join(detail.waiting_for), Tone.BUSY), width)
        lines += fact("error", text(saga.error, Tone.BAD), width)
        if detail.compensation:
            lines += fact("compensated", text(", ".join(detail.compensation), Tone.WARN), width)
        took = detail.waited_seconds + detail.worked_seconds
        times = (
            f"{exact(took)} = {exact(detail.waited_seconds)} waiting + {exact(detail.worked_seconds)} working"
        )
        lines += fact(
            "time", join(text(times), text(quantity(saga.attempts, "attempt"), Tone.DIM), gap=" · "), width
        )
        return lines

    return build


_TIMELINE_COLUMNS = (
    Column("AT", 9),
    Column("WHAT", 24, flex=2),
    Column("STEP", 11, rank=3),
    Column("TOOK", 8, right=True),
    Column("RESULT", 10, flex=1, rank=2),
    Column("WATERFALL", 16, flex=3, rank=1),
)


def _timeline_table(began: float, detail: SagaDetail | None) -> Table[TimelineEntry]:
    def cells(entry: TimelineEntry, scene: Scene) -> Sequence[Cell]:
        stretches = detail.timeline if detail else [entry]
        ended = max(scene.now if item.to_at is None else item.to_at for item in stretches)
        to_at = scene.now if entry.to_at is None else entry.to_at
        tone = _tone(entry)
        return (
            text(format_after(entry.from_at - began), Tone.DIM),
            text(("◷ " if entry.kind == "waiting" else "▶ ") + entry.what, tone),
            text(entry.step, Tone.DIM),
            text(_took(entry, to_at)),
            text(
                f"✗ {entry.error}" if not entry.ok else f"try {entry.attempt}" if entry.attempt > 1 else "",
                Tone.BAD,
            ),
            _stretch(entry.from_at - began, to_at - began, ended - began, entry.kind, tone),
        )

    return Table(
        columns=_TIMELINE_COLUMNS,
        cells=cells,
        key=lambda entry: f"{entry.from_at}/{entry.kind}/{entry.what}/{entry.hop}",
        find=lambda entry: f"{entry.what} {entry.step} {entry.error}",
    )


#: The timeline before there is one.
TIMELINE = _timeline_table(0.0, None)


def waterfall(detail: SagaDetail) -> Table[TimelineEntry]:
    """The timeline as a table whose last column shows when each stretch was, drawn to scale."""
    began = min((entry.from_at for entry in detail.timeline), default=detail.saga.began_at)
    return _timeline_table(began, detail)


def _took(entry: TimelineEntry, to_at: float) -> str:
    """Virtual time; for work that took none of it (the clock stood), the real time."""
    virtual = to_at - entry.from_at
    if entry.to_at is None:
        return f"{span_of(virtual)}…"
    if entry.duration_ms is not None and virtual < 0.001:
        return milliseconds(entry.duration_ms)
    return exact(virtual)


def _tone(entry: TimelineEntry) -> Tone:
    if not entry.ok:
        return Tone.BAD
    if entry.to_at is None:
        return Tone.BUSY
    return Tone.DIM if entry.kind == "waiting" else Tone.OK


def _stretch(begin: float, end: float, whole: float, kind: str, tone: Tone) -> Drawn:
    def draw(width: int) -> Line:
        if whole <= 0:
            return (("█" * width, tone),)
        left = min(width - 1, int(begin / whole * width))
        length = max(1, min(width - left, round(end / whole * width) - left))
        body: Span = (("░" if kind == "waiting" else "█") * length, tone)
        return ((" " * left, Tone.PLAIN), body, (" " * (width - left - length), Tone.PLAIN))

    return draw


def check_lines(check: SagaCheck) -> Builder:
    """The invariants: what holds, what was left out, what is violated and by which rows."""

    def build(width: int) -> list[Line]:
        broken = len(check.violations)
        title = f"{quantity(broken, 'violation')}" if broken else "all hold"
        lines = [heading("Invariants", title)]
        violated = {item.invariant for item in check.violations}
        lines += [marks.mark("problem" if name in violated else "ok", name) for name in check.checked]
        lines += [
            join(marks.mark("skipped", name), text("only once no saga runs", Tone.DIM))
            for name in check.skipped
        ]
        for item in check.violations:
            note = item.error or f"{quantity(item.count, 'row')}: {item.description}"
            lines += section(item.invariant, wrap(text(note, Tone.BAD), width))
            for row in item.rows:
                words = "  ".join(f"{name}={value}" for name, value in row.items())
                lines += wrap(text(words), width, indent=2)
        return lines

    return build


def with_outcome(outcome: str | None) -> Callable[[SagaView], bool]:
    """Which sagas a filter leaves; None leaves all."""
    return lambda saga: outcome is None or saga.outcome == outcome
