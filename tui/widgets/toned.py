"""Turns text with tones into what a terminal is sent: here it is made sure that nothing in it acts."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from sandbox.model.safe_text import one_line
from tui.present.cells import Line, Tone

TONE_CLASSES = {f"tone--{tone.value}" for tone in Tone}


class Toned(Widget):
    """A widget that draws lines of text with tones."""

    COMPONENT_CLASSES: ClassVar[set[str]] = TONE_CLASSES

    _tones: dict[str, Style] | None = None

    def notify_style_update(self) -> None:
        """Forgets the colours of the theme before."""
        self._tones = None
        super().notify_style_update()

    def tone_style(self, tone: str) -> Style:
        """The colour and weight of a tone in the current theme."""
        if self._tones is None:
            self._tones = {}
        style = self._tones.get(tone)
        if style is None:
            style = self.get_component_rich_style(f"tone--{tone}", partial=True)
            self._tones[tone] = style
        return style

    def strip(self, line: Line, width: int, ground: Style) -> Strip:
        """A line as exactly `width` cells on a ground."""
        segments = [Segment(one_line(piece), ground + self.tone_style(tone)) for piece, tone in line if piece]
        return Strip(segments).adjust_cell_length(width, ground)
