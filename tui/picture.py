"""One picture of the sandbox: the frozen value that goes from the feed to the screens."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.control.protocol import StatusView
from sandbox.model.views.archives import ArchiveView, ReplayView
from sandbox.model.views.faults import FaultView
from sandbox.model.views.flows import FlowSummary
from sandbox.model.views.messages import QueueView
from sandbox.model.views.sagas import SagaCheck, SagaView
from sandbox.model.views.system import BusView, FunctionStats, LintView, MapView, TableView


class Link(StrEnum):
    """How the dashboard and the sandbox stand to each other."""

    CONNECTING = "connecting"
    LIVE = "live"
    LOST = "disconnected"
    FILE = "from a file"


@dataclass(frozen=True)
class Connection:
    """The state of the connection.

    Attributes:
        since: wall-clock time at which this state began, seconds since the epoch.
        reason, remedy: why it is lost, and what to do.
    """

    link: Link = Link.CONNECTING
    since: float = 0.0
    reason: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Trouble:
    """Why a question was not answered: what happened, why, and what to do.

    Attributes:
        missing: this sandbox has no such control method.
    """

    what: str
    why: str = ""
    remedy: str = ""
    missing: bool = False


@dataclass(frozen=True)
class Picture:
    """Everything the screens show that is not asked for by a selection.

    A value of None has not been answered yet; an empty one was answered and is empty.

    Attributes:
        taken_at: wall-clock time of the picture, seconds since the epoch.
        status_at: wall-clock time of its status, and so of its clock; other parts may be newer.
        missing: topics that this sandbox has no control method for.
        troubles: topic -> why it could not be answered.
        file: title of the file that it is from; empty where it is of a sandbox.
    """

    connection: Connection = Connection()
    taken_at: float = 0.0
    status_at: float = 0.0
    status: StatusView | None = None
    map: MapView | None = None
    functions: tuple[FunctionStats, ...] | None = None
    buses: tuple[BusView, ...] | None = None
    queues: tuple[QueueView, ...] | None = None
    sagas: tuple[SagaView, ...] | None = None
    check: SagaCheck | None = None
    flows: tuple[FlowSummary, ...] | None = None
    tables: tuple[TableView, ...] | None = None
    archives: tuple[ArchiveView, ...] | None = None
    replays: tuple[ReplayView, ...] | None = None
    lints: tuple[LintView, ...] | None = None
    faults: tuple[FaultView, ...] | None = None
    missing: frozenset[str] = frozenset()
    troubles: dict[str, str] = field(default_factory=dict)
    file: str = ""

    @property
    def live(self) -> bool:
        """Whether the sandbox answers."""
        return self.connection.link is Link.LIVE

    @property
    def answered(self) -> bool:
        """Whether questions are answered: by the sandbox, or from a file."""
        return self.connection.link in (Link.LIVE, Link.FILE)

    def now(self, wall: float) -> float:
        """The virtual time at a wall-clock time, carried on from the picture at the clock's speed.

        Without a connection time stands still: nobody knows better.
        """
        if self.status is None:
            return wall
        clock = self.status.clock
        return clock.now + (clock.speed * max(0.0, wall - self.status_at) if self.live else 0.0)
