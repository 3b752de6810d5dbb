"""Overview: problems first, the map of the system, its queues, its sagas."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from sandbox.model.views.messages import QueueView
from sandbox.model.views.sagas import SagaView
from sandbox.model.views.system import ProblemView
from tui.present import queues as queue_view
from tui.present import sagas as saga_view
from tui.present.absent import absent
from tui.present.cells import Tone, join, text
from tui.present.numbers import quantity
from tui.present.overview import PATHS, PROBLEMS, Path, paths
from tui.present.refs import Ref
from tui.present.table import Scene
from tui.screens.base import Board
from tui.widgets.grid import Grid
from tui.widgets.line import Title


class Overview(Board):
    """The first screen."""

    NAME = "overview"
    AUTO_FOCUS = ""
    TOPICS: ClassVar[frozenset[str]] = frozenset({"snapshot", "queues", "recent_sagas"})
    ABOUT = (
        "Problems first, then the paths that events take through the system: what begins them, the queue "
        "they wait in, the function that works on them, and where they go when it fails. An arrow lights "
        "up while something passes. Below: every queue, and the newest sagas, those that need someone "
        "first. Enter opens what is selected."
    )

    def body(self) -> ComposeResult:
        """Problems, map, queues, sagas."""
        yield Title(id="problems-title")
        yield Grid(PROBLEMS, headings=False, id="problems")
        yield Grid(PATHS, id="paths")
        with Container(classes="halves"):
            with Vertical():
                yield Title(id="queues-title")
                yield Grid(queue_view.SMALL, id="queues")
            with Vertical():
                yield Title(id="sagas-title")
                yield Grid(saga_view.SMALL, id="sagas")

    def draw(self, scene: Scene) -> None:
        """Hands over the four lists."""
        picture = scene.picture
        self._draw_problems(scene)
        system = picture.map
        ways = self.memo.of(
            "paths", (system, self.needle), lambda: self.searched(paths(system), PATHS) if system else ()
        )
        grid: Grid[Path] = self.query_one("#paths", Grid)
        grid.show(
            ways,
            scene,
            empty=absent(
                picture, ("snapshot",), "nothing is deployed", "deploy with `sandbox deploy SYSTEM`"
            ),
        )
        grid.styles.max_height = min(max(3, len(ways) + 1), max(4, self.size.height // 3))
        queues: Grid[QueueView] = self.query_one("#queues", Grid)
        found = self.searched(queue_view.ordered(picture.queues or ()), queue_view.SMALL)
        queues.show(found, scene, empty=absent(picture, ("queues",), "no queues", needle=self.needle))
        self.query_one("#queues-title", Title).show(text("Queues", Tone.TITLE))
        sagas: Grid[SagaView] = self.query_one("#sagas", Grid)
        listed = self.memo.of(
            "sagas",
            (picture.sagas, self.needle),
            lambda: self.searched(saga_view.urgent_first(picture.sagas or ()), saga_view.SMALL),
        )
        sagas.show(listed, scene, empty=absent(picture, ("recent_sagas",), "no saga yet", needle=self.needle))
        self.query_one("#sagas-title", Title).show(
            join(
                text("Sagas", Tone.TITLE),
                saga_view.summary(picture.sagas, self.size.width // 2 - 12) if picture.sagas else (),
                gap="  ",
            )
        )

        if self.focused is None and picture.map is not None:
            (self.query_one("#problems", Grid) if picture.map.problems else queues).focus()

    def _draw_problems(self, scene: Scene) -> None:
        problems = scene.picture.map.problems if scene.picture.map else ()
        grid: Grid[ProblemView] = self.query_one("#problems", Grid)
        grid.show(problems, scene)
        grid.display = bool(problems)
        grid.styles.height = min(len(problems), 3 if self.size.height < 32 else 6)
        words = (
            text(quantity(len(problems), "problem"), Tone.BAD) if problems else text("● no problems", Tone.OK)
        )
        hidden = len(problems) - (3 if self.size.height < 32 else 6)
        more = text(f"{hidden} more below" if hidden > 0 else "", Tone.DIM)
        title = self.query_one("#problems-title", Title)
        title.show(words if scene.picture.map else text("System", Tone.TITLE), more)

    @property
    def main_grid(self) -> Grid[Any] | None:
        """The queues."""
        return self.query_one("#queues", Grid)

    @on(Grid.Chosen, "#problems")
    @on(Grid.Chosen, "#queues")
    @on(Grid.Chosen, "#sagas")
    def _chosen(self, message: Grid.Chosen) -> None:
        thing = message.thing
        if isinstance(thing, QueueView):
            self.host.jump(Ref("queue", thing.name))
        elif isinstance(thing, SagaView):
            self.host.jump(Ref("saga", thing.id))
        else:
            self.action_jump()

    @on(Grid.Chosen, "#paths")
    def _path_chosen(self, message: Grid.Chosen) -> None:
        self.action_jump()

    @on(Grid.Moved)
    def _moved(self) -> None:
        self.show_keys()
