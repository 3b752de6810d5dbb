"""The message desk: what can be done with messages and dead letters."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sandbox.model.durations import parse_duration
from sandbox.model.views.messages import DeadLetter, MoveProgress, MoveResult, QueueView
from tui.feed.messages import Ask
from tui.picture import Trouble
from tui.present.bodies import compact, pretty, why_not_json
from tui.present.cells import Line, Tone, join, text
from tui.present.messages import Shown, message_of
from tui.present.numbers import bar, count, quantity
from tui.screens.base import Board
from tui.screens.dialogs import Edited, Editor, OneLine
from tui.widgets.grid import Grid

#: Cells of a bar that tells how far a redrive is.
_BAR = 10


@dataclass
class Moving:
    """A redrive that is under way: of which queue, and how far it is."""

    queue: str
    ask: Ask
    progress: MoveProgress = field(default_factory=lambda: MoveProgress(done=0, of=0))


class Desk(Board):
    """The actions of a screen with a queue and its messages; the screen says which those are."""

    def __init__(self) -> None:
        super().__init__()
        self._moving: Moving | None = None

    @property
    def queue(self) -> QueueView | None:
        """The queue that is worked on."""
        raise NotImplementedError

    @property
    def messages(self) -> Grid[Shown]:
        """Its messages."""
        raise NotImplementedError

    @property
    def whole(self) -> int:
        """How many there are, loaded or not."""
        raise NotImplementedError

    def fetch(self, page: int) -> None:
        """Asks for a page of messages anew."""
        raise NotImplementedError

    def _picked(self) -> list[str]:
        """The marked messages, or the one under the cursor."""
        if self.messages.marked:
            return sorted(self.messages.marked)
        shown = self.messages.thing
        return [message_of(shown).message_id] if shown is not None else []

    def action_redrive(self) -> None:
        """Puts messages back."""
        queue, ids = self.queue, self._picked()
        if queue is None or not ids:
            return
        self.confirm(
            f"Redrive {quantity(len(ids), 'dead letter')} of {queue.name}?",
            f"Back to {_sources(queue)}, where their consumer takes them again.",
            "Redrive",
            lambda: self._redrive(queue, ids, None),
        )

    def _redrive(self, queue: QueueView, message_ids: list[str] | None, rate: float | None) -> None:
        """Redrives, and shows how far it is until it is done or stopped."""
        moved = self._moved("redriven")

        def ended(items: list[Any]) -> None:
            last = items[-1] if items else MoveProgress(done=0, of=0)
            self._moving = None
            moved(last.result or MoveResult(moved=last.done))

        def refused(trouble: Trouble) -> None:
            self._moving = None
            self.complain(trouble)

        def heard(progress: Any) -> None:
            if self._moving is not None:
                self._moving.progress = msgspec.convert(progress, MoveProgress)
                self.redraw()

        ask = self.ask(
            "dlq_redrive",
            list[MoveProgress],
            ended,
            refused,
            each=heard,
            queue=queue.name,
            message_ids=message_ids,
            rate=rate,
        )
        self._moving = Moving(queue.name, ask)

    def action_stop(self) -> None:
        """Stops the redrive that is under way."""
        if self._moving is not None:
            self._moving.ask.stopped.set()
            self.host.say("the redrive stops; what was not moved yet stays where it is")

    @property
    def moving(self) -> bool:
        """Whether a redrive is under way."""
        return self._moving is not None

    def moving_words(self) -> Line:
        """How far a redrive is."""
        if self._moving is None:
            return ()
        progress = self._moving.progress
        share = f"{count(progress.done)} of {count(progress.of)}" if progress.of else "…"
        words = text(f"redriving {self._moving.queue}: {share}", Tone.BUSY)
        return join(words, bar(progress.done / max(1, progress.of), _BAR, Tone.BUSY))

    def action_redrive_all(self) -> None:
        """Puts all messages back, at a rate."""
        queue = self.queue
        if queue is None:
            return

        def go(rate: str | None) -> None:
            if rate is not None:
                self._redrive(queue, None, float(rate) if rate.strip() else None)

        self.app.push_screen(
            OneLine(
                f"Redrive all {quantity(self.whole, 'dead letter')} of {queue.name}?",
                f"Back to {_sources(queue)}. Messages per second; empty is as fast as it goes. Esc cancels.",
                "",
                _why_no_rate,
            ),
            go,
        )

    def action_drop(self) -> None:
        """Deletes dead letters."""
        queue, ids = self.queue, self._picked()
        if queue is None or not ids:
            return
        self.confirm(
            f"Drop {quantity(len(ids), 'dead letter')} of {queue.name}?",
            "They are deleted for good; the flow keeps their record.",
            "Drop",
            lambda: self.ask(
                "dlq_drop", MoveResult, self._moved("dropped"), queue=queue.name, message_ids=ids
            ),
        )

    def action_purge(self) -> None:
        """Deletes everything in the queue."""
        queue = self.queue
        if queue is None:
            return
        full = queue.visible + queue.in_flight + queue.delayed
        self.confirm(
            f"Purge {queue.name}?",
            f"All in it is deleted for good: {quantity(full, 'message')}, visible, in flight or delayed.",
            "Purge",
            lambda: self.ask(
                "queue_purge", None, lambda _: self.done(f"purged {queue.name}"), queue=queue.name
            ),
        )

    def action_edit(self) -> None:
        """Edits a dead letter and sends it again."""
        queue, shown = self.queue, self.messages.thing
        if queue is None or shown is None:
            return
        message = message_of(shown)
        why = shown.error if isinstance(shown, DeadLetter) else ""
        sender = shown.sender if isinstance(shown, DeadLetter) else None
        where = f"to where {sender} meant it" if sender else f"back to {_sources(queue)}"
        explain = f"{message.message_id} goes {where}. {why}"

        def send(edited: Edited | None) -> None:
            if edited is not None:
                self.ask(
                    "dlq_resend",
                    MoveResult,
                    self._moved("resent"),
                    queue=queue.name,
                    message_id=message.message_id,
                    body=compact(edited.body, message.body),
                    attributes=edited.attributes,
                )

        fields = {"attributes": json.dumps(message.attributes, ensure_ascii=False)}
        self.app.push_screen(
            Editor(
                "Edit and resend",
                explain,
                pretty(message.body),
                "Resend",
                fields,
                _read,
                _json_warning(message.body),
            ),
            send,
        )

    def action_send(self) -> None:
        """Writes a new message."""
        queue = self.queue
        if queue is None:
            return
        shown = self.messages.thing
        body = pretty(message_of(shown).body) if shown is not None else "{\n  \n}"

        def send(edited: Edited | None) -> None:
            if edited is not None:
                self.ask(
                    "queue_send",
                    None,
                    lambda _: self.done(f"sent to {queue.name}"),
                    queue=queue.name,
                    body=edited.body,
                    attributes=edited.attributes,
                    delay=round(edited.delay),
                )

        fields = {"attributes": "{}", "delay": "0s"}
        self.app.push_screen(
            Editor(
                f"Send to {queue.name}",
                "The message is sent as it stands here.",
                body,
                "Send",
                fields,
                _read,
                _json_warning("{}"),
            ),
            send,
        )

    def _moved(self, verb: str) -> Any:
        def say(result: MoveResult) -> None:
            self.messages.marked.clear()
            kept = "".join(
                f"\n{identifier[:8]} kept: {why}" for identifier, why in list(result.kept.items())[:3]
            )
            if result.kept:
                self.host.say(
                    f"{quantity(result.moved, 'message')} {verb}, {len(result.kept)} kept{kept}", bad=True
                )
            else:
                self.host.say(f"{quantity(result.moved, 'message')} {verb}")
            self.host.feed.refresh()
            self.fetch(0)

        return say


def _sources(queue: QueueView) -> str:
    return ", ".join(queue.sources) or "where they came from"


def _why_no_rate(words: str) -> str:
    try:
        return "" if not words.strip() or float(words) > 0 else "a rate is more than nothing"
    except ValueError:
        return "a rate is a number of messages per second, such as 10"


def _json_warning(before: str) -> Any:
    """Warns about a body that is no JSON any more; other bodies may be anything."""
    if why_not_json(before):
        return lambda body: ""
    return lambda body: f"not JSON: {why}" if (why := why_not_json(body)) else ""


def _read(body: str, fields: dict[str, str]) -> Edited | str:
    try:
        attributes = json.loads(fields["attributes"].strip() or "{}")
    except ValueError as error:
        return f"the attributes are not JSON: {error}"
    if not isinstance(attributes, dict) or not all(isinstance(value, dict) for value in attributes.values()):
        return 'attributes look like {"name": {"DataType": "String", "StringValue": "…"}}'
    try:
        delay = parse_duration(fields.get("delay", "0s") or "0s")
    except ValueError as error:
        return str(error)
    if not 0 <= delay <= 900:
        return "a delay is between 0 seconds and 15 minutes"
    if not body:
        return "a message cannot be empty"
    return Edited(body, attributes, delay)
