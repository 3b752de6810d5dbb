"""What a screen may ask of the application around it."""

from __future__ import annotations

from typing import Protocol

from tui.feed.base import Feed
from tui.picture import Picture
from tui.present.refs import Ref
from tui.present.ring import Ring
from tui.present.table import Scene


class Host(Protocol):
    """The application, as the screens see it.

    Attributes:
        offline: it shows a file: there is no sandbox to ask or to change.
    """

    picture: Picture
    feed: Feed
    ring: Ring
    offline: bool

    def scene(self) -> Scene:
        """The picture with the rates and the time."""

    def jump(self, ref: Ref) -> None:
        """Goes to the screen that shows a reference, and selects it there."""

    def let_typed(self) -> None:
        """Says that what was typed behind the key of the search has its place now."""

    def say(self, words: str, *, bad: bool = False, title: str = "") -> None:
        """A notice."""

    def copy(self, words: str, what: str) -> None:
        """Puts a text on the clipboard, and says so."""
