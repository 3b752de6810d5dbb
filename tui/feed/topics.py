"""What pictures are made of: for each topic the control method, the type of its answer, and how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from sandbox.control.protocol import StatusView
from sandbox.model.views.archives import ArchiveView, ReplayView
from sandbox.model.views.faults import FaultView
from sandbox.model.views.flows import FlowSummary
from sandbox.model.views.messages import QueueView
from sandbox.model.views.sagas import SagaCheck, SagaView
from sandbox.model.views.system import LintView, Snapshot, TableView
from tui.picture import Picture

#: The most rows that a list of a picture holds.
MOST_SAGAS = 5_000
MOST_FLOWS = 500


@dataclass(frozen=True)
class Topic:
    """One part of a picture.

    Attributes:
        kind: type of the answer.
        every: real seconds between two questions at most; a slow answer is asked for less often still.
        idle: real seconds after which it is asked for although the sandbox told of no change.
    """

    method: str
    kind: Any
    put: Callable[[Picture, Any], Picture]
    params: dict[str, Any] = field(default_factory=dict)
    every: float = 0.5
    idle: float = 5.0


def _snapshot(picture: Picture, answer: Snapshot) -> Picture:
    return replace(
        picture,
        status=msgspec.convert(answer.status, StatusView),
        map=answer.map,
        functions=tuple(answer.functions),
        buses=tuple(answer.buses),
    )


TOPICS: dict[str, Topic] = {
    "snapshot": Topic("snapshot", Snapshot, _snapshot),
    "status": Topic("status", StatusView, lambda picture, answer: replace(picture, status=answer)),
    "queues": Topic(
        "queue_ls", list[QueueView], lambda picture, answer: replace(picture, queues=tuple(answer))
    ),
    "sagas": Topic(
        "saga_ls",
        list[SagaView],
        lambda picture, answer: replace(picture, sagas=tuple(answer)),
        {"limit": MOST_SAGAS},
        every=1.0,
    ),
    "recent_sagas": Topic(
        "saga_ls",
        list[SagaView],
        lambda picture, answer: replace(picture, sagas=tuple(answer)),
        {"limit": 500},
        every=1.0,
    ),
    "check": Topic(
        "saga_check", SagaCheck, lambda picture, answer: replace(picture, check=answer), {}, 10.0, 30.0
    ),
    "flows": Topic(
        "flow_ls",
        list[FlowSummary],
        lambda picture, answer: replace(picture, flows=tuple(answer)),
        {"limit": MOST_FLOWS, "schedules": False},
        every=1.0,
    ),
    "all_flows": Topic(
        "flow_ls",
        list[FlowSummary],
        lambda picture, answer: replace(picture, flows=tuple(answer)),
        {"limit": MOST_FLOWS, "schedules": True},
        every=1.0,
    ),
    "tables": Topic(
        "tables",
        list[TableView],
        lambda picture, answer: replace(picture, tables=tuple(answer)),
        {},
        5.0,
        10.0,
    ),
    "archives": Topic(
        "bus_archives",
        list[ArchiveView],
        lambda picture, answer: replace(picture, archives=tuple(answer)),
        every=1.0,
    ),
    "replays": Topic(
        "bus_replays",
        list[ReplayView],
        lambda picture, answer: replace(picture, replays=tuple(answer)),
        every=1.0,
    ),
    "faults": Topic(
        "fault_ls",
        list[FaultView],
        lambda picture, answer: replace(picture, faults=tuple(answer)),
        every=1.0,
    ),
    "lints": Topic(
        "lint", list[LintView], lambda picture, answer: replace(picture, lints=tuple(answer)), {}, 5.0, 30.0
    ),
}
