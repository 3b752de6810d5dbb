"""Functions: the table, and one function in full."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.model.views.system import FunctionStats
from tui.present import marks
from tui.present.cells import Builder, Cell, Line, Tone, join, text
from tui.present.details import fact, heading
from tui.present.numbers import bar, count, milliseconds, per_second, quantity, span_of, sparkline
from tui.present.table import Column, Scene, Table


def health(function: FunctionStats, scene: Scene) -> str:
    """How a function does now."""
    if scene.rates.rate(f"errors:{function.name}", scene.wall, 30) > 0:
        return "problem"
    if function.throttles and scene.rates.rate(f"throttles:{function.name}", scene.wall, 30) > 0:
        return "warning"
    if function.running:
        return "busy"
    return "ok" if function.invocations else "idle"


def _bad(value: int, tone: Tone) -> Line:
    return text(count(value), tone if value else Tone.IDLE)


def _cells(function: FunctionStats, scene: Scene) -> Sequence[Cell]:
    state = health(function, scene)
    limit = "∞" if function.limit is None else str(function.limit)
    full = function.limit is not None and function.running >= function.limit
    return (
        ((f"{marks.glyph(state)} ", marks.tone(state)), *text(function.name)),
        text(count(function.invocations), Tone.STRONG if function.invocations else Tone.IDLE),
        _bad(function.errors, Tone.BAD),
        _bad(function.throttles, Tone.WARN),
        text(count(function.cold_starts), Tone.DIM),
        text(milliseconds(function.p50_ms), Tone.DIM),
        text(milliseconds(function.p95_ms)),
        text(
            f"{function.running}/{limit}",
            Tone.WARN if full else Tone.PLAIN if function.running else Tone.IDLE,
        ),
        lambda width: sparkline(scene.rates.series(f"invocations:{function.name}", scene.wall, width), width),
        text(per_second(scene.rates.rate(f"invocations:{function.name}", scene.wall)) or "–", Tone.DIM),
        text(function.last_error, Tone.BAD),
    )


FUNCTIONS: Table[FunctionStats] = Table(
    columns=(
        Column("FUNCTION", 24, flex=2),
        Column("INVOKED", 7, right=True),
        Column("ERR", 4, right=True),
        Column("THROT", 5, right=True),
        Column("COLD", 4, right=True, rank=1),
        Column("P50", 8, right=True, rank=2),
        Column("P95", 8, right=True),
        Column("NOW", 5, right=True),
        Column("INVOCATIONS", 11, flex=1, rank=3),
        Column("RATE", 6, right=True, rank=4),
        Column("LAST ERROR", 20, flex=2, rank=5),
    ),
    cells=_cells,
    key=lambda function: function.name,
    find=lambda function: f"{function.name} {function.runtime} {function.last_error}",
)


def detail(function: FunctionStats, environments: Sequence[dict[str, object]]) -> Builder:
    """Settings and numbers of one function, and its execution environments."""

    def build(width: int) -> list[Line]:
        room = max(10, min(30, width - 34))
        used = function.running / function.limit if function.limit else 0.0
        limit = (
            quantity(function.limit, "reserved", "reserved")
            if function.limit is not None
            else "no reserved limit"
        )
        rate = function.errors / function.invocations if function.invocations else 0.0
        lines = [heading(function.name, function.runtime)]
        lines += fact(
            "invocations", f"{count(function.invocations)}, {count(function.cold_starts)} cold", width
        )
        lines += fact("errors", join(bar(rate, room, Tone.BAD), text(f"{rate:.1%}")), width)
        lines += fact(
            "concurrency", join(bar(used, room, Tone.BUSY), text(f"{function.running} now, {limit}")), width
        )
        lines += fact(
            "duration", f"p50 {milliseconds(function.p50_ms)} · p95 {milliseconds(function.p95_ms)}", width
        )
        lines += fact("timeout", span_of(function.timeout), width)
        lines += fact("memory", f"{function.memory} MB", width)
        lines += fact("warm", quantity(function.warm, "environment"), width)
        lines += fact("throttles", _bad(function.throttles, Tone.WARN), width)
        lines += fact("last error", text(function.last_error, Tone.BAD), width)
        lines += fact("log group", function.log_group, width)
        lines += fact("arn", text(function.arn, Tone.DIM), width)
        if environments:
            lines += [(), heading("Environments")]
        for item in environments:
            words = f"pid {item.get('pid')}  {item.get('state')}  {item.get('invocations')} invocations"
            memory = item.get("memory_mb")
            lines.append(text(words + (f"  {memory:.0f} MB" if isinstance(memory, int | float) else "")))
        return lines

    return build
