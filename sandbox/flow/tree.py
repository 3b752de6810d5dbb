"""The causal tree of one flow, as data and as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from sandbox.model.durations import format_after
from sandbox.model.hops import Hop, HopKind, LinkKind

#: Levels of a tree; it is walked by recursion, and read by people.
DEEPEST = 150
#: Characters of an error that stand on a line.
_ERROR = 300


class Branch(msgspec.Struct, kw_only=True):
    """A hop and what it caused.

    Attributes:
        inferred: it stands here by a business key, not by a cause the engine saw.
        via: the hop that published it in between (an outbox run of another flow), when it was inferred.
    """

    hop: Hop
    children: list[Branch]
    inferred: bool = False
    via: int | None = None


def build(hops: Sequence[Hop]) -> list[Branch]:
    """Puts hops under their causes; hops without a cause among them are the roots, oldest first.

    Below `DEEPEST` levels (functions that call themselves on and on) hops stand beside their cause.

    Args:
        hops: in order of their ids.
    """
    branches = {hop.id: Branch(hop=hop, children=[]) for hop in hops}
    above: dict[int, Branch] = {}
    depths: dict[int, int] = {}
    roots = []
    for hop in hops:
        branch = branches[hop.id]
        parent = branches.get(hop.cause) if hop.cause is not None else None
        if parent is None:
            parent = _by_link(branch, branches)
        if parent is None or parent is branch:
            roots.append(branch)
            continue
        if depths.get(parent.hop.id, 0) >= DEEPEST:
            parent = above[parent.hop.id]
        above[hop.id] = parent
        depths[hop.id] = depths.get(parent.hop.id, 0) + 1
        parent.children.append(branch)
    return roots


def _by_link(branch: Branch, branches: dict[int, Branch]) -> Branch | None:
    for link in branch.hop.links:
        parent = branches.get(link.cause)
        if parent is not None:
            branch.inferred = link.kind is LinkKind.INFERRED
            branch.via = branch.hop.cause if branch.inferred else None
            return parent
    return None


def walk(branches: Iterable[Branch], depth: int = 0) -> Iterator[tuple[int, Branch]]:
    """Every branch with its depth, parents first."""
    for branch in branches:
        yield depth, branch
        yield from walk(branch.children, depth + 1)


def render(branches: Sequence[Branch]) -> Iterator[str]:
    """The tree as lines of text, times relative to its beginning."""
    if not branches:
        return
    began = branches[0].hop.at
    for index, branch in enumerate(branches):
        yield from _lines(branch, began, "", last=index == len(branches) - 1, top=True)


def _lines(branch: Branch, began: float, indent: str, *, last: bool, top: bool) -> Iterator[str]:
    elbow = "" if top else "└─ " if last else "├─ "
    yield f"{indent}{elbow}{describe(branch, began)}"
    below = indent + ("" if top else "   " if last else "│  ")
    for index, child in enumerate(branch.children):
        yield from _lines(child, began, below, last=index == len(branch.children) - 1, top=False)


_WORDS = {
    HopKind.API_CALL: "call",
    HopKind.HTTP_REQUEST: "http",
    HopKind.EVENT_PUT: "event",
    HopKind.RULE_MATCHED: "rule",
    HopKind.RULE_NOT_MATCHED: "no rule",
    HopKind.SCHEDULE_FIRED: "schedule",
    HopKind.PUBLISHED: "published",
    HopKind.FILTERED: "filtered out",
    HopKind.ITEM_CHANGED: "changed",
    HopKind.DELIVERED: "delivered",
    HopKind.DELIVERY_FAILED: "delivery failed",
    HopKind.MESSAGE_SENT: "queued",
    HopKind.MESSAGE_RECEIVED: "received",
    HopKind.MESSAGE_DELETED: "deleted",
    HopKind.MESSAGE_RETURNED: "visible again",
    HopKind.DEAD_LETTERED: "dead letter",
    HopKind.REDRIVEN: "redriven",
    HopKind.REPLAYED: "replayed",
    HopKind.INVOKE_START: "invoke",
    HopKind.INVOKE_END: "ended",
    HopKind.INVOKE_THROTTLED: "throttled",
    HopKind.INVOKE_RETRY: "retry",
    HopKind.FAULT_INJECTED: "fault injected:",
}


def describe(branch: Branch, began: float) -> str:
    """One hop in one line: when, what, where, how it went."""
    hop = branch.hop
    mark = "✗" if hop.status != "ok" else "●"
    word = "queued for" if hop.queues_at_function else _WORDS.get(hop.kind, hop.kind.value)
    parts = [f"{mark} {format_after(hop.at - began)}", word, _where(hop)]
    if hop.duration_ms is not None:
        parts.append(f"{hop.duration_ms:.1f} ms")
    parts.extend(_facts(hop))
    if branch.inferred:
        parts.append(f"(inferred by business key, published by hop {branch.via})")
    error = hop.error.split("\n", 1)[0][:_ERROR]
    if hop.status != "ok":
        parts.append(f"[{hop.status}{': ' + error if error else ''}]")
    elif error:  # a refusal that is the client's own doing: why its token was not taken
        parts.append(f"({error})")
    return " ".join(part for part in parts if part)


def _name(arn: str) -> str:
    """The last part of an ARN; API destinations have an id there, behind their name."""
    parts = arn.rsplit(":", 1)[-1].split("/")
    return parts[1] if parts[0] == "api-destination" and len(parts) > 1 else parts[-1]


def _where(hop: Hop) -> str:
    name = _name(hop.resource) if hop.resource.startswith("arn:") else ""
    if hop.kind is HopKind.HTTP_REQUEST:
        return hop.operation
    if hop.kind is HopKind.FAULT_INJECTED:
        return f"{hop.operation} at {name or hop.resource}"
    if hop.kind in (HopKind.INVOKE_START, HopKind.INVOKE_END) and hop.function:
        return hop.function.rsplit(":", 1)[-1]
    if hop.kind is HopKind.API_CALL:
        return f"{hop.service}:{hop.operation} {name}".strip()
    if hop.kind in (HopKind.EVENT_PUT, HopKind.REPLAYED):
        return f"{hop.detail.get('detailType', '')} on {name}".strip()
    return name or hop.resource


def _facts(hop: Hop) -> Iterator[str]:
    if hop.detail.get("cold"):
        yield "cold"
    if hop.kind is HopKind.INVOKE_START and hop.detail.get("attempt", 1) > 1:
        yield f"attempt {hop.detail['attempt']}"
    if "receive_count" in hop.detail and hop.detail["receive_count"] != 1:
        yield f"receive {hop.detail['receive_count']}"
    if hop.detail.get("changed"):
        yield f"edited: {', '.join(map(str, hop.detail['changed']))}"
    if hop.kind is HopKind.FILTERED:
        yield f"({hop.detail.get('path', '')}: {hop.detail.get('why', '')})"
    if "waited_ms" in hop.detail:
        yield f"waited {hop.detail['waited_ms']:.0f} ms"
    if hop.detail.get("http_status"):
        yield str(hop.detail["http_status"])
