"""What a feed offers to the screens, and what it needs of a connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from textual.message import Message

from sandbox.model.views.system import LogView
from tui.feed.messages import Ask

Post = Callable[[Message], object]


class Channel(Protocol):
    """One connection to a sandbox; `ControlClient` is one.

    Attributes:
        dropped: items of its streams that the sandbox left out because they were not read fast enough.
    """

    dropped: int

    def call(self, method: str, **params: Any) -> Any:
        """Asks and waits for the answer."""

    def stream(self, method: str, **params: Any) -> Iterator[Any]:
        """Asks and yields the items of the answer."""

    def close(self) -> None:
        """Ends it."""


#: Opens a connection; raises NotRunningError when there is nothing to connect to.
Opener = Callable[[], Channel]


class Feed(Protocol):
    """Where a dashboard gets everything from."""

    def start(self, post: Post) -> None:
        """Begins to post pictures and log lines."""

    def stop(self) -> None:
        """Ends every thread; nothing is posted afterwards."""

    def want(self, topics: frozenset[str]) -> None:
        """What the visible screen shows; nothing else is asked for."""

    def refresh(self) -> None:
        """Requests a picture soon; several requests at once lead to one."""

    def ask(self, ask: Ask, post: Post) -> None:
        """Asks one question; the answer is posted to the asker."""

    def follow_logs(self, *, on: bool) -> None:
        """Begins or ends the live tail of all log groups."""

    def take_lines(self) -> tuple[list[LogView], int]:
        """The log lines that have come since the last time, and how many were dropped in between."""
