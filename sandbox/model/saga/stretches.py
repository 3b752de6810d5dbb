"""Stretches of a saga's life: what goes on, from when to when, and how it went."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from sandbox.model.views.sagas import TimelineEntry


class Doing(StrEnum):
    """What happens in a stretch."""

    FUNCTION = "function"  # a function works
    CONSUMER = "consumer"  # somebody else has received a message and works, or so it seems
    OUTBOX = "outbox"  # an event waits to be published
    QUEUE = "queue"  # a message waits to be received
    HIDDEN = "hidden"  # a message waits out its visibility timeout after a failure
    ASYNC = "async"  # an asynchronous invocation waits to begin
    DEAD_LETTER = "dead-letter"  # a message was given up


_WORDS = {
    Doing.FUNCTION: "function {}",
    Doing.CONSUMER: "a consumer of queue {}",
    Doing.OUTBOX: "in outbox {}",
    Doing.QUEUE: "in queue {}",
    Doing.HIDDEN: "hidden in queue {} after a failure",
    Doing.ASYNC: "for function {} to begin",
    Doing.DEAD_LETTER: "dead letter in {}",
}


class Stretch(msgspec.Struct, kw_only=True):
    """One stretch of a saga's life.

    Attributes:
        at, until: virtual seconds since the epoch; `until` is None while it lasts.
        resource: name of the queue, function or outbox.
        attempt: which one, from 1.
        error: what went wrong, in one line.
        duration_ms: real milliseconds of work.
    """

    doing: Doing
    at: float
    until: float | None = None
    resource: str = ""
    step: str = ""
    attempt: int = 1
    ok: bool = True
    error: str = ""
    hop: int | None = None
    message_id: str = ""
    duration_ms: float | None = None

    @property
    def working(self) -> bool:
        """Whether somebody works in it."""
        return self.doing in (Doing.FUNCTION, Doing.CONSUMER)

    @property
    def open(self) -> bool:
        """Whether it lasts."""
        return self.until is None

    def entry(self) -> TimelineEntry:
        """As people and programs see it."""
        return TimelineEntry(
            kind="working" if self.working else "waiting",
            what=_WORDS[self.doing].format(self.resource),
            from_at=self.at,
            to_at=self.until,
            step=self.step,
            attempt=self.attempt,
            ok=self.ok,
            error=self.error,
            hop=self.hop,
            duration_ms=self.duration_ms,
        )


def short(resource: str) -> str:
    """The name in an ARN; a plain name as it is."""
    if not resource.startswith("arn:"):
        return resource
    return resource.split(":", 5)[-1].removeprefix("function:").split(":", 1)[0]


def brief(text: str) -> str:
    """An error in one line: of a stack trace the exception below its last frame, else the first line."""
    lines = [line for line in text.splitlines() if line.strip()]
    frames = [index for index, line in enumerate(lines) if line.startswith('  File "')]
    after = lines[frames[-1] :] if frames else lines
    return next((line for line in after if not line[0].isspace()), next(iter(lines), "")).strip()
