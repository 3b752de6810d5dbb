"""What was measured: samples, the figures drawn from them, and how they are shown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.perf.targets import TARGETS, Goal
from tests.perf.wording import WORDS

#: What is measured, where nothing else is said.
OURS = "sandbox"


@dataclass(frozen=True)
class Measure:
    """One row of the report.

    Attributes:
        name: the case's name, with a word more where a case measures several things.
        unit: of the samples (`ms`, `s`, `messages/s`, …).
        samples: what was measured, in order.
        more_is_better: for rates.
        engine: what was measured.
        detail: further facts, for the JSON.
    """

    name: str
    unit: str
    samples: Sequence[float]
    more_is_better: bool = False
    engine: str = OURS
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def goal(self) -> Goal | None:
        """What it should come to, where something is asked of it."""
        return TARGETS.get(self.name) if self.engine == OURS else None

    @property
    def met(self) -> bool | None:
        """Whether the median is as good as its goal; None without a goal."""
        if self.goal is None:
            return None
        return self.at(50) >= self.goal.value if self.more_is_better else self.at(50) <= self.goal.value

    def at(self, percent: float) -> float:
        """The value that so many percent of the samples are as good as, or better (nearest rank)."""
        ranked = sorted(self.samples, reverse=self.more_is_better)
        return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]

    def as_json(self) -> dict[str, Any]:
        """The row with all its samples."""
        return {
            "name": self.name,
            "engine": self.engine,
            "unit": self.unit,
            "n": len(self.samples),
            "p50": self.at(50),
            "p95": self.at(95),
            "worst": self.at(100),
            "more_is_better": self.more_is_better,
            "target": self.goal.value if self.goal else None,
            "met": self.met,
            "samples": list(self.samples),
            "detail": dict(self.detail),
        }


@dataclass(frozen=True)
class Report:
    """All that a run of the benchmark has to say.

    Attributes:
        peers: the other engines that were to be measured.
        notes: case, engine, and why it has no figure.
    """

    measures: Sequence[Measure]
    peers: Sequence[str] = ()
    notes: Sequence[tuple[str, str, str]] = ()

    def text(self) -> str:
        """The report for people. P95 and MAX look at the bad end: of rates they show the low values."""
        head = ("NAME", "N", "P50", "P95", "MAX", "UNIT", "TARGET", "MET?", *map(str.upper, self.peers))
        rows = [head, *(self._row(measure) for measure in self._ours())]
        widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
        left = {0, 5, 7}
        lines = [
            "  ".join(
                cell.ljust(width) if column in left else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]
        return "\n".join([*lines, *(f"{case}, {engine}: {why}" for case, engine, why in self.notes)])

    def markdown(self) -> str:
        """The table of `docs/performance.md`: what has words, and what it should come to."""
        columns = ["figure", "p50", "p95", "asked", *self.peers]
        lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
        for measure in self._ours():
            if words := WORDS.get(measure.name):
                values = (f"{number(measure.at(percent))} {measure.unit}" for percent in (50, 95))
                asked = self._goal(measure) + ("" if measure.met is not False else " **missed**")
                cells = [words, *values, asked, *(self._peer(peer, measure.name) for peer in self.peers)]
                lines.append("| " + " | ".join(cells) + " |")
        lines += ["", *(f"- {case}, {engine}: {why}." for case, engine, why in self.notes)]
        return "\n".join(lines)

    def _ours(self) -> list[Measure]:
        return [measure for measure in self.measures if measure.engine == OURS]

    def _row(self, measure: Measure) -> tuple[str, ...]:
        return (
            measure.name,
            str(len(measure.samples)),
            *(number(measure.at(percent)) for percent in (50, 95, 100)),
            measure.unit,
            self._goal(measure),
            "" if measure.met is None else "yes" if measure.met else "NO",
            *(self._peer(peer, measure.name) for peer in self.peers),
        )

    def _peer(self, engine: str, name: str) -> str:
        """The median of another engine; a dash where there is none, which `notes` explains."""
        for measure in self.measures:
            if (measure.engine, measure.name) == (engine, name):
                return number(measure.at(50))
        return "-"

    @staticmethod
    def _goal(measure: Measure) -> str:
        if measure.goal is None:
            return ""
        return f"{'>=' if measure.more_is_better else '<='} {number(measure.goal.value)}"


def number(value: float) -> str:
    """A figure with as many digits as mean something."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"
