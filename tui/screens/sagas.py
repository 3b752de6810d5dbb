"""Sagas: a row for each; the steps, what it waits for, and the waterfall of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical

from sandbox.model.views.sagas import SagaDetail, SagaView, TimelineEntry
from tui.actions import bindings
from tui.feed.topics import MOST_SAGAS
from tui.picture import Trouble
from tui.present.absent import absent, refused
from tui.present.cells import Line, Tone, join, text
from tui.present.refs import Ref
from tui.present.sagas import (
    OUTCOMES,
    SAGAS,
    TIMELINE,
    check_lines,
    head,
    summary,
    urgent_first,
    waterfall,
    with_outcome,
)
from tui.present.table import Scene
from tui.screens.base import Board
from tui.widgets.grid import Grid
from tui.widgets.line import Title
from tui.widgets.pane import Pane

#: Older sagas that a search shows at most.
_FOUND = 500


class Sagas(Board):
    """The list on top, the saga under the cursor below: head, then the waterfall."""

    NAME = "sagas"
    SEARCHES = ("sagas",)
    TOPICS: ClassVar[frozenset[str]] = frozenset({"snapshot", "sagas"})
    ABOUT = (
        "Every saga with its state, step, age and attempts; those that need someone come first. Below, "
        "for the saga under the cursor: its steps, what it waits for now, and where its time went, drawn "
        "to scale. Enter goes into the waterfall; g from there leads to the flow."
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("sagas")]

    def __init__(self) -> None:
        super().__init__()
        self._outcome: str | None = None
        self._detail: SagaDetail | None = None
        self._trouble: Trouble | None = None
        self._seen: SagaView | None = None
        self._checking = False
        self._looked_for = ""
        self._older: tuple[SagaView, ...] = ()

    def body(self) -> ComposeResult:
        """List, head, waterfall."""
        yield Title(id="sagas-title")
        yield Grid(SAGAS, id="sagas", classes="master")
        with Container(classes="below"):
            yield Title(id="saga-title")
            with Vertical():
                yield Pane(id="saga-head", focusable=False)
                yield Grid(TIMELINE, id="timeline")

    @property
    def _list(self) -> Grid[SagaView]:
        return self.query_one("#sagas", Grid)

    @property
    def _timeline(self) -> Grid[TimelineEntry]:
        return self.query_one("#timeline", Grid)

    @property
    def thing(self) -> Any:
        """A stretch of the timeline refers to its hop; else the saga."""
        return self._list.thing

    def draw(self, scene: Scene) -> None:
        """The list, then the saga under the cursor."""
        picture = scene.picture
        sagas = picture.sagas or ()
        self._look_for_older(len(sagas))
        wanted = (picture.sagas, self._outcome, self.needle, self._older)
        found = self.memo.of("found", wanted, lambda: self._found(sagas))
        empty = "no saga yet" if not sagas else f"no saga is {self._outcome}"
        hint = "they appear with their first event" if not sagas else "f shows others"
        self._list.show(found, scene, empty=absent(picture, ("sagas",), empty, hint, self.needle))
        words = self.memo.of(
            "words", (sagas,), lambda: summary(sagas) if sagas else text("Sagas", Tone.TITLE)
        )
        only = text(f"only {self._outcome}" if self._outcome else "", Tone.WARN)
        self.query_one("#sagas-title", Title).show(words, only)
        self._look(scene)

    def _found(self, sagas: Sequence[SagaView]) -> Sequence[SagaView]:
        passes = with_outcome(self._outcome)
        known = {saga.id for saga in sagas} if self._older else set()
        every = [*sagas, *(saga for saga in self._older if saga.id not in known)]
        return self.searched([saga for saga in urgent_first(every) if passes(saga)], SAGAS, "sagas")

    def _look_for_older(self, loaded: int) -> None:
        """Asks the sandbox for sagas beyond the newest that are loaded."""
        if self.needle == self._looked_for:
            return
        self._looked_for, self._older = self.needle, ()
        if self.needle and loaded >= MOST_SAGAS:
            self.ask(
                "saga_ls", list[SagaView], self._found_older, topic="search", match=self.needle, limit=_FOUND
            )

    def _found_older(self, sagas: list[SagaView]) -> None:
        self._older = tuple(sagas)
        self.redraw()

    def _look(self, scene: Scene) -> None:
        saga = self._list.thing
        if saga is None:
            self._detail, self._seen = None, None
        elif saga != self._seen and scene.picture.live:
            if self._seen is None or saga.id != self._seen.id:
                self._detail, self._trouble, self._checking = None, None, False
            self._seen = saga
            self.ask("saga_show", SagaDetail, self._arrived, self._refused, topic="saga", saga_id=saga.id)
        self._show(scene)

    def _arrived(self, detail: SagaDetail) -> None:
        self._detail, self._trouble = detail, None
        self._show(self.host.scene())

    def _refused(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self._show(self.host.scene())

    def _show(self, scene: Scene) -> None:
        if self._checking:
            return
        pane = self.query_one("#saga-head", Pane)
        detail = self._detail
        self.query_one("#saga-title", Title).show(text("Saga", Tone.TITLE), self._where_time_went())
        if detail is None:
            lines = self._waiting()
            pane.show(lambda width: lines)
            pane.styles.height = len(lines)
            self._timeline.show((), scene, empty=((),))
            return
        build = head(detail, scene.now)
        pane.show(build, detail.saga.id)
        pane.styles.height = len(build(max(20, self.size.width - 2)))
        self._timeline.table = waterfall(detail)
        self._timeline.show(detail.timeline, scene, empty=(text("  nothing recorded for it", Tone.DIM),))

    def _waiting(self) -> list[Line]:
        if self._trouble is not None:
            return list(refused(self._trouble))
        return [text("" if self._list.thing is None else "loading …", Tone.DIM)]

    def _where_time_went(self) -> Line:
        return join(
            text("◷ waiting", Tone.DIM), text("▶ working", Tone.OK), text("✗ failed", Tone.BAD), gap="  "
        )

    @on(Grid.Moved, "#sagas")
    def _moved(self) -> None:
        self._look(self.host.scene())
        self.show_keys()

    @on(Grid.Chosen, "#sagas")
    def _chosen(self) -> None:
        self._timeline.focus()

    @on(Grid.Chosen, "#timeline")
    def _stretch_chosen(self, message: Grid.Chosen) -> None:
        entry = message.thing
        saga = self._list.thing
        if isinstance(entry, TimelineEntry) and entry.hop is not None:
            self.host.jump(Ref("hop", str(entry.hop)))
        elif saga is not None:
            self.host.jump(Ref("flow", str(saga.flow) if saga.flow is not None else saga.id))

    def find(self, ref: Ref) -> bool:
        """A saga, by the value of its business key."""
        grid = self._list
        for saga in grid.things:
            if saga.id == ref.id:
                self._outcome = None
                grid.focus()
                return grid.go_to(SAGAS.key(saga))
        if self.host.picture.sagas is not None:
            self.host.say(f"{ref.id} is no saga among the newest {len(self.host.picture.sagas)}", bad=True)
            return True
        return False

    def action_outcome(self) -> None:
        """The next outcome to filter by, of those there are."""
        there = {saga.outcome for saga in self.host.picture.sagas or ()}
        choices = [None, *(outcome for outcome in OUTCOMES if outcome in there)]
        place = choices.index(self._outcome) if self._outcome in choices else 0
        self._outcome = choices[(place + 1) % len(choices)]
        self.redraw()

    def action_check(self) -> None:
        """Checks the invariants, and shows what came of it."""
        from sandbox.model.views.sagas import SagaCheck

        def show(check: SagaCheck) -> None:
            build = check_lines(check)
            self._checking = True
            pane = self.query_one("#saga-head", Pane)
            pane.show(build)
            pane.styles.height = min(14, len(build(max(20, self.size.width - 2))))
            broken = len(check.violations)
            self.host.say(
                f"{broken} of {len(check.checked)} invariants violated"
                if broken
                else f"{len(check.checked)} invariants hold, {len(check.skipped)} left out",
                bad=bool(broken),
            )

        self.ask("saga_check", SagaCheck, show)

    def action_close(self) -> None:
        """Ends the view of the invariants first."""
        if self._checking:
            self._checking = False
            self.redraw()
        else:
            super().action_close()
