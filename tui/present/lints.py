"""Lints: what could be better in the deployed system, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sandbox.model.views.system import LintView
from tui.present import marks
from tui.present.cells import Builder, Cell, Line, Tone, text, wrap
from tui.present.details import fact, heading, section
from tui.present.refs import short
from tui.present.table import Column, Scene, Table

_RANK = {"error": 0, "warning": 1, "info": 2}


def ordered(lints: Iterable[LintView], *, suppressed: bool) -> list[LintView]:
    """The worst first; the suppressed ones last, or left out."""
    shown = [lint for lint in lints if suppressed or not lint.suppressed]
    return sorted(
        shown, key=lambda lint: (bool(lint.suppressed), _RANK.get(lint.severity, 3), lint.code, lint.subject)
    )


def _cells(lint: LintView, scene: Scene) -> Sequence[Cell]:
    quiet = bool(lint.suppressed)
    state = marks.mark("skipped", "suppressed") if quiet else marks.mark(lint.severity)
    return (
        state,
        text(short(lint.subject), Tone.DIM if quiet else Tone.ACCENT),
        text(lint.code, Tone.DIM if quiet else Tone.STRONG),
        text(lint.suppressed or lint.text, Tone.DIM if quiet else Tone.PLAIN),
    )


LINTS: Table[LintView] = Table(
    columns=(
        Column("SEVERITY", 12),
        Column("SUBJECT", 24, flex=1),
        Column("LESSON", 28, flex=1),
        Column("WHY", 20, flex=3, rank=1),
    ),
    cells=_cells,
    key=lambda lint: f"{lint.code}/{lint.subject}",
    find=lambda lint: f"{lint.code} {lint.subject} {lint.text}",
    timeless=True,
)


def detail(lint: LintView) -> Builder:
    """The whole lesson."""

    def build(width: int) -> list[Line]:
        lines = [heading(lint.code, short(lint.subject))]
        lines += wrap(marks.mark(lint.severity), width)
        lines += [(), *wrap(text(lint.text), width)]
        lines += section("What to do", wrap(text(lint.remedy, Tone.OK), width))
        if lint.suppressed:
            lines += section("Suppressed in sandbox.toml", wrap(text(lint.suppressed, Tone.DIM), width))
        lines.append(())
        lines += fact("page", text(lint.page, Tone.ACCENT), width)
        lines += fact("subject", lint.subject, width)
        return lines + fact("stack", lint.stack, width)

    return build
