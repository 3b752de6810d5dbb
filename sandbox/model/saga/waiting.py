"""What a saga waits for now, in words with times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from sandbox.model.durations import format_duration
from sandbox.model.saga.declaration import Declaration
from sandbox.model.saga.stretches import Doing, Stretch


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it lies in its queue now; `state` is `visible`, `in-flight` or `delayed`; time virtual."""

    state: str
    visible_at: float


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """What the sandbox looks like now; times virtual.

    Attributes:
        next_runs: when the next schedule runs each function, by the function's name.
        consumers: functions that event source mappings feed, by the queue's name.
        messages: by id; those that were looked for and not found are missing.
        looked_in: queues whose messages were all looked at.
    """

    now: float
    next_runs: Mapping[str, float] = {}
    consumers: Mapping[str, Sequence[str]] = {}
    messages: Mapping[str, Message] = {}
    looked_in: frozenset[str] = frozenset()


def waiting_for(declaration: Declaration, stretches: Sequence[Stretch], present: Present) -> list[str]:
    """One sentence for everything that lasts."""
    sentences = (_SENTENCES[one.doing](declaration, one, present) for one in stretches if one.open)
    return list(dict.fromkeys(sentences))


def _outbox(declaration: Declaration, stretch: Stretch, present: Present) -> str:
    runs = {
        relay.name: present.next_runs[relay.function]
        for relay in declaration.relays(stretch.resource)
        if relay.function in present.next_runs
    }
    if runs:
        name = min(runs, key=lambda one: runs[one])
        return f"next {name} run {_in(runs[name], present)}: the event is in {stretch.resource}"
    relays = ", ".join(relay.name for relay in declaration.relays(stretch.resource))
    if relays:
        return f"a run of {relays}, which no schedule starts: the event is in {stretch.resource}"
    return f"whoever publishes {stretch.resource}: the event is in it"


def _message(declaration: Declaration, stretch: Stretch, present: Present) -> str:
    queue, message = stretch.resource, present.messages.get(stretch.message_id)
    if message is None and queue in present.looked_in:
        return f"message gone from {queue}: it was purged, deleted or has expired"
    if message is not None and message.visible_at > present.now:
        if message.state == "delayed":
            return f"message delayed in {queue}, visible {_in(message.visible_at, present)}"
        return f"message in flight from {queue}, visible again {_in(message.visible_at, present)}"
    if stretch.doing is Doing.CONSUMER:
        return f"message in flight from {queue}, received {_since(stretch, present)}"
    consumers = present.consumers.get(queue, ())
    if not consumers:
        return f"message waits in {queue}, which no function consumes"
    return f"message waits in {queue} for {', '.join(consumers)}"


def _invocation(declaration: Declaration, stretch: Stretch, present: Present) -> str:
    return f"function {stretch.resource} works, begun {_since(stretch, present)}"


def _begin(declaration: Declaration, stretch: Stretch, present: Present) -> str:
    return f"function {stretch.resource} to begin, asked {_since(stretch, present)}"


def _dead_letter(declaration: Declaration, stretch: Stretch, present: Present) -> str:
    if stretch.message_id not in present.messages and stretch.resource in present.looked_in:
        return f"dead letter gone from {stretch.resource}: it was purged, deleted or has expired"
    return f"dead letter in {stretch.resource}: somebody to redrive it"


_SENTENCES = {
    Doing.OUTBOX: _outbox,
    Doing.QUEUE: _message,
    Doing.HIDDEN: _message,
    Doing.CONSUMER: _message,
    Doing.FUNCTION: _invocation,
    Doing.ASYNC: _begin,
    Doing.DEAD_LETTER: _dead_letter,
}


def _in(when: float, present: Present) -> str:
    return f"in {_duration(max(0.0, when - present.now))}"


def _since(stretch: Stretch, present: Present) -> str:
    return f"{_duration(max(0.0, present.now - stretch.at))} ago"


def _duration(seconds: float) -> str:
    """Whole seconds: nobody waits for a tenth of one."""
    return "0s" if seconds < 0.5 else format_duration(round(seconds)).replace(".0s", "s")
