"""A table of any length that costs what is visible of it: rows are made when they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.present.cells import Line, Tone, text
from tui.present.table import Scene, Table, layout, row
from tui.widgets.toned import TONE_CLASSES, Toned

T = TypeVar("T")
_GUTTER = 2
_KEPT_ROWS = 1_000


class Grid(Toned, ScrollView, Generic[T], can_focus=True):
    """Rows of things of one kind, with a cursor.

    Args:
        table: how things become rows.
        headings: whether the names of the columns are shown.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = TONE_CLASSES | {"grid--cursor", "grid--heading"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "edge(0)", "First", show=False),
        Binding("end", "edge(1)", "Last", show=False),
        Binding("enter", "choose", "Open", show=False),
    ]

    cursor: reactive[int] = reactive(0, repaint=False)

    class Moved(Message):
        """Another row is under the cursor, or the thing of that row was replaced. None: there is no row."""

        def __init__(self, grid: Grid[Any], thing: Any) -> None:
            super().__init__()
            self.grid = grid
            self.thing = thing

        @property
        def control(self) -> Grid[Any]:
            """The grid."""
            return self.grid

    class Chosen(Moved):
        """The row under the cursor was opened, with Enter or a second click."""

    class Scrolled(Message):
        """The user moved.

        Attributes:
            at_end: the last row is under the cursor.
            to_end: it was asked for, whether or not all of the list is there.
        """

        def __init__(self, grid: Grid[Any], *, at_end: bool, to_end: bool = False) -> None:
            super().__init__()
            self.grid = grid
            self.at_end = at_end
            self.to_end = to_end

        @property
        def control(self) -> Grid[Any]:
            """The grid."""
            return self.grid

    def __init__(
        self, table: Table[T], *, headings: bool = True, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.table = table
        self.marked: set[str] = set()
        self._headings = headings
        self._things: Sequence[T] = ()
        self._scene: Scene | None = None
        self._empty: tuple[Line, ...] = (text("loading …", Tone.DIM),)
        self._widths: list[int] | None = None
        self._drawn: dict[int, tuple[Line, bool]] = {}
        self._rows: dict[int, tuple[T, Line]] = {}

    # -- what it is handed

    def show(self, things: Sequence[T], scene: Scene, *, empty: tuple[Line, ...] = ()) -> None:
        """Shows these things. The cursor stays on the thing it was on, wherever that is now.

        Args:
            empty: lines to show instead when there is nothing.
        """
        key = self.key_at(self.cursor)
        before = self.thing
        self._things, self._scene = things, scene
        self._empty = empty or (text("nothing here", Tone.DIM),)
        place = self._find(key) if key is not None else None
        self.set_reactive(Grid.cursor, min(self.cursor if place is None else place, max(0, len(things) - 1)))
        self._resize()
        self._repaint_changed()
        if self.thing != before:
            self.post_message(self.Moved(self, self.thing))

    def use(self, table: Table[T]) -> None:
        """Shows things of another kind from now on; what it showed is gone."""
        self.table = table
        self._things = ()
        self.marked.clear()
        self._widths = None
        self._rows.clear()
        self.set_reactive(Grid.cursor, 0)
        self.scroll_to(y=0, animate=False)
        self._drawn.clear()
        self.refresh()

    @property
    def things(self) -> Sequence[T]:
        """What is shown."""
        return self._things

    @property
    def thing(self) -> T | None:
        """What is under the cursor."""
        return self._things[self.cursor] if 0 <= self.cursor < len(self._things) else None

    def key_at(self, place: int) -> str | None:
        """The key of a row."""
        return self.table.key(self._things[place]) if 0 <= place < len(self._things) else None

    def go_to(self, key: str) -> bool:
        """Puts the cursor on the row with this key; False when there is none."""
        place = self._find(key)
        if place is None:
            return False
        self._set_cursor(place)
        return True

    def reveal(self) -> None:
        """Scrolls to the row under the cursor, where it is out of sight."""
        self._into_view()

    def go_to_end(self) -> None:
        """Puts the cursor on the last row, silently."""
        if self.cursor == len(self._things) - 1:
            self._into_view()
            return
        self.set_reactive(Grid.cursor, max(0, len(self._things) - 1))
        self._into_view()
        self._repaint_changed()

    def toggle_mark(self) -> None:
        """Marks the row under the cursor, or takes its mark away, and goes on to the next."""
        key = self.key_at(self.cursor)
        if key is not None:
            self.marked ^= {key}
            self._set_cursor(min(self.cursor + 1, len(self._things) - 1))
            self._repaint_changed()

    # -- moving

    def action_move(self, by: int) -> None:
        """Moves the cursor."""
        self._by_user(self.cursor + by)

    def action_page(self, by: int) -> None:
        """Moves the cursor by what fits on the screen."""
        self._by_user(self.cursor + by * max(1, self._rows_high() - 1))

    def action_edge(self, end: int) -> None:
        """Moves the cursor to the first or last row."""
        self._by_user((len(self._things) - 1) * end, to_end=bool(end))

    def action_choose(self) -> None:
        """Opens the row under the cursor."""
        if self.thing is not None:
            self.post_message(self.Chosen(self, self.thing))

    def _by_user(self, place: int, *, to_end: bool = False) -> None:
        self.post_message(self.Scrolled(self, at_end=place >= len(self._things) - 1, to_end=to_end))
        self._set_cursor(place)

    def _set_cursor(self, place: int) -> None:
        place = max(0, min(place, len(self._things) - 1))
        if place != self.cursor and self._things:
            self.set_reactive(Grid.cursor, place)
            self._into_view()
            self._repaint_changed()
            self.post_message(self.Moved(self, self.thing))

    def on_click(self, event: events.Click) -> None:
        """Puts the cursor where it was clicked; a second click opens."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        place = self.scroll_offset.y + offset.y - self._top()
        if offset.y >= self._top() and place < len(self._things):
            again = place == self.cursor
            self._by_user(place)
            if event.chain == 2 or (again and event.chain > 1):
                self.action_choose()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Tells that the user moved away from the end."""
        self.post_message(self.Scrolled(self, at_end=False))

    # -- drawing

    def on_resize(self) -> None:
        """Lays the columns out again."""
        self._widths = None
        self._rows.clear()
        self._resize()
        self._into_view()
        self._drawn.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        """Draws everything anew in the new colours."""
        self._drawn.clear()
        super().notify_style_update()

    def on_focus(self) -> None:
        """Shows the cursor."""
        self._drawn.clear()
        self.refresh()

    def on_blur(self) -> None:
        """Shows the cursor as out of focus."""
        self._drawn.clear()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        line, cursor = self._line(y)
        self._drawn[y] = (line, cursor)
        ground = self.rich_style
        if cursor:
            ground += self._cursor_style()
        elif self._headings and y == 0:
            ground += self.get_component_rich_style("grid--heading", partial=True)
        return self.strip(line, self.size.width, ground)

    def _cursor_style(self) -> Style:
        style = self.get_component_rich_style("grid--cursor", partial=True)
        return style if self.has_focus else Style(bgcolor=style.bgcolor, dim=False)

    def _line(self, y: int) -> tuple[Line, bool]:
        if self._headings and y == 0:
            return self._heading(), False
        place = self.scroll_offset.y + y - self._top()
        if not self._things:
            return (self._empty[place] if 0 <= place < len(self._empty) else ()), False
        if place >= len(self._things) or self._scene is None:
            return (), False
        thing = self._things[place]
        key = self.table.key(thing)
        cursor = place == self.cursor
        here = ("▸" if cursor and self.has_focus else "│" if cursor else " ", Tone.ACCENT)
        mark = ("✓" if key in self.marked else " ", Tone.WARN)
        return (here, mark, *self._row(thing, self._scene)), cursor

    def _row(self, thing: T, scene: Scene) -> Line:
        if not self.table.timeless:
            return row(self.table.cells(thing, scene), self.table.columns, self._columns())
        known = self._rows.get(id(thing))
        if known is not None and known[0] is thing:
            return known[1]
        line = row(self.table.cells(thing, scene), self.table.columns, self._columns())
        if len(self._rows) > _KEPT_ROWS:
            self._rows.clear()
        self._rows[id(thing)] = (thing, line)
        return line

    def _heading(self) -> Line:
        names = [text(column.title, Tone.DIM) for column in self.table.columns]
        return ((" " * _GUTTER, Tone.PLAIN), *row(names, self.table.columns, self._columns()))

    def _columns(self) -> list[int]:
        if self._widths is None:
            self._widths = layout(self.table.columns, max(1, self.size.width - _GUTTER - 1))
        return self._widths

    def _repaint_changed(self) -> None:
        """Draws the lines that say something else than before; most of the time those are none or few."""
        if not self.is_mounted or not self.size.height:
            return
        width = self.size.width
        changed = [y for y in range(self.size.height) if self._drawn.get(y) != self._line(y)]
        if len(changed) > self.size.height // 2:
            self.refresh()
        elif changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def _resize(self) -> None:
        size = Size(max(1, self.size.width), self._top() + max(len(self._things), len(self._empty)))
        if size != self.virtual_size:
            self.virtual_size = size

    def _into_view(self) -> None:
        high = self._rows_high()
        first = self.scroll_offset.y
        if self.cursor < first:
            self.scroll_to(y=self.cursor, animate=False, force=True, immediate=True)
        elif self.cursor >= first + high:
            self.scroll_to(y=self.cursor - high + 1, animate=False, force=True, immediate=True)

    def _rows_high(self) -> int:
        return max(1, self.size.height - self._top())

    def _top(self) -> int:
        return 1 if self._headings else 0

    def _find(self, key: str) -> int | None:
        """Where a key is now: near its old place first, because lists mostly stay as they are."""
        key_of, things = self.table.key, self._things
        for place in (self.cursor, self.cursor + 1, self.cursor - 1):
            if 0 <= place < len(things) and key_of(things[place]) == key:
                return place
        return next((place for place, thing in enumerate(things) if key_of(thing) == key), None)
