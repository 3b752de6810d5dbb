"""Tables of databases, and their rows."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.model.views.system import RowsView, TableView
from tui.present.bodies import body_lines
from tui.present.cells import Builder, Cell, Line, Tone, text, width_of, wrap
from tui.present.details import fact, heading
from tui.present.numbers import count
from tui.present.table import Column, Scene, Table

_WIDEST = 38
Row = tuple[int, tuple[str | None, ...]]


def _table_cells(table: TableView, scene: Scene) -> Sequence[Cell]:
    return (
        text(f"▦ {table.name}"),
        text(count(table.rows), Tone.STRONG if table.rows else Tone.IDLE),
        text(table.database, Tone.DIM),
        text(table.kind, Tone.DIM),
    )


TABLES: Table[TableView] = Table(
    columns=(
        Column("TABLE", 24, flex=1),
        Column("ROWS", 7, right=True),
        Column("DATABASE", 10, rank=1),
        Column("KIND", 8, rank=2),
    ),
    cells=_table_cells,
    key=lambda table: f"{table.kind}/{table.database}/{table.name}",
    find=lambda table: f"{table.name} {table.database}",
)


def rows_of(view: RowsView) -> list[Row]:
    """The rows with their places."""
    return [(index, tuple(row)) for index, row in enumerate(view.rows)]


def _value(value: str | None, gap: str) -> Line:
    return text(gap, Tone.IDLE) if value is None else text(value)


def rows_table(view: RowsView) -> Table[Row]:
    """A table with the columns of the answer, each as wide as its texts on this page, within reason."""
    widths = [
        min(_WIDEST, max([len(name), *(width_of(_value(row[index], view.gap)) for row in view.rows)]))
        for index, name in enumerate(view.columns)
    ]

    def cells(row: Row, scene: Scene) -> Sequence[Cell]:
        return tuple(_value(value, view.gap) for value in row[1])

    return Table(
        columns=tuple(
            Column(name, max(4, width), rank=index)
            for index, (name, width) in enumerate(zip(view.columns, widths, strict=True))
        ),
        cells=cells,
        key=lambda row: str(row[0]),
        find=lambda row: " ".join(view.gap if value is None else value for value in row[1]),
    )


def row_detail(view: RowsView, row: Row, table: TableView) -> Builder:
    """One row, a column a line."""

    def build(width: int) -> list[Line]:
        lines = [heading(table.name, f"row {row[0] + 1}")]
        for name, value in zip(view.columns, row[1], strict=True):
            if value is None:
                lines += fact(name, text(view.gap, Tone.IDLE), width) if view.gap else []
            elif value[:1] in ("{", "[") and len(value) > 40:
                lines.append(text(name, Tone.DIM))
                lines += [piece for line in body_lines(value) for piece in wrap(line, width, indent=2)]
            else:
                lines += fact(name, value, width)
        return lines

    return build


#: Before the first page has come.
NO_ROWS = rows_table(RowsView(columns=[], rows=[]))
