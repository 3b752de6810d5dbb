"""Flows: the list, the tree of the one under the cursor, and the hop under the cursor of the tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from sandbox.model.hops import HopKind
from sandbox.model.views.flows import FlowSummary, FlowView, NearMiss
from tui.actions import bindings
from tui.picture import Trouble
from tui.present import marks
from tui.present.absent import absent, refused
from tui.present.cells import Line, Tone, join, text
from tui.present.flows import FLOWS, STATUSES, TREE, Step, hop_detail, in_time, steps
from tui.present.numbers import exact, quantity
from tui.present.refs import Ref
from tui.present.table import Scene
from tui.screens.base import Board
from tui.widgets.grid import Grid
from tui.widgets.line import Title
from tui.widgets.pane import Pane

#: Flows that a search shows at most.
_FOUND = 200


class Flows(Board):
    """The list on top, the tree below, the hop beside."""

    NAME = "flows"
    SEARCHES = ("flows", "tree")
    ABOUT = (
        "The newest flows; below, the tree of the one under the cursor: every hop under what caused it, "
        "growing while things happen. A dotted branch was joined by business key, not by a cause that the "
        "sandbox saw. n and p step through in the order in which things happened; the hop's facts, log lines "
        "and payload stand beside it. g leads on to queue, function, logs or saga."
    )
    ABOUT_FILE = (
        "The flows of a test that failed, as they were then; those that went wrong come first, runs of "
        "schedules last. Below, the tree of the one under the cursor: every hop under what caused it. A "
        "dotted branch was joined by business key, not by a cause that the sandbox saw. n and p step through "
        "in the order in which things happened; the hop's facts, log lines and payload stand beside it."
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("flows")]

    def __init__(self) -> None:
        super().__init__()
        self._schedules = False
        self._status: str | None = None
        self._flow: FlowView | None = None
        self._steps: list[Step] = []
        self._seen: FlowSummary | None = None
        self._asked: str = ""
        self._pinned: str | None = None
        self._hop: str | None = None
        self._misses: dict[int, list[NearMiss]] = {}
        self._trouble: Trouble | None = None
        self._looked_for: tuple[str, str | None, bool] | None = None
        self._older: list[FlowSummary] = []

    def topics(self) -> frozenset[str]:
        """With or without the runs of schedules."""
        return frozenset({"snapshot", "all_flows" if self._schedules else "flows"})

    def body(self) -> ComposeResult:
        """List, tree, hop."""
        yield Grid(FLOWS, id="flows", classes="top flows")
        yield Title(id="flow-title")
        with Container(classes="split"):
            yield Grid(TREE, id="tree", classes="master")
            yield Pane(id="hop", classes="detail")

    @property
    def _list(self) -> Grid[FlowSummary]:
        return self.query_one("#flows", Grid)

    @property
    def _tree(self) -> Grid[Step]:
        return self.query_one("#tree", Grid)

    @property
    def _in_tree(self) -> bool:
        return self.focused is not None and self.focused.id in ("tree", "hop")

    @property
    def thing(self) -> Any:
        """A hop when the tree has the focus, else the flow."""
        if self._in_tree:
            return self._tree.thing.branch.hop if self._tree.thing else None
        return self._list.thing

    def draw(self, scene: Scene) -> None:
        """The list, then the tree."""
        flows = [flow for flow in scene.picture.flows or () if self._status in (None, flow.status)]
        found = self._with_older(self.searched(flows, FLOWS, "flows"))
        topic = "all_flows" if self._schedules else "flows"
        nothing, hint = "no flow yet", "send a request, a message or an event"
        if self._status:
            nothing, hint = f"no flow that is {self._status}", "f shows those of another status, or all"
        empty = absent(scene.picture, (topic,), nothing, hint, self.needle_in("flows"))
        self._list.show(found, scene, empty=empty)
        self._look(scene)

    def _with_older(self, found: Sequence[FlowSummary]) -> Sequence[FlowSummary]:
        """What was found among the newest, and what the sandbox finds among all; of those that went well,
        enough are among the newest.
        """
        needle, status = self.needle_in("flows"), self._status
        if not needle and status in (None, "ok"):
            self._looked_for, self._older = None, []
            return found
        if (needle, status, self._schedules) != self._looked_for:
            self._looked_for, self._older = (needle, status, self._schedules), []
            self.ask(
                "flow_ls",
                list[FlowSummary],
                self._found_older,
                topic="search",
                match=needle,
                status=status,
                schedules=self._schedules,
                limit=_FOUND,
            )
        known = {flow.id for flow in found}
        more = [flow for flow in self._older if flow.id not in known]
        return sorted([*found, *more], key=lambda flow: -flow.id)

    def _found_older(self, flows: list[FlowSummary]) -> None:
        self._older = flows
        self.redraw()

    def _look(self, scene: Scene) -> None:
        """Asks for the tree of the flow under the cursor when it has grown."""
        flow = self._list.thing
        reference = self._pinned or (str(flow.id) if flow else "")
        changed = flow != self._seen or reference != self._asked
        if not reference:
            self._seen, self._asked, self._flow, self._steps, self._trouble = None, "", None, [], None
        if reference and changed and scene.picture.answered:
            if reference != self._asked:
                self._flow, self._steps, self._trouble = None, [], None
            self._seen, self._asked = flow, reference
            self.ask("flow_show", FlowView, self._arrived, self._refused, topic="flow", reference=reference)
        self._show(scene)

    def _arrived(self, flow: FlowView) -> None:
        self._flow, self._trouble = flow, None
        self._steps = steps(flow)
        scene = self.host.scene()
        self._show(scene)
        if self._hop is not None:
            self._tree.go_to(self._hop)
            self._hop = None
        if self._pinned is not None and self._list.go_to(str(flow.summary.id)):
            self._pinned, self._asked = None, str(flow.summary.id)

    def _refused(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self._flow, self._steps = None, []
        if not trouble.missing and self._pinned is not None:
            self.complain(trouble)
            self._pinned = None
        self._show(self.host.scene())

    def _show(self, scene: Scene) -> None:
        found = self.searched(self._steps, TREE, "tree")
        waiting = (text("  loading …" if self._asked else "", Tone.DIM),)
        self._tree.show(found, scene, empty=refused(self._trouble) if self._trouble else waiting)
        self.query_one("#flow-title", Title).show(*self._title())
        self._show_hop()

    def _title(self) -> tuple[Line, Line]:
        flow = self._flow
        if flow is None:
            return text("Flow", Tone.TITLE), ()
        summary = flow.summary
        left = join(
            marks.mark(summary.status),
            text(f"flow #{summary.id}", Tone.TITLE),
            text(summary.what, Tone.STRONG),
            text(" ".join(f"{name}={value}" for name, value in summary.keys.items()), Tone.ACCENT),
            gap="  ",
        )
        right = f"{quantity(summary.hops, 'hop')} in {exact(summary.last_at - summary.began_at)}"
        return left, text(right + (" (cut)" if flow.truncated else ""), Tone.DIM)

    def _show_hop(self) -> None:
        step = self._tree.thing
        pane = self.query_one("#hop", Pane)
        if step is None:
            pane.show(None)
        else:
            hop = step.branch.hop.id
            misses = self._misses.get(hop, [])
            pane.show(hop_detail(step, misses), hop, (step, misses))

    @on(Grid.Moved, "#flows")
    def _flow_moved(self) -> None:
        if self._list.has_focus:
            self._pinned = None
        self._look(self.host.scene())
        self.show_keys()

    @on(Grid.Moved, "#tree")
    def _hop_moved(self) -> None:
        self._show_hop()
        self.show_keys()

    @on(Grid.Chosen, "#flows")
    def _flow_chosen(self) -> None:
        self._tree.focus()

    @on(Grid.Chosen, "#tree")
    def _hop_chosen(self) -> None:
        self.open_detail()

    def find(self, ref: Ref) -> bool:
        """A flow by anything that identifies it; a hop is put under the cursor of its tree."""
        self._pinned = ref.id
        self._hop = ref.id if ref.kind == "hop" else None
        self._status = None
        if ref.kind == "flow" and self._list.go_to(ref.id):
            self._pinned = None
        self._tree.focus()
        self._look(self.host.scene())
        return True

    def available(self, action: str) -> bool:
        """Why rules match is asked about an event."""
        if action == "misses":
            step = self._tree.thing
            return step is not None and step.branch.hop.kind in (HopKind.EVENT_PUT, HopKind.RULE_MATCHED)
        if action in ("next_step", "previous_step"):
            return bool(self._steps)
        return True

    def action_next_step(self) -> None:
        """The hop that happened next."""
        self._step(1)

    def action_previous_step(self) -> None:
        """The hop that happened before."""
        self._step(-1)

    def _step(self, by: int) -> None:
        order = [str(step.branch.hop.id) for step in in_time(self._steps)]
        here = self._tree.key_at(self._tree.cursor)
        if order:
            place = order.index(here) + by if here in order else 0
            self._tree.go_to(order[max(0, min(len(order) - 1, place))])
            self._tree.focus()

    def action_status(self) -> None:
        """The next status to filter by."""
        choices = (None, *STATUSES)
        self._status = choices[(choices.index(self._status) + 1) % len(choices)]
        self.redraw()

    def action_schedules(self) -> None:
        """With or without the runs of schedules."""
        self._schedules = not self._schedules
        self.host.feed.want(self.topics())
        self.redraw()

    def note(self) -> Line:
        """What is filtered."""
        words = [f"only {self._status}"] if self._status else []
        words += ["with schedules"] if self._schedules else []
        return text(" · ".join(words), Tone.WARN) if words else ()

    def action_misses(self) -> None:
        """Asks which rules matched, and why others did not."""
        step = self._tree.thing
        if step is None:
            return
        hop = step.branch.hop

        def show(misses: list[NearMiss]) -> None:
            self._misses[hop.id] = misses
            self._show_hop()
            self.open_detail()

        event = hop.cause if hop.kind is HopKind.RULE_MATCHED and hop.cause is not None else hop.id
        self.ask("flow_near_misses", list[NearMiss], show, topic="misses", hop=event)
