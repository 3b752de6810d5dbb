"""The feed of a file: the flows that a failed test left behind, and nothing live."""

from __future__ import annotations

from sandbox.model.flow_reference import is_meant
from sandbox.model.hops import HopKind
from sandbox.model.views.flowfile import FlowFile
from sandbox.model.views.flows import FlowSummary, FlowView
from sandbox.model.views.system import LogView
from tui.feed.base import Post
from tui.feed.messages import Answered, Ask, Pictured
from tui.picture import Connection, Link, Picture, Trouble


class FileFeed:
    """A feed whose one picture never changes.

    Args:
        content: the file.
    """

    def __init__(self, content: FlowFile) -> None:
        self._flows = content.flows
        flows = tuple(flow.summary for flow in sorted(content.flows, key=_telling))
        self._picture = Picture(connection=Connection(Link.FILE), flows=flows, file=content.title)

    def start(self, post: Post) -> None:
        """Posts the picture."""
        post(Pictured(self._picture))

    def stop(self) -> None:
        """There is no thread to end."""

    def want(self, topics: frozenset[str]) -> None:
        """The picture has all there is."""

    def refresh(self) -> None:
        """There is no newer picture."""

    def ask(self, ask: Ask, post: Post) -> None:
        """Answers what is asked about flows."""
        if ask.method == "flow_ls":
            post(Answered(ask, self._found(ask.params["match"], ask.params["status"])))
        elif ask.method == "flow_show":
            self._show(ask, post)
        else:
            trouble = Trouble(
                "a file cannot tell", f"{ask.method} is asked of a sandbox", "`sandbox tui` without --file"
            )
            post(Answered(ask, trouble=trouble))

    def _found(self, match: str, status: str | None) -> list[FlowSummary]:
        """By a part of a business key or of how it began, or by a whole id, as a sandbox searches."""
        needle = match.casefold()
        return [
            flow.summary
            for flow in self._flows
            if status in (None, flow.summary.status)
            and (
                any(needle in word.casefold() for word in (flow.summary.what, *flow.summary.keys.values()))
                or is_meant(flow, match)
            )
        ]

    def _show(self, ask: Ask, post: Post) -> None:
        reference = ask.params["reference"]
        meant = [flow for flow in self._flows if is_meant(flow, reference)]
        if meant:  # the flow with that id comes before one that has a hop with it
            post(Answered(ask, min(meant, key=lambda flow: str(flow.summary.id) != reference)))
            return
        trouble = Trouble(
            "the file holds no such flow", f"none is known by {reference}", "choose one of the list"
        )
        post(Answered(ask, trouble=trouble))

    def follow_logs(self, *, on: bool) -> None:
        """Log lines stand with their invocations in the tree; there is no tail."""

    def take_lines(self) -> tuple[list[LogView], int]:
        """None come."""
        return [], 0


def _telling(flow: FlowView) -> tuple[bool, bool, int]:
    """Sorts by what a flow may tell of the failure: what went wrong, the newest, runs of schedules."""
    by_schedule = bool(flow.tree) and flow.tree[0].hop.kind is HopKind.SCHEDULE_FIRED
    return flow.summary.status == "ok", by_schedule, -flow.summary.id
