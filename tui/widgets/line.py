"""One line: a title, a summary, a filter."""

from __future__ import annotations

from textual.strip import Strip

from tui.present.cells import Line, Tone, fit, width_of
from tui.widgets.toned import Toned


class Title(Toned):
    """A line with words on the left and on the right, over a rule."""

    def __init__(self, left: Line = (), *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._left: Line = left
        self._right: Line = ()

    def show(self, left: Line, right: Line = ()) -> None:
        """Shows other words."""
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line, filled up with a rule."""
        width = self.size.width
        room = max(0, width - width_of(self._right) - (6 if self._right else 5))
        left = fit(self._left, room) if width_of(self._left) > room else self._left
        rule = max(0, width - width_of(left) - width_of(self._right) - (6 if self._right else 4))
        line: Line = (("── ", Tone.IDLE), *left, (" " + "─" * rule, Tone.IDLE))
        if self._right:
            line = (*line, (" ", Tone.PLAIN), *self._right)
        return self.strip(line, width, self.rich_style)
