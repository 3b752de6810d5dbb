"""Messages and dead letters: rows, and everything about one."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.model.views.messages import DeadLetter, MessageView
from tui.present import marks
from tui.present.bodies import body_lines
from tui.present.cells import Builder, Cell, Line, Tone, join, text, wrap
from tui.present.details import fact, heading, section
from tui.present.numbers import age_of, clock_time, span_of
from tui.present.table import Column, Scene, Table

Shown = MessageView | DeadLetter
_PREVIEW = 300


def message_of(shown: Shown) -> MessageView:
    """The message itself."""
    return shown.message if isinstance(shown, DeadLetter) else shown


def when(message: MessageView, now: float) -> str:
    """When a message will be visible, as far as it is not yet."""
    left = message.visible_at - now
    return f"visible in {span_of(left)}" if message.state != "visible" and left > 0 else ""


def _cells(shown: Shown, scene: Scene) -> Sequence[Cell]:
    message = message_of(shown)
    error = shown.error if isinstance(shown, DeadLetter) else ""
    state = marks.mark("problem", "dead") if isinstance(shown, DeadLetter) else marks.mark(message.state)
    body = text(message.body[:_PREVIEW])
    return (
        state,
        text(message.message_id[:8], Tone.ACCENT),
        text(age_of(scene.now - message.sent_at)),
        text(f"{message.receive_count}×", Tone.WARN if message.receive_count > 1 else Tone.DIM),
        join(text(error, Tone.BAD), body, gap="  ") if error else body,
    )


MESSAGES: Table[Shown] = Table(
    columns=(
        Column("STATE", 11),
        Column("MESSAGE", 8, rank=1),
        Column("AGE", 7, right=True, rank=2),
        Column("RECV", 4, right=True),
        Column("WHY / BODY", 20, flex=1),
    ),
    cells=_cells,
    key=lambda shown: message_of(shown).message_id,
    find=lambda shown: f"{message_of(shown).message_id} {message_of(shown).body[:2000]}",
)


def detail(shown: Shown, now: float) -> Builder:
    """Everything about a message: facts, why it is dead, the stack trace, the body."""
    message = message_of(shown)

    def build(width: int) -> list[Line]:
        title = "Dead letter" if isinstance(shown, DeadLetter) else "Message"
        lines = wrap(heading(title, message.message_id), width)
        if isinstance(shown, DeadLetter):
            lines += _why(shown, width)
        else:
            state = join(marks.mark(message.state), text(when(message, now), Tone.DIM))
            lines += fact("state", state, width)
            lines += fact("received", f"{message.receive_count}×", width)
        lines += fact(
            "sent", f"{clock_time(message.sent_at, millis=True)}, {span_of(now - message.sent_at)} ago", width
        )
        lines += fact("group", message.group_id or "", width)
        lines += fact("flow", text("" if message.flow is None else f"#{message.flow}", Tone.ACCENT), width)
        for name, value in message.attributes.items():
            shown_value = value.get("StringValue") or value.get("BinaryValue") or value
            lines += fact(name, str(shown_value), width)
        if isinstance(shown, DeadLetter):
            trace = [piece for entry in shown.stack_trace for piece in _trace(entry, width)]
            lines += section("Stack trace", trace)
        body = [piece for line in body_lines(message.body) for piece in wrap(line, width, indent=2)]
        lines += section(f"Body  {len(message.body.encode(errors='replace')):,} bytes", body)
        return lines

    return build


def _why(letter: DeadLetter, width: int) -> list[Line]:
    lines = fact("why", text(letter.error or "not known", Tone.BAD), width)
    tries = f"{letter.attempts}×" if letter.attempts or not letter.sender else ""
    by = f"by {letter.function}" if letter.function and not letter.sender else ""
    lines += fact("attempts", " ".join(part for part in (tries, by) if part), width)
    lines += fact("from", letter.source or letter.sender or "", width)
    for name, value in letter.facts.items():
        lines += fact(name, value, width)
    lines += fact("given up", clock_time(letter.dead_lettered_at, millis=True), width)
    if letter.original_id:
        changed = ", ".join(letter.changed) or "nothing"
        lines += fact("resent as", f"edit of {letter.original_id}: {changed} changed", width)
    return lines


def _trace(entry: str, width: int) -> list[Line]:
    lines: list[Line] = []
    for line in entry.rstrip("\n").split("\n"):
        tone = Tone.ACCENT if line.lstrip().startswith("File ") else Tone.PLAIN
        lines += wrap(text(line, tone), width, indent=4)
    return lines
