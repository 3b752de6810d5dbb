"""The messages that the feed posts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from textual.message import Message

from tui.picture import Picture, Trouble


@dataclass(frozen=True)
class Ask:
    """One question to the sandbox.

    Attributes:
        kind: type of the answer, for msgspec; None leaves plain data.
        then: what the asker does with the answer; runs in the asker's own message handler, never in a thread.
        otherwise: the same for trouble; None shows it as a notice.
        topic: a later question of the same asker with the same topic makes this one's answer stale.
        stream: the answer comes as a stream, which is collected.
        each: what the asker does with each item of a stream as it comes.
        stopped: set it to hear no more of a stream; whoever sends it is told by the end of the connection.
    """

    method: str
    params: dict[str, Any] = field(default_factory=dict)
    kind: Any = None
    then: Callable[[Any], None] | None = None
    otherwise: Callable[[Trouble], None] | None = None
    topic: str = ""
    stream: bool = False
    each: Callable[[Any], None] | None = None
    stopped: threading.Event = field(default_factory=threading.Event)


class Pictured(Message, bubble=False):
    """A newer picture."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self.picture = picture

    def can_replace(self, message: Message) -> bool:
        """A newer picture takes the place of one that nobody has looked at yet."""
        return isinstance(message, Pictured)


class Answered(Message, bubble=False):
    """The answer to a question, or trouble."""

    def __init__(self, ask: Ask, value: Any = None, trouble: Trouble | None = None) -> None:
        super().__init__()
        self.ask = ask
        self.value = value
        self.trouble = trouble


class Heard(Message, bubble=False):
    """One item of a stream that goes on."""

    def __init__(self, ask: Ask, item: Any) -> None:
        super().__init__()
        self.ask = ask
        self.item = item


class LinesReady(Message, bubble=False):
    """Log lines wait to be taken; posted once until they are."""
