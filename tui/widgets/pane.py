"""A scrolling text: details of a selection, bodies, stack traces, help."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.present.cells import Builder, Line, Tone, text
from tui.widgets.toned import TONE_CLASSES, Toned


def _nothing(width: int) -> list[Line]:
    del width
    return [text("select a row to see more of it", Tone.DIM)]


class Pane(Toned, ScrollView, can_focus=True):
    """Lines that a builder makes for the width there is."""

    COMPONENT_CLASSES: ClassVar[set[str]] = TONE_CLASSES
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", show=False),
        Binding("down,j", "scroll_down", "Down", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
        Binding("home", "scroll_home", "Top", show=False),
        Binding("end", "scroll_end", "Bottom", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None, focusable: bool = True) -> None:
        super().__init__(id=id, classes=classes)
        self._builder: Builder = _nothing
        self._lines: list[Line] = []
        self._about: object = None
        self._version: object = None
        self.can_focus = focusable

    def show(self, builder: Builder | None, about: object = None, version: object = None) -> None:
        """Shows what a builder makes.

        Args:
            about: what it is about; the same again keeps the place that was scrolled to.
            version: state of what it is about; the same again is not even built.
        """
        if about is not None and version is not None and (about, version) == (self._about, self._version):
            return
        self._version = version
        self._builder = builder or _nothing
        if about != self._about or about is None:
            self._about = about
            self.scroll_to(y=0, animate=False)
        self._rebuild()

    @property
    def lines(self) -> list[Line]:
        """What is shown."""
        return self._lines

    def on_resize(self, event: events.Resize) -> None:
        """Wraps the text anew."""
        self._rebuild()

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        place = self.scroll_offset.y + y
        line = self._lines[place] if place < len(self._lines) else ()
        return self.strip(line, self.size.width, self.rich_style)

    def _rebuild(self) -> None:
        width = self.size.width
        if width < 1:
            return
        lines = self._builder(width)
        if lines == self._lines:
            return
        self._lines = lines
        size = Size(width, len(lines))
        if size != self.virtual_size:
            self.virtual_size = size
        self.refresh()
