"""Sagas as lines of text: states as glyph, word and colour, and a waterfall of waiting and working."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sandbox.cli.paint import paint
from sandbox.model.durations import format_after, format_duration
from sandbox.model.safe_text import one_line
from sandbox.model.views.sagas import SagaCheck, SagaDetail, TimelineEntry, Violation

#: Width of the waterfall, in characters.
_WIDTH = 32
_MARKS = {
    "running": ("◐", "cyan"),
    "completed": ("●", "green"),
    "compensated": ("↺", "yellow"),
    "failed": ("✗", "red"),
    "stuck": ("■", "red"),
    "done": ("●", "green"),
    "current": ("◐", "cyan"),
    "pending": ("○", "bright_black"),
    "skipped": ("–", "bright_black"),
    "ok": ("●", "green"),
    "violated": ("✗", "red"),
}


def mark(state: str, word: str | None = None) -> str:
    """A state as glyph, word and colour."""
    glyph, colour = _MARKS.get(state, ("◦", ""))
    return paint(f"{glyph} {word if word is not None else state}", colour)


def show_saga(saga: SagaDetail, check: SagaCheck, now: float) -> Iterator[str]:
    """One saga: facts, steps, waterfall, violations that name it.

    Args:
        check: of the invariants, now.
        now: virtual time.
    """
    view = saga.saga
    ended = view.ended_at if view.ended_at is not None else now
    yield f"{view.saga} {one_line(view.id)}"
    yield ""
    yield f"state        {mark(view.outcome, one_line(view.state) or 'not in the database')} ({view.outcome})"
    yield f"step         {view.step or '-'}"
    yield f"age          {format_duration(ended - view.began_at)}"
    yield f"attempts     {view.attempts}"
    yield f"flow         {view.flow if view.flow is not None else 'not in the journal'}"
    if view.error:
        yield f"error        {one_line(view.error)}"
    for index, sentence in enumerate(saga.waiting_for):
        yield f"{'waits for' if index == 0 else '':<12} {sentence}"
    if saga.compensation:
        yield f"compensated  {', '.join(saga.compensation)}"
    yield f"waiting      {format_duration(saga.waited_seconds)}"
    yield f"working      {format_duration(saga.worked_seconds)} ({saga.worked_ms:.1f} ms of real time)"
    if saga.steps:
        yield ""
        yield "steps        " + "  ".join(
            mark(state, f"{name} {state}") for name, state in saga.steps.items()
        )
    if saga.timeline:
        yield ""
        yield from _waterfall(saga.timeline, now)
    yield from _violations(view.id, check)


def show_check(check: SagaCheck) -> Iterator[str]:
    """The invariants: which hold, which do not and why, which could not be judged."""
    broken = {violation.invariant: violation for violation in check.violations}
    for name in check.checked:
        if name not in broken:
            yield mark("ok", f"{name} holds")
            continue
        yield from _violation(broken[name])
    for name in check.skipped:
        yield mark("skipped", f"{name} not checked: it holds once no saga is running")
    if not check.checked and not check.skipped:
        yield "no saga declares invariants"


def _violations(saga_id: str, check: SagaCheck) -> Iterator[str]:
    """Violations that name a saga; of others, that there are some."""
    mine = [one for one in check.violations if any(saga_id in row.values() for row in one.rows)]
    others = len(check.violations) - len(mine)
    if check.violations:
        yield ""
    for violation in mine:
        yield from _violation(violation)
    if others:
        yield f"{others} invariant{'s' if others > 1 else ''} not kept elsewhere: `sandbox saga check`"


def _violation(violation: Violation) -> Iterator[str]:
    if violation.error:
        yield mark("violated", f"{violation.invariant} could not be checked: {one_line(violation.error)}")
        return
    yield mark("violated", f"{violation.invariant} is violated: {violation.description}")
    for row in violation.rows:
        yield "    " + "  ".join(f"{name}={one_line(value)}" for name, value in row.items())
    if violation.count > len(violation.rows) > 0:
        yield f"    … {violation.count - len(violation.rows)} more"


def _waterfall(timeline: Sequence[TimelineEntry], now: float) -> Iterator[str]:
    began = min(entry.from_at for entry in timeline)
    ended = max(_end(entry, now) for entry in timeline)
    times = [format_after(entry.from_at - began) for entry in timeline]
    tooks = [_took(entry, now) for entry in timeline]
    names = [
        f"{entry.what}{f' (attempt {entry.attempt})' if entry.attempt > 1 else ''}" for entry in timeline
    ]
    widths = [max(len(text) for text in column) for column in (times, tooks, names)]
    yield f"timeline     {paint('░ waiting', 'bright_black')}  {paint('█ working', 'green')}"
    for entry, at, took, name in zip(timeline, times, tooks, names, strict=True):
        bar = _bar(entry.from_at - began, _end(entry, now) - began, ended - began, entry.kind)
        colour = "red" if not entry.ok else "green" if entry.kind == "working" else "bright_black"
        line = (
            f"{at:>{widths[0]}}  {paint(bar, colour)}  {took:>{widths[1]}}  {name:<{widths[2]}}  {entry.step}"
        )
        yield line.rstrip() + (f"  ✗ {one_line(entry.error)}" if entry.error else "")


def _bar(begin: float, end: float, whole: float, kind: str) -> str:
    """A stretch drawn to scale; the shortest is one character wide."""
    left = min(_WIDTH - 1, int(begin / whole * _WIDTH)) if whole > 0 else 0
    right = max(left + 1, round(end / whole * _WIDTH)) if whole > 0 else _WIDTH
    body = ("█" if kind == "working" else "░") * (right - left)
    return f"{' ' * left}{body}".ljust(_WIDTH)


def _end(entry: TimelineEntry, now: float) -> float:
    return entry.to_at if entry.to_at is not None else max(now, entry.from_at)


def _took(entry: TimelineEntry, now: float) -> str:
    """Work in real time, which goes on when the clock stands still; waiting in virtual time."""
    if entry.kind == "working" and entry.duration_ms is not None:
        return f"{entry.duration_ms:.1f} ms"
    return format_duration(_end(entry, now) - entry.from_at) + ("…" if entry.to_at is None else "")
