"""Messages and dead letters in words. Bodies come from anywhere: nothing of them reaches the terminal raw."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from sandbox.model.durations import format_duration
from sandbox.model.safe_text import lines_of, one_line
from sandbox.model.views.messages import DeadLetter, MessageView, MoveResult

#: Characters of a body that are shown; `--json` has all of it.
_BODY = 20_000


def clock_time(moment: float) -> str:
    """A virtual time of day, in UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%H:%M:%S")


def show_message(message: MessageView, now: float) -> Iterator[str]:
    """A message, whole.

    Args:
        now: virtual seconds since the epoch.
    """
    visible = f", visible in {format_duration(message.visible_at - now)}" if message.visible_at > now else ""
    yield f"● {message.message_id}  {message.state}{visible}"
    yield f"    sent {clock_time(message.sent_at)}, {format_duration(max(0.0, now - message.sent_at))} ago"
    yield f"    received {message.receive_count} times"
    if message.flow is not None:
        yield f"    flow {message.flow}: `sandbox flow show {message.flow}`"
    for name, attribute in message.attributes.items():
        value = attribute.get("StringValue", attribute.get("BinaryValue", ""))
        kind = one_line(str(attribute.get("DataType", "")))
        yield f"    {one_line(name)} ({kind}): {one_line(str(value), 500)}"
    for line in lines_of(message.body, _BODY):
        yield f"    │ {line}"


def show_dead_letter(letter: DeadLetter, now: float) -> Iterator[str]:
    """A dead letter, and why it is one."""
    yield from show_message(letter.message, now)
    if letter.dead_lettered_at is not None:
        number = letter.attempts
        times = f" after {number} attempt{'' if number == 1 else 's'}" if number else ""
        by = f"by {letter.sender}" if letter.sender else f"from {letter.source or 'an unknown queue'}"
        yield f"    given up {clock_time(letter.dead_lettered_at)}{times} {one_line(by)}"
        for name, value in letter.facts.items():
            yield f"      {name}: {one_line(value, 500)}"
    else:
        yield "    no queue gave it up: it was sent here"
    if letter.original_id is not None:
        yield f"    resent before as an edit of {letter.original_id}: changed {', '.join(letter.changed)}"
    function = f" in {one_line(letter.function)}" if letter.function else ""
    yield f"    last error{function}: {one_line(letter.error) or 'none seen'}"
    for frame in letter.stack_trace:
        for line in frame.split("\n"):
            yield f"      {one_line(line)}"


def show_move(result: MoveResult, done: str) -> Iterator[str]:
    """What was moved or dropped, and what stayed.

    Args:
        done: in one word: `redriven`, `dropped`.
    """
    yield f"{result.moved} {done}"
    for message_id, reason in result.kept.items():
        yield f"✗ {one_line(message_id)} stays: {one_line(reason)}"
