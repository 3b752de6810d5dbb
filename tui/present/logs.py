"""Log lines: one row each, and one in full."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sandbox.model.views.system import LogView
from tui.present.bodies import body_lines
from tui.present.cells import Builder, Cell, Line, Tone, text, wrap
from tui.present.details import fact, heading, section
from tui.present.numbers import clock_time
from tui.present.table import Column, Scene, Table

_BAD = re.compile(
    r"\b(ERROR|CRITICAL|FATAL|Traceback|Task timed out|errorMessage)\b|\b\w+(Error|Exception)\b:"
)
_WARN = re.compile(r"\b(WARN|WARNING)\b")
_SYSTEM = re.compile(r"^(START|END|REPORT|INIT_START) ")
_LONGEST = 400


def level(message: str) -> Tone:
    """How loud a line is."""
    head = message[:_LONGEST]
    if _SYSTEM.match(head):
        return Tone.IDLE
    if _BAD.search(head):
        return Tone.BAD
    return Tone.WARN if _WARN.search(head) else Tone.PLAIN


def _cells(line: LogView, scene: Scene) -> Sequence[Cell]:
    return (
        text(clock_time(line.at, millis=True), Tone.DIM),
        text(line.group.rsplit("/", 1)[-1], Tone.ACCENT),
        text(line.message[:_LONGEST], level(line.message)),
    )


LOGS: Table[LogView] = Table(
    columns=(Column("TIME", 12, rank=1), Column("FUNCTION", 18), Column("LINE", 30, flex=1)),
    cells=_cells,
    key=lambda line: str(id(line)),
    find=lambda line: f"{line.group} {line.message[:2_000]}",
    timeless=True,
)


def detail(line: LogView) -> Builder:
    """One line, whole."""

    def build(width: int) -> list[Line]:
        lines = [heading("Log line", line.time)]
        lines += fact("group", line.group, width)
        lines += fact("stream", line.stream, width)
        lines += fact("hop", text("" if line.hop is None else str(line.hop), Tone.ACCENT), width)
        body = [piece for part in body_lines(line.message) for piece in wrap(part, width, indent=2)]
        return lines + section("Message", body)

    return build
