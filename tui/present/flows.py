"""Flows: the list, the tree of one, and everything about one of its hops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sandbox.model.durations import format_after
from sandbox.model.views.flows import BranchView, FlowSummary, FlowView, NearMiss
from tui.present import marks
from tui.present.bodies import body_lines
from tui.present.cells import Builder, Cell, Line, Tone, join, squeezed, text, wrap
from tui.present.details import fact, heading, section
from tui.present.hops import facts, http_status, tone_of, where, words
from tui.present.numbers import clock_time, exact, milliseconds
from tui.present.table import Column, Scene, Table

STATUSES = ("ok", "error", "dead-lettered")


def _flow_cells(flow: FlowSummary, scene: Scene) -> Sequence[Cell]:
    return (
        text(marks.glyph(flow.status), marks.tone(flow.status)),
        text(f"#{flow.id}", Tone.ACCENT),
        text(clock_time(flow.began_at), Tone.DIM),
        text(exact(flow.last_at - flow.began_at), Tone.DIM),
        squeezed(
            (),
            text(flow.what, Tone.BAD if flow.status != "ok" else Tone.PLAIN),
            _behind(http_status(flow.http_status), gap=" "),
        ),
        text(f"{flow.hops}", Tone.DIM),
        text(flow.status if flow.status != "ok" else "", Tone.BAD),
        text(" ".join(flow.keys.values()), Tone.DIM),
    )


FLOWS: Table[FlowSummary] = Table(
    columns=(
        Column("", 1),
        Column("FLOW", 7),
        Column("BEGAN", 8),
        Column("TOOK", 7, right=True),
        Column("WHAT", 18, flex=3),
        Column("HOPS", 4, right=True, rank=1),
        Column("STATUS", 13, rank=3),
        Column("KEYS", 8, flex=2, rank=2),
    ),
    cells=_flow_cells,
    key=lambda flow: str(flow.id),
    find=lambda flow: f"#{flow.id} {flow.what} {flow.status} {' '.join(flow.keys.values())}",
    timeless=True,
)


@dataclass(frozen=True)
class Step:
    """A branch in its place of the drawn tree. `began`: virtual time at which the flow began."""

    branch: BranchView
    prefix: str
    began: float


def steps(flow: FlowView) -> list[Step]:
    """The tree, flattened: causes first."""
    began = flow.tree[0].hop.at if flow.tree else flow.summary.began_at
    return list(_flatten(flow.tree, "", began, top=True))


def _flatten(branches: Sequence[BranchView], indent: str, began: float, *, top: bool) -> Iterator[Step]:
    for index, branch in enumerate(branches):
        last = index == len(branches) - 1
        elbow = (
            ""
            if top
            else "└╌"
            if last and branch.inferred
            else "└─"
            if last
            else "├╌"
            if branch.inferred
            else "├─"
        )
        yield Step(branch, indent + elbow, began)
        yield from _flatten(
            branch.children, indent + ("" if top else "  " if last else "│ "), began, top=False
        )


def in_time(tree: Iterable[Step]) -> list[Step]:
    """The steps as they happened, for stepping through."""
    return sorted(tree, key=lambda step: (step.branch.hop.at, step.branch.hop.id))


def _behind(*pieces: Line, gap: str = "  ") -> Line:
    """Pieces, each after a gap."""
    whole = join(*pieces, gap=gap)
    return ((gap, Tone.PLAIN), *whole) if whole else ()


def _step_cells(step: Step, scene: Scene) -> Sequence[Cell]:
    hop = step.branch.hop
    told = tuple(facts(hop))
    tails = [_behind(*told)]
    if step.branch.inferred:
        ways = ("≈ inferred", f", published by hop {step.branch.via}")
        tails = [_behind(*told, text(way, Tone.ACCENT)) for way in ("".join(ways), ways[0], "≈")]
    return (
        text(format_after(hop.at - step.began), Tone.DIM),
        squeezed(((step.prefix, Tone.IDLE),), words(hop), *tails),
        text("" if hop.duration_ms is None else milliseconds(hop.duration_ms), Tone.DIM),
    )


TREE: Table[Step] = Table(
    columns=(Column("AT", 9), Column("HOP", 30, flex=1), Column("TOOK", 9, right=True, rank=1)),
    cells=_step_cells,
    key=lambda step: str(step.branch.hop.id),
    find=lambda step: f"{where(step.branch.hop)} {step.branch.hop.kind.value} {step.branch.hop.status}",
    timeless=True,
)


def hop_detail(step: Step, misses: Sequence[NearMiss] = ()) -> Builder:
    """Everything about one hop."""
    branch, hop = step.branch, step.branch.hop

    def build(width: int) -> list[Line]:
        lines = [join(heading(hop.kind.value, f"hop {hop.id}"), gap="")]
        lines += fact("what", text(where(hop), tone_of(hop)), width)
        lines += fact("at", f"{clock_time(hop.at, millis=True)}  {format_after(hop.at - step.began)}", width)
        lines += fact("took", "" if hop.duration_ms is None else milliseconds(hop.duration_ms), width)
        lines += fact("status", marks.mark(hop.status) if hop.status != "ok" else (), width)
        lines += fact("error", text(hop.error or branch.failed_by, Tone.BAD), width)
        lines += fact("cause", _cause(branch), width)
        for name in ("resource", "function", "request_id", "event_id", "message_id", "trace"):
            lines += fact(name.replace("_", " "), getattr(hop, name), width)
        for name, value in hop.keys.items():
            lines += fact(name, text(value, Tone.ACCENT), width)
        for name, value in hop.detail.items():
            if value is not None:
                lines += fact(name.replace("_", " "), str(value), width)
        lines += section(
            "Rules", [piece for miss in misses for piece in wrap(near_miss(miss), width, indent=2)]
        )
        lines += section(
            "Log", [piece for line in branch.log for piece in wrap(text(line.rstrip("\n")), width, indent=2)]
        )
        lines += section(
            "Payload",
            [piece for line in body_lines(hop.payload) for piece in wrap(line, width, indent=2)]
            if hop.payload
            else [],
        )
        return lines

    return build


def _cause(branch: BranchView) -> str:
    if branch.inferred:
        return f"inferred by business key; published by hop {branch.via}"
    cause = branch.hop.cause
    links = [f"{link.kind.value} of hop {link.cause}" for link in branch.hop.links]
    return ", ".join(([] if cause is None else [f"hop {cause}"]) + links)


def near_miss(miss: NearMiss) -> Line:
    """A rule, and why it did or did not match."""
    if miss.matched:
        return join(marks.mark("ok", "matched"), text(miss.rule))
    return join(
        marks.mark("idle", "no match"),
        text(miss.rule),
        text(miss.reason if miss.reason.startswith(miss.path) else f"{miss.path}: {miss.reason}", Tone.WARN),
    )
