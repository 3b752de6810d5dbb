"""Flows: list, show, follow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sandbox.control.server import Method
from sandbox.errors import SandboxError
from sandbox.flow import queries, tree
from sandbox.model.hops import Hop
from sandbox.session.following import Follower
from sandbox.session.views import branch_view, iso

if TYPE_CHECKING:
    from sandbox.session.session import Session


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
        }

    async def flow_ls(self, limit: int, schedules: bool) -> list[queries.FlowSummary]:
        """The newest flows."""
        self._session.journal.flush()
        return queries.flows(self._session.journal.database, limit=limit, schedules=schedules)

    async def flow_show(self, reference: str) -> dict[str, Any]:
        """One flow: its hops as a tree, as data and as lines of text."""
        self._session.journal.flush()
        database = self._session.journal.database
        flow = queries.find_flow(database, reference)
        if flow is None:
            near = get_close_matches(reference, queries.known_references(database), n=3)
            hint = f"did you mean {', '.join(near)}? " if near else ""
            raise SandboxError(
                f"no flow is known by {reference}",
                "it is no flow id, event id, message id, request id or business key in the journal",
                f"{hint}`sandbox flow ls` lists the newest",
            )
        branches = tree.build(queries.hops_of_flow(database, flow))
        return {
            "flow": flow,
            "tree": [branch_view(branch) for branch in branches],
            "lines": list(tree.render(branches)),
        }

    async def flow_tail(self) -> AsyncIterator[dict[str, Any]]:
        """Every hop as it is recorded."""
        with Follower[Hop](self._session.journal.subscribe) as follower:
            async for hop in follower:
                line = tree.describe(tree.Branch(hop=hop, children=[]), hop.at)
                yield {"hop": hop, "line": f"{iso(hop.at)} {line}"}
