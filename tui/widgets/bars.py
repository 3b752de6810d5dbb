"""The bars that every screen has: the top line, the tabs, the keys."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.picture import Picture
from tui.present import bars
from tui.present.cells import Line, Tone, width_of
from tui.widgets.toned import Toned


class TopBar(Toned):
    """Connection on the left, the clock on the right. A click on the clock advances it."""

    class ClockClicked(Message):
        """The clock was clicked."""

    def __init__(self) -> None:
        super().__init__(id="top")
        self._halves: tuple[Line, Line] = ((), ())

    def show(self, picture: Picture, wall: float) -> None:
        """Shows the state of the connection and the time."""
        size = self.app.size
        left, right = bars.top(picture, wall, self.size.width or size.width, size.height)
        if (left, right) != self._halves:
            self._halves = (left, right)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        left, right = self._halves
        width = self.size.width
        gap = max(1, width - width_of(left) - width_of(right) - 1)
        return self.strip((*left, (" " * gap, Tone.PLAIN), *right), width, self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """The right half is the clock."""
        if event.x > self.size.width // 2:
            self.post_message(self.ClockClicked())


class TabBar(Toned):
    """The screens, the active one marked; a click goes there.

    Args:
        alone: there is no other screen.
    """

    COMPONENT_CLASSES = Toned.COMPONENT_CLASSES | {"tab--active"}

    class Picked(Message):
        """A tab was clicked."""

        def __init__(self, screen: str) -> None:
            super().__init__()
            self.screen = screen

    def __init__(self, active: str, *, alone: bool = False) -> None:
        super().__init__(id="tabs")
        self._active = active
        self._alone = alone
        self._badges: dict[str, int] = {}

    def show(self, badges: dict[str, int]) -> None:
        """Shows how many problems wait on which screen."""
        if badges != self._badges:
            self._badges = badges
            self.refresh()

    def _tabs(self) -> list[tuple[str, str, bool, bool]]:
        found = bars.tabs(self._active, self.size.width, self._badges)
        if not self._alone:
            return found
        return [(name, label.partition(" ")[2], active, bad) for name, label, active, bad in found if active]

    def render_line(self, y: int) -> Strip:
        """The line."""
        ground = self.rich_style
        segments: list[Segment] = []
        for _, label, active, wrong in self._tabs():
            tone = self.tone_style("bad" if wrong else "dim")
            style = ground + (self.get_component_rich_style("tab--active", partial=True) if active else tone)
            space = " " if self.size.width >= 100 or active else ""
            segments.append(Segment(f"{space}{label}{space}" if space else label, style))
            segments.append(Segment(" ", ground))
        return Strip(segments).adjust_cell_length(self.size.width, ground)

    def on_click(self, event: events.Click) -> None:
        """Tells which tab was clicked."""
        place = 0
        for name, label, active, _ in self._tabs():
            place += len(label) + (2 if self.size.width >= 100 or active else 0) + 1
            if event.x < place:
                self.post_message(self.Picked(name))
                return


class KeyBar(Toned):
    """The keys that do something here, the most useful first; a click does the same."""

    class Picked(Message):
        """A key was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self) -> None:
        super().__init__(id="keys")
        self._actions: tuple[tuple[str, str, str], ...] = ()
        self._note: Line = ()

    def show(self, actions: Sequence[tuple[str, str, str]], note: Line = ()) -> None:
        """Shows (action, key, label) of each, and a note on the right."""
        if (tuple(actions), note) != (self._actions, self._note):
            self._actions = tuple(actions)
            self._note = note
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        ground = self.rich_style
        key_style = ground + self.tone_style("accent") + Style(bold=True)
        label_style = ground + self.tone_style("dim")
        room = self.size.width - width_of(self._note) - 2
        segments = [Segment(" ", ground)]
        for _, key, label in bars.keys(self._actions, room):
            segments += [Segment(key, key_style), Segment(f" {label}  ", label_style)]
        used = sum(segment.cell_length for segment in segments)
        if self._note:
            segments.append(Segment(" " * max(1, self.size.width - used - width_of(self._note) - 1), ground))
            segments += [Segment(piece, ground + self.tone_style(tone)) for piece, tone in self._note]
        return Strip(segments).adjust_cell_length(self.size.width, ground)

    def on_click(self, event: events.Click) -> None:
        """Tells which key was clicked."""
        place = 1
        for action, key, label in bars.keys(self._actions, self.size.width - width_of(self._note) - 2):
            place += len(key) + len(label) + 3
            if event.x < place:
                self.post_message(self.Picked(action))
                return
