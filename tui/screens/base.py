"""What all screens share: bars, search, details, questions to the sandbox, jumping and copying."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, TypeVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from tui.actions import BY_ID, actions_for, bindings_of_boards
from tui.feed.messages import Answered, Ask, Heard
from tui.picture import Trouble
from tui.present.cells import Line, Tone, join, squeeze, text
from tui.present.copying import as_command, as_json
from tui.present.memo import Memo
from tui.present.refs import Ref, refs_of
from tui.present.table import Scene, Table
from tui.screens.dialogs import Choose, Confirm, still
from tui.screens.host import Host
from tui.widgets.bars import KeyBar, TabBar, TopBar
from tui.widgets.grid import Grid
from tui.widgets.pane import Pane

T = TypeVar("T")
#: Cells that what is searched for takes at most, once it is kept.
_LONGEST_NOTE = 24


class Board(Screen[None]):
    """One of the dashboard's screens.

    A subclass says what it is made of in `body`, what it needs in `topics`, and hands its widgets what
    they show in `draw`; that is called for every new picture and once a second, and costs little when
    nothing has changed.
    """

    #: Name of the screen in the registry.
    NAME: ClassVar[str] = ""
    #: Topics of the picture that it shows.
    TOPICS: ClassVar[frozenset[str]] = frozenset()
    #: Lists of which one is searched at a time: the one that has the focus, else the first. None: all are.
    SEARCHES: ClassVar[tuple[str, ...]] = ()
    #: What it shows, for the help.
    ABOUT: ClassVar[str] = ""
    #: The same where it shows a file and no sandbox.
    ABOUT_FILE: ClassVar[str] = ""
    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - typed so by Textual
    VERTICAL_BREAKPOINTS: list[tuple[int, str]] | None = [(0, "-short"), (32, "-tall")]  # noqa: RUF012 - typed so by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_of_boards(),
        Binding("escape", "close", "Close", show=False),
        Binding("tab", "app.focus_next", "Next pane", show=False),
        Binding("shift+tab", "app.focus_previous", "Previous pane", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.needle = ""
        self.wanted: Ref | None = None
        self.memo = Memo()
        self._searching = ""
        self._newest: dict[str, Ask] = {}

    # -- for subclasses

    def body(self) -> ComposeResult:
        """The widgets between the bars."""
        raise NotImplementedError

    def draw(self, scene: Scene) -> None:
        """Hands the widgets what they show."""
        raise NotImplementedError

    def topics(self) -> frozenset[str]:
        """What it needs of the picture now."""
        return self.TOPICS

    def available(self, action: str) -> bool:
        """Whether an action of its own applies to what is selected."""
        del action
        return True

    def find(self, ref: Ref) -> bool:
        """Selects what a reference means; False when it is not there (yet)."""
        del ref
        return False

    def note(self) -> Line:
        """A word on the right of the key bar."""
        return ()

    @property
    def thing(self) -> Any:
        """What is selected: under the cursor of the list that has, or last had, the focus."""
        focused = self.focused
        if isinstance(focused, Grid):
            return focused.thing
        grid = self.main_grid
        return grid.thing if grid is not None else None

    @property
    def main_grid(self) -> Grid[Any] | None:
        """The list that counts when none has the focus."""
        return next(iter(self.query(Grid)), None)

    # -- the frame

    @property
    def host(self) -> Host:
        """The application."""
        return cast(Host, self.app)

    def compose(self) -> ComposeResult:
        """Bars around the body."""
        yield TopBar()
        yield TabBar(self.NAME, alone=self.host.offline)
        with Container(id="body"):
            yield from self.body()
        search = Input(placeholder="search; Enter keeps it, Esc ends it", id="search", compact=True)
        search.display = False
        still(search)
        yield search
        yield KeyBar()

    def show_time(self) -> None:
        """Shows the time, and since when the connection is lost."""
        if self.is_mounted and self.is_attached:
            scene = self.host.scene()
            self.query_one(TopBar).show(scene.picture, scene.wall)

    def redraw(self) -> None:
        """Shows the newest picture."""
        if not self.is_mounted or not self.is_attached:
            return
        scene = self.host.scene()
        self.query_one(TopBar).show(scene.picture, scene.wall)
        picture = scene.picture
        badges = self.memo.of("badges", (picture.queues, picture.sagas), lambda: _badges(scene))
        self.query_one(TabBar).show(badges)
        self.query_one("#body").set_class(not scene.picture.answered, "-lost")
        self.draw(scene)
        if self.wanted is not None and self.find(self.wanted):
            self.wanted = None
        self.show_keys()

    def show_keys(self) -> None:
        """The key bar, for what is selected now."""
        shown = [
            (action.id, action.shown, action.label)
            for action in actions_for(self.NAME)
            if action.bar and self.check_action(action.id, ()) is not False
        ]
        search = text(f"/{squeeze(self.needle, _LONGEST_NOTE)}", Tone.WARN) if self.needle else ()
        self.query_one(KeyBar).show(shown, join(self.note(), search, gap=" · "))

    def on_screen_resume(self) -> None:
        """Shows what has happened while another screen was there."""
        self.host.feed.want(self.topics())
        self.redraw()

    def on_resize(self) -> None:
        """Lays the bars out again."""
        self.call_after_refresh(self.redraw)

    def on_descendant_focus(self) -> None:
        """Other keys may apply now."""
        if self.is_mounted:
            self.show_keys()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Takes keys away that do nothing here."""
        del parameters
        if action not in BY_ID or not BY_ID[action].applies(self.NAME):
            return True
        if self.host.offline and not BY_ID[action].offline:
            return False
        if action == "jump":
            return bool(refs_of(self.thing))
        if action in ("copy_json", "copy_command"):
            return self.thing is not None
        return self.available(action) if self.NAME in BY_ID[action].screens else True

    # -- searching

    def needle_in(self, name: str) -> str:
        """What is searched for in a list of `SEARCHES`; empty when the search is in another."""
        return self.needle if name == self._searching or not self.SEARCHES else ""

    def searched(self, things: Iterable[T], table: Table[T], name: str = "") -> Sequence[T]:
        """The things that have what is searched for.

        Args:
            name: the list they are for; where the screen searches one list of several.
        """
        needle = self.needle_in(name).casefold()
        if not needle:
            return things if isinstance(things, Sequence) else tuple(things)
        return [thing for thing in things if needle in table.find(thing).casefold()]

    def action_search(self) -> None:
        """Begins a search in the list that has the focus."""
        self._searching = self._list_in_focus()
        self._show_search(on=True)
        self.set_focus(self.query_one("#search", Input))  # now: letters may be waiting
        self.host.let_typed()

    def _show_search(self, *, on: bool) -> None:
        """The box takes the place of the key bar."""
        self.query_one("#search", Input).display = on
        self.query_one(KeyBar).display = not on

    def _list_in_focus(self) -> str:
        focused = self.focused
        if isinstance(focused, Pane) and focused.has_class("detail"):
            focused = next(iter(self.query(".master")), None)
        name = focused.id if focused is not None else None
        return name if name in self.SEARCHES else next(iter(self.SEARCHES), "")

    @on(Input.Changed, "#search")
    def _search_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.needle = event.value.strip()
        self.redraw()

    @on(Input.Submitted, "#search")
    def _search_done(self, event: Input.Submitted) -> None:
        event.stop()
        self._leave_search()

    def _leave_search(self) -> None:
        self._show_search(on=False)
        grid = self.query_one(f"#{self._searching}") if self._searching else self.main_grid
        if grid is not None:
            grid.focus()
        self.show_keys()

    def action_close(self) -> None:
        """Ends the search, else closes the details, else gives the list the focus."""
        search = self.query_one("#search", Input)
        if search.display or self.needle:
            search.value = ""
            self.needle = ""
            self._leave_search()
            self.redraw()
            if isinstance(self.focused, Grid):
                self.focused.reveal()  # what was found has its old place again, far away perhaps
        elif self.query_one("#body").has_class("-detail"):
            self.close_detail()
        elif self.main_grid is not None:
            self.main_grid.focus()

    # -- details; beside the list where there is room, in its place where there is not

    def open_detail(self, pane: Pane | None = None) -> None:
        """Shows the details, also where they have no place of their own."""
        self.query_one("#body").add_class("-detail")
        target = pane or next(iter(self.query(Pane).filter(".detail")), None)
        if target is not None:
            self.call_after_refresh(target.focus)

    def close_detail(self) -> None:
        """Goes back to the list."""
        self.query_one("#body").remove_class("-detail")
        try:
            grid: Widget = self.query_one(".master", Grid)
        except NoMatches:
            return
        self.call_after_refresh(grid.focus)

    # -- asking

    def ask(
        self,
        method: str,
        kind: Any = None,
        then: Callable[[Any], None] | None = None,
        otherwise: Callable[[Trouble], None] | None = None,
        *,
        topic: str = "",
        stream: bool = False,
        each: Callable[[Any], None] | None = None,
        **params: Any,
    ) -> Ask:
        """Asks the sandbox; `then` is called with the answer, unless a newer question of the topic was
        asked; `each` with every item of a stream.
        """
        ask = Ask(method, params, kind, then, otherwise, topic, stream or each is not None, each)
        if topic:
            self._newest[topic] = ask
        self.host.feed.ask(ask, self.post_message)
        return ask

    @on(Heard)
    def _heard(self, message: Heard) -> None:
        if message.ask.each is not None:
            message.ask.each(message.item)

    @on(Answered)
    def _answered(self, message: Answered) -> None:
        ask = message.ask
        if ask.topic and self._newest.get(ask.topic) is not ask:
            return
        if message.trouble is None:
            if ask.then is not None:
                ask.then(message.value)
        elif ask.otherwise is not None:
            ask.otherwise(message.trouble)
        else:
            self.complain(message.trouble)

    def complain(self, trouble: Trouble) -> None:
        """Says what went wrong."""
        words = "\n".join(
            piece for piece in (trouble.why, trouble.remedy and f"do: {trouble.remedy}") if piece
        )
        self.host.say(words or trouble.what, bad=True, title=trouble.what if words else "")

    def done(self, words: str) -> None:
        """Says that something was done, and looks at what has become of it."""
        self.host.say(words)
        self.host.feed.refresh()

    def confirm(self, question: str, detail: str, verb: str, then: Callable[[], object]) -> None:
        """Asks the user before something that cannot be undone."""

        def answered(yes: bool | None) -> None:
            if yes:
                then()

        self.app.push_screen(Confirm(question, detail, verb), answered)

    # -- from here to elsewhere

    def action_jump(self) -> None:
        """Goes to what the selected thing refers to."""
        refs = refs_of(self.thing)
        if len(refs) == 1:
            self.host.jump(refs[0])
        elif refs:
            self.app.push_screen(Choose("Go to", [(ref.words, ref) for ref in refs]), self._jump_to)

    def _jump_to(self, ref: Ref | None) -> None:
        if ref is not None:
            self.host.jump(ref)

    def action_copy_json(self) -> None:
        """Copies the selected thing."""
        if self.thing is not None:
            self.host.copy(as_json(self.thing), "JSON")

    def action_copy_command(self) -> None:
        """Copies a command that does or shows the same."""
        status = self.host.picture.status
        command = as_command(self.thing, status.endpoint if status else "http://127.0.0.1:4566")
        if command:
            self.host.copy(command, "command")
        else:
            self.host.say("there is no command for this; c copies it as JSON", bad=True)

    # -- bars

    @on(TabBar.Picked)
    async def _tab_picked(self, message: TabBar.Picked) -> None:
        await self.app.run_action(f"go_{message.screen}")

    @on(KeyBar.Picked)
    async def _key_picked(self, message: KeyBar.Picked) -> None:
        await self.run_registered(message.action)

    @on(TopBar.ClockClicked)
    async def _clock_clicked(self) -> None:
        await self.app.run_action("advance")

    async def run_registered(self, action: str) -> None:
        """Runs an action of the registry, here or in the application."""
        if hasattr(self, f"action_{action}"):
            await self.run_action(action)
        else:
            await self.app.run_action(action)


def _badges(scene: Scene) -> dict[str, int]:
    """Screens on which something is wrong."""
    dead = sum(1 for queue in scene.picture.queues or () if queue.is_dead_letter_queue and queue.visible)
    stuck = sum(1 for saga in scene.picture.sagas or () if saga.outcome in ("stuck", "failed"))
    return {"queues": dead, "sagas": stuck}
