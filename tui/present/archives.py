"""Archives of buses and replays of what is in them, in one list: archives first, each with its replays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sandbox.model.views.archives import ArchiveView, ReplayView
from tui.present import marks
from tui.present.bodies import body_lines
from tui.present.cells import Builder, Cell, Line, Tone, text, wrap
from tui.present.details import fact, heading, section
from tui.present.numbers import count, date_time, quantity
from tui.present.table import Column, Scene, Table

Kept = ArchiveView | ReplayView
#: States of a replay that go on.
GOING_ON = ("STARTING", "RUNNING", "CANCELLING")


def in_order(archives: Iterable[ArchiveView], replays: Sequence[ReplayView]) -> list[Kept]:
    """Every archive with its replays below it; replays of archives that are gone at the end."""
    found: list[Kept] = []
    names = set()
    for archive in archives:
        names.add(archive.name)
        found += [archive, *(replay for replay in replays if replay.archive == archive.name)]
    return found + [replay for replay in replays if replay.archive not in names]


def _span(first: float | None, last: float | None) -> str:
    return "–" if first is None or last is None else f"{date_time(first)} … {date_time(last)}"


def _state(replay: ReplayView) -> Line:
    word = replay.state.lower()
    if replay.state in GOING_ON:
        return marks.mark("running", word)
    return marks.mark("ok" if replay.state == "COMPLETED" else "skipped", word)


def _cells(kept: Kept, scene: Scene) -> Sequence[Cell]:
    if isinstance(kept, ArchiveView):
        keeps = f"{kept.retention_days} days" if kept.retention_days else "for ever"
        return (
            text(f"▤ {kept.name}", Tone.STRONG),
            text(f"kept {keeps}", Tone.DIM),
            text(count(kept.events), Tone.STRONG if kept.events else Tone.IDLE),
            text(_span(kept.first_at, kept.last_at), Tone.DIM),
            text(kept.bus, Tone.DIM),
        )
    return (
        text(f"  ↻ {kept.name}"),
        _state(kept),
        text(count(kept.replayed)),
        text(_span(kept.since, kept.until), Tone.DIM),
        text(", ".join(kept.rules) or "all rules", Tone.DIM),
    )


ARCHIVES: Table[Kept] = Table(
    columns=(
        Column("ARCHIVE / REPLAY", 22, flex=2),
        Column("STATE", 13),
        Column("EVENTS", 7, right=True),
        Column("TIMES IN THE EVENTS", 41, rank=2),
        Column("BUS / RULES", 14, flex=1, rank=1),
    ),
    cells=_cells,
    key=lambda kept: f"{type(kept).__name__}/{kept.name}",
    find=lambda kept: f"{kept.name} {kept.bus}",
)


def archive_detail(kept: Kept) -> Builder:
    """An archive, or a replay."""
    return _replay(kept) if isinstance(kept, ReplayView) else _archive(kept)


def _archive(archive: ArchiveView) -> Builder:
    def build(width: int) -> list[Line]:
        keeps = quantity(archive.retention_days, "day") if archive.retention_days else "for ever"
        lines = wrap(heading("Archive", archive.name), width)
        lines += fact("of bus", archive.bus, width)
        lines += fact("holds", f"{quantity(archive.events, 'event')}, {count(archive.bytes)} bytes", width)
        lines += fact("from … to", _span(archive.first_at, archive.last_at), width)
        lines += fact("keeps them", keeps, width)
        lines += fact("arn", archive.arn, width)
        hint = "r sends its events to the rules of the bus again."
        lines += [(), *wrap(text(hint, Tone.DIM), width)]
        body = [piece for line in body_lines(archive.pattern) for piece in wrap(line, width, indent=2)]
        return lines + section("Keeps what matches", body if archive.pattern else [])

    return build


def _replay(replay: ReplayView) -> Builder:
    def build(width: int) -> list[Line]:
        lines = wrap(heading("Replay", replay.name), width)
        lines += fact("state", _state(replay), width)
        lines += fact("of archive", replay.archive, width)
        lines += fact("to bus", replay.bus, width)
        lines += fact("rules", ", ".join(replay.rules) or "all of the bus", width)
        lines += fact("from … to", _span(replay.since, replay.until), width)
        lines += fact("sent", f"{quantity(replay.replayed, 'event')} so far", width)
        lines += fact("began", date_time(replay.started_at), width)
        lines += fact("ended", "" if replay.ended_at is None else date_time(replay.ended_at), width)
        return lines

    return build
