"""What is typed before the place to type in is there."""

from __future__ import annotations

from textual.app import App
from textual.events import Event, Key
from textual.timer import Timer
from textual.widgets import Input

#: Real seconds that what is typed waits at most.
_LONGEST = 0.5


class TypedAhead(App[None]):
    """An application in which letters behind the key of the search go to the search.

    Keys are handed from the application to what has the focus and back before they do anything. Of several
    that come at once, from a hand that is quicker than a busy machine, the later ones would go to the list,
    where letters do things.
    """

    #: The key that begins a search.
    SEARCH_KEY = "slash"

    def __init__(self) -> None:
        super().__init__()
        self._typed: list[Key] | None = None
        self._patience: Timer | None = None

    async def on_event(self, event: Event) -> None:
        """Holds keys back while a search begins."""
        if isinstance(event, Key) and not event.is_forwarded:
            if self._typed is not None:
                self._typed.append(event)
                return
            if event.key == self.SEARCH_KEY and self.searchable:
                self._typed = []
                self._patience = self.set_timer(_LONGEST, self.let_typed)
        await super().on_event(event)

    @property
    def searchable(self) -> bool:
        """Whether the key begins a search now, and is no letter of a text."""
        return not self.screen.is_modal and not isinstance(self.focused, Input)

    def let_typed(self) -> None:
        """Hands what was held back to what has the focus now."""
        if self._patience is not None:
            self._patience.stop()
        # Before any key that is still to come.
        self.call_next(self._hand_over)

    async def _hand_over(self) -> None:
        typed, self._typed = self._typed or [], None
        for event in typed:
            await super().on_event(event)
