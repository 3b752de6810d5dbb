"""What was measured: samples, the figures drawn from them, and how they are shown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.perf.targets import TARGETS, Goal


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
    engine: str = "sandbox"
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def goal(self) -> Goal | None:
        """What it should come to, where something is asked of it."""
        return TARGETS.get(self.name)

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


_HEAD = ("NAME", "N", "P50", "P95", "MAX", "UNIT", "TARGET", "MET?")
_LEFT = frozenset({0, 5, 7})


def table(measures: Sequence[Measure]) -> str:
    """The report for people. P95 and MAX look at the bad end: of rates they show the low values."""
    several = len({measure.engine for measure in measures}) > 1
    rows = [_HEAD, *(_row(measure, several=several) for measure in measures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in _LEFT else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _row(measure: Measure, *, several: bool) -> tuple[str, ...]:
    goal = measure.goal
    sign = ">=" if measure.more_is_better else "<="
    return (
        f"{measure.name} ({measure.engine})" if several else measure.name,
        str(len(measure.samples)),
        *(number(measure.at(percent)) for percent in (50, 95, 100)),
        measure.unit,
        f"{sign} {number(goal.value)}" if goal else "",
        "" if measure.met is None else "yes" if measure.met else "NO",
    )


def number(value: float) -> str:
    """A figure with as many digits as mean something."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"
