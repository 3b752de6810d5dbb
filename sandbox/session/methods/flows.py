"""Flows: list, show, follow, and why a rule did not match."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from sandbox.control.protocol import Dropped
from sandbox.control.server import Method
from sandbox.errors import SandboxError, UsageError
from sandbox.flow import queries, tree
from sandbox.flow.listing import HopFilter, flows
from sandbox.flow.summaries import summary
from sandbox.model.hops import Hop, HopKind
from sandbox.model.views.flows import FlowFilter, FlowSummary, FlowView, NearMiss
from sandbox.session.choosing import near_ids
from sandbox.session.deadletters import last_error
from sandbox.session.following import Follower
from sandbox.session.rules import near_misses
from sandbox.session.views import branch_view, iso

if TYPE_CHECKING:
    from sandbox.session.session import Session

#: Log lines of one invocation that are shown.
_LOG_LINES = 500


class Flows:
    """Methods about flows."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def table(self) -> dict[str, Method]:
        """Name of each method -> what answers it."""
        return {
            "flow_ls": self.flow_ls,
            "flow_show": self.flow_show,
            "flow_tail": self.flow_tail,
            "flow_near_misses": self.flow_near_misses,
        }

    async def flow_ls(
        self,
        limit: int = 50,
        schedules: bool = False,
        function: str | None = None,
        queue: str | None = None,
        status: str | None = None,
        key: str | None = None,
        match: str = "",
        since: float | None = None,
        until: float | None = None,
        before: int | None = None,
        account: str | None = None,
    ) -> list[FlowSummary]:
        """The newest flows, newest first; the parameters are those of `FlowFilter`.

        Raises:
            UsageError: no flow can have that status.
        """
        wanted = FlowFilter(
            function=function,
            queue=queue,
            status=status,
            key=key,
            match=match,
            since=since,
            until=until,
            schedules=schedules,
            account=account,
            before=before,
            limit=limit,
        )
        try:
            return await flows(self._session.journal, wanted)
        except ValueError as error:
            raise UsageError("the flows were not listed", str(error), "say --status error") from error

    async def flow_show(self, reference: str, account: str | None = None) -> FlowView:
        """One flow, whole: its hops as a tree, with log lines.

        Args:
            reference: a flow or hop id; the id of an event, message, request or trace; or a business key.
            account: whose business key is meant; None for anybody's.

        Raises:
            SandboxError: nothing is known by it; near ones are suggested.
        """
        session = self._session
        flow = queries.find_flow(session.journal, reference, account)
        database = session.journal.database
        found = None if flow is None else summary(database, flow)
        if flow is None or found is None:
            raise self._unknown(reference)
        hops = queries.hops_of_flow(database, flow)
        branches = tree.build(hops)
        began = branches[0].hop.at if branches else found.began_at
        return FlowView(
            summary=found,
            tree=[branch_view(branch, began, self._log, self._error) for branch in branches],
            truncated=len(hops) >= queries.MOST_HOPS,
        )

    async def flow_tail(
        self,
        function: str | None = None,
        queue: str | None = None,
        status: str | None = None,
        key: str | None = None,
    ) -> AsyncIterator[dict[str, Any] | Dropped]:
        """Every hop as it is recorded, or those that the filter lets through."""
        wanted = HopFilter(FlowFilter(function=function, queue=queue, status=status, key=key))
        with Follower[Hop](self._session.journal.subscribe) as follower:
            async for hop in follower.told():
                if isinstance(hop, Dropped):
                    yield hop
                elif wanted.lets(hop):
                    line = tree.describe(tree.Branch(hop=hop, children=[]), hop.at)
                    yield {"hop": hop, "line": f"{iso(hop.at)} {line}"}

    async def flow_near_misses(self, hop: int) -> list[NearMiss]:
        """What every rule of its bus says of an event: matched, or the first part of its pattern that failed.

        Args:
            hop: the hop of the event's PutEvents, or one that it led to.

        Raises:
            SandboxError: the hop has no event, or its payload was too long to be kept whole.
        """
        way = queries.way_to(self._session.journal.database, hop)
        put = next((one for one in way if one.kind is HopKind.EVENT_PUT), None)
        if put is None:
            raise SandboxError(
                f"hop {hop} has no event",
                "neither it nor what led to it was a PutEvents",
                "give the hop of an `event` line of `sandbox flow show ID --json`",
            )
        return near_misses(self._session, put)

    # --- inside ------------------------------------------------------------------------------------------
    def _log(self, hop: int) -> list[str]:
        lines = self._session.engine.logs.lines_caused_by(hop)
        return [line.rstrip("\n") for line in lines[-_LOG_LINES:]]

    def _error(self, dead: Hop) -> str:
        return last_error(self._session, dead)

    def _unknown(self, reference: str) -> SandboxError:
        known = queries.known_references(self._session.journal.database)
        near = near_ids(reference, known)
        hint = f"did you mean {', '.join(near)}? " if near else ""
        return SandboxError(
            f"no flow is known by {reference}",
            "it is no id of a flow, event, message, request or trace, and no business key in the journal",
            f"{hint}`sandbox flow ls` lists the newest",
        )
