"""Functions: how each does, and one in full."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from sandbox.model.views.system import FunctionStats
from tui.actions import bindings
from tui.present.absent import absent
from tui.present.bodies import why_not_json
from tui.present.functions import FUNCTIONS, detail
from tui.present.refs import Ref
from tui.present.table import Scene
from tui.screens.base import Board
from tui.screens.dialogs import Edited, Editor
from tui.widgets.grid import Grid
from tui.widgets.pane import Pane


class Functions(Board):
    """The list, and the function under the cursor."""

    NAME = "functions"
    SEARCHES = ("functions",)
    TOPICS: ClassVar[frozenset[str]] = frozenset({"snapshot", "queues"})
    ABOUT = (
        "Every function: invocations, errors, throttles, cold starts, the middle and the slow end of its "
        "newest durations, and how many run now of how many may. i invokes it with a payload that you "
        "write."
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("functions")]

    def body(self) -> ComposeResult:
        """List and details."""
        with Container(classes="stack"):
            yield Grid(FUNCTIONS, id="functions", classes="master")
            yield Pane(id="function", classes="detail")

    @property
    def _list(self) -> Grid[FunctionStats]:
        return self.query_one("#functions", Grid)

    def draw(self, scene: Scene) -> None:
        """The list, then the function under the cursor."""
        found = self.searched(scene.picture.functions or (), FUNCTIONS, "functions")
        empty = absent(
            scene.picture, ("snapshot",), "no functions", "deploy with `sandbox deploy SYSTEM`", self.needle
        )
        self._list.show(found, scene, empty=empty)
        self._show()

    def _show(self) -> None:
        function = self._list.thing
        pane = self.query_one("#function", Pane)
        if function is None:
            pane.show(None)
            return
        status = self.host.picture.status
        environments = [
            item for item in (status.functions if status else []) if item.get("function") == function.name
        ]
        pane.show(detail(function, environments), function.name)

    @on(Grid.Moved, "#functions")
    def _moved(self) -> None:
        self._show()
        self.show_keys()

    @on(Grid.Chosen, "#functions")
    def _chosen(self) -> None:
        self.open_detail()

    def find(self, ref: Ref) -> bool:
        """A function, by name."""
        self._list.focus()
        return self._list.go_to(ref.id) or bool(self._list.things)

    def available(self, action: str) -> bool:
        """Everything but a deployment needs a function."""
        return action == "deploy" or self._list.thing is not None

    def action_logs(self) -> None:
        """Shows its log lines."""
        function = self._list.thing
        if function is not None:
            self.host.jump(Ref("logs", function.name))

    def action_invoke(self) -> None:
        """Invokes it."""
        function = self._list.thing
        if function is None:
            return

        def go(edited: Edited | None) -> None:
            if edited is not None:
                asynchronous = edited.delay > 0
                self.ask(
                    "invoke",
                    None,
                    self._answered_by,
                    function=function.name,
                    payload=edited.body,
                    asynchronous=asynchronous,
                )

        def read(body: str, fields: dict[str, str]) -> Edited | str:
            if why := why_not_json(body):
                return f"a payload is JSON: {why}"
            wait = fields["wait"].strip().lower()
            if wait not in ("yes", "no"):
                return "wait for the answer: yes or no"
            return Edited(body, {}, delay=0.0 if wait == "yes" else 1.0)

        self.app.push_screen(
            Editor(
                f"Invoke {function.name}",
                "With this payload.",
                "{\n  \n}",
                "Invoke",
                {"wait": "yes"},
                read,
                lambda body: f"not JSON: {why}" if (why := why_not_json(body)) else "",
            ),
            go,
        )

    def _answered_by(self, answer: Any) -> None:
        error, payload = answer.get("error"), str(answer.get("payload", ""))
        self.host.say(
            payload[:600] or "no answer",
            bad=bool(error),
            title=str(error or f"{answer.get('function')} answered"),
        )
        self.host.feed.refresh()

    def action_deploy(self) -> None:
        """Deploys what is deployed again."""
        status = self.host.picture.status
        templates = [stack.template for stack in status.stacks if stack.template] if status else []
        if not templates:
            self.host.say("nothing is deployed from a template", bad=True)
            return
        self.confirm(
            "Deploy again?",
            "What changed in these templates is deployed into the running sandbox:\n" + "\n".join(templates),
            "Deploy",
            lambda: self.ask(
                "deploy",
                None,
                self._deployed,
                stream=True,
                systems=templates,
                cwd=str(Path.cwd()),
                seed=False,
            ),
        )

    def _deployed(self, steps: list[dict[str, Any]]) -> None:
        failed = [step for step in steps if step.get("state") == "failed"]
        last = "\n".join(f"{step['step']} {step.get('text', '')}" for step in failed or steps[-2:])
        self.host.say(
            last or "nothing to do", bad=bool(failed), title="deployed" if not failed else "not deployed"
        )
        self.host.feed.refresh()
