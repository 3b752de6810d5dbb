"""Queues: the table, and what is said about one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sandbox.model.safe_text import one_line
from sandbox.model.views.messages import QueueView
from tui.present import marks
from tui.present.cells import Cell, Drawn, Line, Tone, join, squeeze, text
from tui.present.numbers import age_of, count, per_second, quantity, span_of, sparkline
from tui.present.table import Column, Scene, Table


def health(queue: QueueView) -> str:
    """How a queue does: a dead-letter queue with messages is a problem, an ageing backlog a warning."""
    if queue.is_dead_letter_queue:
        return "problem" if queue.visible + queue.in_flight + queue.delayed else "idle"
    if (queue.oldest_seconds or 0) > max(60.0, queue.visibility_timeout) and queue.visible:
        return "warning"
    if queue.visible or queue.in_flight:
        return "busy"
    return "delayed" if queue.delayed else "idle"


def ordered(queues: Iterable[QueueView]) -> list[QueueView]:
    """Each queue with its dead-letter queue right below it."""
    by_name = {queue.name: queue for queue in queues}
    result: list[QueueView] = []
    for queue in sorted(by_name.values(), key=lambda queue: queue.name):
        if not queue.is_dead_letter_queue:
            result.append(queue)
            letters = by_name.get(queue.dead_letter_queue or "")
            if letters is not None and letters not in result:
                result.append(letters)
    result += [queue for queue in by_name.values() if queue not in result]
    return result


def name_of(queue: QueueView) -> Drawn:
    """The name with its sign; a dead-letter queue hangs below its source."""
    full = queue.visible + queue.in_flight + queue.delayed

    def draw(width: int) -> Line:
        if queue.is_dead_letter_queue:
            name = squeeze(one_line(queue.name), width - 3)
            return ((" ☠ ", Tone.BAD if full else Tone.IDLE), (name, Tone.BAD if full else Tone.DIM))
        sign = (f"{marks.glyph(health(queue))} ", marks.tone(health(queue)))
        return (sign, (squeeze(one_line(queue.name), width - 2), Tone.PLAIN))

    return draw


def number(value: int, tone: Tone = Tone.PLAIN) -> Line:
    """A count; nothing stands out where there is nothing."""
    return text(count(value), tone) if value else text("0", Tone.IDLE)


def _age(queue: QueueView, scene: Scene) -> Line:
    if queue.oldest_seconds is None:
        return text("–", Tone.IDLE)
    clock = scene.picture.status.clock.now if scene.picture.status else scene.now
    age = queue.oldest_seconds + max(0.0, scene.now - clock)
    return text(age_of(age), Tone.WARN if health(queue) == "warning" else Tone.PLAIN)


def _cells(queue: QueueView, scene: Scene) -> Sequence[Cell]:
    bad = Tone.BAD if queue.is_dead_letter_queue else Tone.STRONG
    return (
        name_of(queue),
        number(queue.visible, bad),
        number(queue.in_flight, Tone.BUSY),
        number(queue.delayed),
        _age(queue, scene),
        lambda width: sparkline(scene.rates.series(f"sent:{queue.name}", scene.wall, width), width),
        text(per_second(scene.rates.rate(f"sent:{queue.name}", scene.wall)) or "–", Tone.DIM),
        lambda width: sparkline(
            scene.rates.series(f"deleted:{queue.name}", scene.wall, width), width, Tone.OK
        ),
        text(", ".join(queue.consumers or (queue.gives,)) or "–", Tone.DIM),
    )


QUEUES: Table[QueueView] = Table(
    columns=(
        Column("QUEUE", 31, flex=3),
        Column("VISIBLE", 7, right=True),
        Column("IN FLIGHT", 9, right=True),
        Column("DELAYED", 7, right=True),
        Column("OLDEST", 7, right=True),
        Column("SENT", 8, flex=1, rank=1),
        Column("RATE", 6, right=True, rank=3),
        Column("DELETED", 10, flex=1, rank=2),
        Column("CONSUMER / SOURCE", 20, flex=2, rank=4),
    ),
    cells=_cells,
    key=lambda queue: queue.name,
    find=lambda queue: " ".join((queue.name, *queue.consumers)),
)


def _small(queue: QueueView, scene: Scene) -> Sequence[Cell]:
    return _cells(queue, scene)[:5]


#: For half a screen.
SMALL: Table[QueueView] = Table(
    columns=(
        Column("QUEUE", 20, flex=1),
        Column("VIS", 6, right=True),
        Column("FLT", 5, right=True, rank=1),
        Column("DEL", 5, right=True, rank=2),
        Column("OLDEST", 6, right=True, rank=3),
    ),
    cells=_small,
    key=QUEUES.key,
    find=QUEUES.find,
)


def about(queue: QueueView) -> Line:
    """One line on a queue: settings and connections."""
    parts = [
        text(queue.name, Tone.STRONG),
        text(f"visibility {span_of(queue.visibility_timeout)}", Tone.DIM),
        text(f"kept {span_of(queue.retention)}", Tone.DIM),
    ]
    if queue.dead_letter_queue:
        parts.append(text(f"☠ after {quantity(queue.max_receives or 0, 'receive')}", Tone.DIM))
    elif not queue.is_dead_letter_queue:
        parts.append(text("▲ no dead-letter queue", Tone.WARN))
    if queue.is_dead_letter_queue:
        parts.append(text(f"dead letters of {queue.gives}", Tone.DIM))
    return join(*parts, gap=" · ")
