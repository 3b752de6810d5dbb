"""Data: the tables of the databases, and their rows."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from sandbox.model.views.system import RowsView, TableView
from tui.actions import bindings
from tui.picture import Trouble
from tui.present.absent import absent, refused
from tui.present.cells import Tone, text
from tui.present.data import NO_ROWS, TABLES, Row, row_detail, rows_of, rows_table
from tui.present.numbers import count
from tui.present.refs import Ref
from tui.present.table import Scene
from tui.screens.base import Board
from tui.widgets.grid import Grid
from tui.widgets.line import Title
from tui.widgets.pane import Pane

_PAGE = 200


class Data(Board):
    """Tables, the rows of the one under the cursor, and one row in full."""

    NAME = "data"
    SEARCHES = ("tables", "rows")
    TOPICS: ClassVar[frozenset[str]] = frozenset({"snapshot", "tables"})
    ABOUT = (
        "The tables of PostgreSQL and DynamoDB, and the rows of the one under the cursor. Enter on a row "
        "shows it in full, a column a line. The counts are the database's estimates."
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("data")]

    def __init__(self) -> None:
        super().__init__()
        self._view: RowsView | None = None
        self._of: str = ""
        self._seen: tuple[TableView, str] | None = None
        self._trouble: Trouble | None = None

    def body(self) -> ComposeResult:
        """Tables, rows, row."""
        yield Grid(TABLES, id="tables", classes="top")
        yield Title(id="rows-title")
        with Container(classes="split"):
            yield Grid(NO_ROWS, id="rows", classes="master")
            yield Pane(id="row", classes="detail")

    @property
    def _tables(self) -> Grid[TableView]:
        return self.query_one("#tables", Grid)

    @property
    def _rows(self) -> Grid[Row]:
        return self.query_one("#rows", Grid)

    @property
    def _in_rows(self) -> bool:
        return self.focused is not None and self.focused.id in ("rows", "row")

    @property
    def thing(self) -> Any:
        """The row when the lower half has the focus, else the table."""
        row = self._rows.thing
        if self._in_rows and row is not None and self._view is not None:
            return dict(zip(self._view.columns, row[1], strict=True))
        return self._tables.thing

    def draw(self, scene: Scene) -> None:
        """Tables, then rows."""
        tables = scene.picture.tables or ()
        found = self.searched(tables, TABLES, "tables")
        empty = absent(
            scene.picture,
            ("tables",),
            "no tables",
            "a system with a database brings some",
            self.needle_in("tables"),
        )
        self._tables.show(found, scene, empty=empty)
        self._look(scene)

    def _look(self, scene: Scene) -> None:
        table, needle = self._tables.thing, self.needle_in("rows")
        if table is not None and (table, needle) != self._seen and scene.picture.live:
            if TABLES.key(table) != self._of:
                self._view, self._trouble = None, None
                self._rows.use(NO_ROWS)
            self._seen, self._of = (table, needle), TABLES.key(table)
            self._fetch(0)
        self._show(scene)

    def _fetch(self, offset: int) -> None:
        table = self._tables.thing
        if table is None:
            return

        def arrived(view: RowsView) -> None:
            before = self._view.rows[:offset] if self._view and offset else []
            columns = self._view.columns if self._view else None
            self._view = RowsView(columns=view.columns, rows=[*before, *view.rows], more=view.more)
            self._trouble = None
            if columns != view.columns or not offset:
                self._rows.table = rows_table(self._view)
                self._rows.on_resize()
            self._show(self.host.scene())

        self.ask(
            "table_rows",
            RowsView,
            arrived,
            self._refused,
            topic="rows",
            database=table.database,
            table=table.name,
            limit=_PAGE,
            offset=offset,
            match=self.needle_in("rows"),
        )

    def _refused(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self._show(self.host.scene())

    def _show(self, scene: Scene) -> None:
        table, view = self._tables.thing, self._view
        words = "loading …" if table is not None and view is None else "no rows"
        nothing = absent(scene.picture, (), words, needle=self.needle_in("rows"))
        rows = rows_of(view) if view else []
        self._rows.show(rows, scene, empty=refused(self._trouble) if self._trouble else nothing)
        loaded = text(f"{count(len(rows))} loaded, m loads more" if view and view.more else "", Tone.DIM)
        self.query_one("#rows-title", Title).show(text(table.name if table else "Rows", Tone.TITLE), loaded)
        self._show_row()

    def _show_row(self) -> None:
        row, view, table = self._rows.thing, self._view, self._tables.thing
        pane = self.query_one("#row", Pane)
        if row is None or view is None or table is None:
            pane.show(None)
        else:
            pane.show(row_detail(view, row, table), (self._of, row[0]), row)

    @on(Grid.Moved, "#tables")
    def _table_moved(self) -> None:
        self._look(self.host.scene())
        self.show_keys()

    @on(Grid.Moved, "#rows")
    def _row_moved(self) -> None:
        self._show_row()
        self.show_keys()

    @on(Grid.Chosen, "#tables")
    def _table_chosen(self) -> None:
        self._rows.focus()

    @on(Grid.Chosen, "#rows")
    def _row_chosen(self) -> None:
        self.open_detail()

    def find(self, ref: Ref) -> bool:
        """A table, by name."""
        for table in self._tables.things:
            if ref.id in (table.name, table.database, f"db:{table.database}"):
                return self._tables.go_to(TABLES.key(table))
        return bool(self._tables.things)

    def available(self, action: str) -> bool:
        """More, while there is more."""
        return self._view is not None and self._view.more

    def action_more(self) -> None:
        """The next page."""
        if self._view is not None:
            self._fetch(len(self._view.rows))
