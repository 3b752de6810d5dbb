"""What a table is: columns that fit the width there is, and how a thing becomes a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tui.picture import Picture
from tui.present.cells import Cell, Line, Span, Tone, fit
from tui.present.rates import Rates

T = TypeVar("T")
GAP = 2


@dataclass(frozen=True)
class Scene:
    """What a row may need beside its own thing.

    Attributes:
        now: virtual time, seconds since the epoch.
        wall: wall-clock time, seconds since the epoch.
    """

    picture: Picture
    rates: Rates
    now: float
    wall: float


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        width: cells it needs at least.
        flex: share of the room that is left over.
        right: numbers stand on the right.
        rank: which columns go first where there is no room: the highest.
    """

    title: str
    width: int
    flex: int = 0
    right: bool = False
    rank: int = 0


@dataclass(frozen=True)
class Table(Generic[T]):
    """How things of one kind are shown as rows.

    Attributes:
        key: what a row is known by when the things are replaced by newer ones.
        find: the text that a search looks at.
        timeless: whether a row depends on its thing alone, so that it need not be made anew every second.
    """

    columns: tuple[Column, ...]
    cells: Callable[[T, Scene], Sequence[Cell]]
    key: Callable[[T], str]
    find: Callable[[T], str]
    timeless: bool = False


def layout(columns: Sequence[Column], width: int) -> list[int]:
    """The width of each column; 0 for those that there is no room for."""
    if not columns:
        return []
    shown = list(range(len(columns)))

    def needed() -> int:
        return sum(columns[index].width for index in shown) + GAP * max(0, len(shown) - 1)

    while needed() > width and len(shown) > 1 and max(columns[index].rank for index in shown) > 0:
        shown.remove(max(shown, key=lambda index: (columns[index].rank, index)))
    widths = [columns[index].width if index in shown else 0 for index in range(len(columns))]
    spare = width - needed()
    shares = sum(columns[index].flex for index in shown)
    if spare > 0 and shares:
        last = max(index for index in shown if columns[index].flex)
        for index in shown:
            widths[index] += spare * columns[index].flex // shares
        widths[last] += width - sum(widths) - GAP * (len(shown) - 1)
    elif spare < 0:
        widest = max(shown, key=lambda index: widths[index])
        widths[widest] = max(4, widths[widest] + spare)
    return widths


def row(cells: Sequence[Cell], columns: Sequence[Column], widths: Sequence[int]) -> Line:
    """The cells of one row in their columns."""
    spans: list[Span] = []
    first = True
    for cell, column, width in zip(cells, columns, widths, strict=True):
        if not width:
            continue
        if not first:
            goes_on = spans[-1][0].endswith("─")  # an arrow runs on into the next column
            spans.append(("─" * GAP, spans[-1][1]) if goes_on else (" " * GAP, Tone.PLAIN))
        first = False
        line = cell(width) if callable(cell) else cell
        spans.extend(fit(line, width, right=column.right))
    return tuple(spans)
