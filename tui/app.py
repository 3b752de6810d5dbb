"""The dashboard: holds the picture, switches screens, and moves the clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from textual import on
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen

from sandbox.control.protocol import ClockView
from sandbox.model.durations import format_duration, parse_duration
from sandbox.model.safe_text import one_line
from tui.actions import BY_ID, actions_for, bindings_everywhere
from tui.encoding import PlainLetters
from tui.feed.base import Feed
from tui.feed.messages import Answered, Ask, LinesReady, Pictured
from tui.picture import Picture, Trouble
from tui.present.bars import SCREENS
from tui.present.counters import count_everything
from tui.present.numbers import quantity
from tui.present.rates import Rates
from tui.present.refs import SCREEN_OF, Ref
from tui.present.ring import Ring
from tui.present.table import Scene
from tui.screens.base import Board
from tui.screens.bus import Bus
from tui.screens.data import Data
from tui.screens.dialogs import OneLine
from tui.screens.faults import FaultDesk
from tui.screens.flows import Flows
from tui.screens.functions import Functions
from tui.screens.help import Help
from tui.screens.lints import Lints
from tui.screens.logs import Logs
from tui.screens.overview import Overview
from tui.screens.queues import Queues
from tui.screens.sagas import Sagas
from tui.themes import THEMES
from tui.typed import TypedAhead

_BATCH = 0.1
_TICK = 1.0
_KEPT_STEPS = 50
_BOARDS: dict[str, Callable[[], Board]] = {
    board.NAME: board for board in (Overview, Queues, Sagas, Flows, Functions, Bus, Logs, Data, Lints)
}


class Dashboard(TypedAhead):
    """The application.

    Args:
        feed: where everything comes from.
        wall: the wall clock, seconds since the epoch.
        theme: name of the theme to begin with.
        plain: draw in ASCII alone, for terminals that show nothing else.
        ticking: whether a timer redraws every second; tests do that themselves.
        offline: the feed is of a file: the flows alone are shown, and what needs a sandbox is absent.
    """

    CSS_PATH = "app.tcss"
    TITLE = "sandbox"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(binding for binding in bindings_everywhere() if binding.action != "command_palette"),
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True),
    ]

    def __init__(
        self,
        feed: Feed,
        *,
        wall: Callable[[], float] = time.time,
        theme: str = THEMES[0].name,
        plain: bool = False,
        ticking: bool = True,
        offline: bool = False,
    ) -> None:
        super().__init__()
        self.offline = offline
        self.feed = feed
        self.picture = Picture()
        self.rates = Rates()
        self.ring = Ring()
        self._wall = wall
        self._plain = PlainLetters() if plain else None
        self._ticking = ticking
        self._trail: list[str] = []
        self._beat = 0
        self._first_theme = theme
        self._parsed_in = ""
        self._styled: WeakKeyDictionary[Screen[Any], str] = WeakKeyDictionary()
        for item in THEMES:
            self.register_theme(item)

    def get_line_filters(self) -> list[LineFilter]:
        """Textual's filters, and ours for terminals without Unicode."""
        filters = list(super().get_line_filters())
        return [*filters, self._plain] if self._plain else filters

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The tones, for themes that have none of their own."""
        return dict(THEMES[0].variables)

    def refresh_css(self, animate: bool = True) -> None:
        """Styles the visible screen anew, if the theme is another than it was styled in.

        Textual asks for this twice whenever a screen is shown first, and parses every style sheet each time:
        half of what such a key costs. A screen that is mounted later is styled then.
        """
        if self.screen_stack:
            new = self._styled.get(self.screen)
            self._styled[self.screen] = self.theme
            fresh = new is None and not self.screen.is_mounted
            if self._parsed_in == self.theme and (fresh or new == self.theme):
                return
        self._parsed_in = self.theme
        super().refresh_css(animate)

    def on_mount(self) -> None:
        """Shows the first screen and begins to ask."""
        self.theme = self._first_theme
        boards = {Flows.NAME: Flows} if self.offline else _BOARDS
        for name, board in boards.items():
            self.add_mode(name, board)
        self.switch_mode(next(iter(boards)))
        self.feed.start(self.post_message)
        if self._ticking:
            self.set_interval(_TICK, self._tick)

    def on_unmount(self) -> None:
        """Ends the threads."""
        self.feed.stop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Takes away what needs a sandbox, where there is none."""
        if self.offline and action in BY_ID and not BY_ID[action].offline:
            return False
        return super().check_action(action, parameters)

    # -- what the screens ask

    def scene(self) -> Scene:
        """The picture with the rates and the time."""
        wall = self._wall()
        return Scene(self.picture, self.rates, self.picture.now(wall), wall)

    def say(self, words: str, *, bad: bool = False, title: str = "") -> None:
        """A notice; foreign text in it is shown, not acted on."""
        safe = "\n".join(one_line(line) for line in words.split("\n"))
        self.notify(
            safe,
            title=one_line(title),
            severity="error" if bad else "information",
            timeout=8 if bad else 4,
            markup=False,
        )

    def copy(self, words: str, what: str) -> None:
        """Puts a text on the clipboard of the terminal (OSC 52)."""
        self.copy_to_clipboard(words)
        self.say(f"copied as {what}, {len(words):,} characters")

    def jump(self, ref: Ref) -> None:
        """Goes to what a reference means."""
        screen = SCREEN_OF.get(ref.kind)
        if screen is None:
            self.say(f"nothing shows a {ref.kind}", bad=True)
            return
        self._remember()
        self._go(screen, ref)

    def _remember(self) -> None:
        self._trail = [*self._trail[-_KEPT_STEPS:], self.current_mode]

    def _go(self, name: str, ref: Ref | None = None) -> None:
        self.switch_mode(name)
        board = self.screen_stack[0]
        if isinstance(board, Board) and ref is not None:
            board.wanted = ref
            board.call_after_refresh(board.redraw)

    # -- messages of the feed

    @on(Pictured)
    def _pictured(self, message: Pictured) -> None:
        lost = self.picture.live and not message.picture.live
        back = message.picture.live and not self.picture.live and self.picture.status is not None
        self.picture = message.picture
        if message.picture.live:
            count_everything(self.rates, message.picture)
        if lost:
            self.say("the last picture stays; trying again …", bad=True, title="the sandbox does not answer")
        elif back:
            self.say("the sandbox is back")
        self.redraw()

    @on(LinesReady)
    def _lines_ready(self) -> None:
        self.set_timer(_BATCH, self.take_lines)

    def take_lines(self) -> None:
        """Takes the log lines that wait."""
        lines, dropped = self.feed.take_lines()
        if lines or dropped:
            self.ring.add(lines, dropped)
            board = self.screen_stack[0]
            if isinstance(board, Board) and board.NAME == "logs":
                board.redraw()

    @on(Answered)
    def _answered(self, message: Answered) -> None:
        if message.trouble is not None:
            self._complain(message.trouble)
        elif message.ask.then is not None:
            message.ask.then(message.value)

    def _complain(self, trouble: Trouble) -> None:
        self.say(f"{trouble.why}\ndo: {trouble.remedy}".strip(), bad=True, title=trouble.what)

    def _tick(self) -> None:
        """The clock moves every second, ages and sparklines below it every other."""
        self._beat += 1
        board = self.screen_stack[0] if self.screen_stack else None
        if isinstance(board, Board):
            if self._beat % 2:
                board.show_time()
            else:
                board.redraw()

    def redraw(self) -> None:
        """Draws the screen that is shown."""
        board = self.screen_stack[0] if self.screen_stack else None
        if isinstance(board, Board):
            board.redraw()
        for over in self.screen_stack[1:]:
            if isinstance(over, FaultDesk):
                over.redraw()

    # -- actions

    def _go_action(self, name: str) -> None:
        if name != self.current_mode:
            self._remember()
            self._go(name)

    def action_go_overview(self) -> None:
        """Goes to the screen."""
        self._go_action("overview")

    def action_go_queues(self) -> None:
        """Goes to the screen."""
        self._go_action("queues")

    def action_go_sagas(self) -> None:
        """Goes to the screen."""
        self._go_action("sagas")

    def action_go_flows(self) -> None:
        """Goes to the screen."""
        self._go_action("flows")

    def action_go_functions(self) -> None:
        """Goes to the screen."""
        self._go_action("functions")

    def action_go_bus(self) -> None:
        """Goes to the screen."""
        self._go_action("bus")

    def action_go_logs(self) -> None:
        """Goes to the screen."""
        self._go_action("logs")

    def action_go_data(self) -> None:
        """Goes to the screen."""
        self._go_action("data")

    def action_go_lints(self) -> None:
        """Goes to the screen."""
        self._go_action("lints")

    async def action_back(self) -> None:
        """Goes back to where one jumped from."""
        if self._trail:
            self._go(self._trail.pop())

    def action_help(self) -> None:
        """Shows the help of the screen."""
        board = self.screen
        if isinstance(board, Board):
            title, about = dict(SCREENS)[board.NAME], board.ABOUT_FILE if self.offline else board.ABOUT
            self.push_screen(Help(board.NAME, title, about, offline=self.offline))

    def action_refresh(self) -> None:
        """Asks again now."""
        self.feed.refresh()

    def action_theme(self) -> None:
        """The next theme."""
        names = [theme.name for theme in THEMES]
        place = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(place + 1) % len(names)]
        self.say(self.theme)

    def action_advance(self) -> None:
        """Asks by how much to move the clock, and moves it."""

        def move(words: str | None) -> None:
            if words is not None:
                seconds = parse_duration(words)
                self.feed.ask(
                    Ask(
                        "clock_advance",
                        {"seconds": seconds},
                        None,
                        lambda answer: self._advanced(seconds, answer),
                    ),
                    self.post_message,
                )

        due = self.picture.status.clock.next[:3] if self.picture.status else []
        explain = "\n".join(
            f"{item['label']} in {format_duration(float(item['in_seconds']))}" for item in due
        )
        self.push_screen(
            OneLine(
                "Advance the clock by",
                explain or "nothing is due",
                "61s",
                _why_no_duration,
                ("10s", "61s", "5m", "1h"),
            ),
            move,
        )

    def _advanced(self, seconds: float, answer: Any) -> None:
        fired = answer.get("fired", 0) if isinstance(answer, dict) else 0
        self.say(f"advanced {format_duration(seconds)}; {quantity(int(fired), 'timer')} fired")
        self.feed.refresh()

    def action_faults(self) -> None:
        """Shows the planned faults over the screen."""
        if isinstance(self.screen, Board):
            self.push_screen(FaultDesk(self.screen.topics()))

    def action_pause(self) -> None:
        """Stops the clock, or lets it run again."""
        speed = self.picture.status.clock.speed if self.picture.status else 1
        self._set_speed(1.0 if speed == 0 else 0.0)

    def action_faster(self) -> None:
        """Ten times as fast, or as fast as outside."""
        speed = self.picture.status.clock.speed if self.picture.status else 1
        self._set_speed(1.0 if speed > 1 else 10.0)

    def _set_speed(self, speed: float) -> None:
        words = "the clock stands still" if speed == 0 else f"the clock runs {speed:g}×"

        def done(answer: Any) -> None:
            self.say(words)
            self.feed.refresh()

        self.feed.ask(Ask("clock_speed", {"speed": speed}, ClockView, done), self.post_message)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the palette offers: the actions that apply now, the themes, and Textual's own few."""
        name = screen.NAME if isinstance(screen, Board) else ""
        for action in actions_for(name):
            if action.id == "command_palette" or (
                isinstance(screen, Board) and not screen.check_action(action.id, ())
            ):
                continue
            yield SystemCommand(
                action.label, f"{action.tooltip} Key: {action.shown}", _runner(self, screen, action.id)
            )
        for theme in THEMES:
            yield SystemCommand(f"Theme: {theme.name}", "Use these colours.", _theme_setter(self, theme.name))


def _runner(app: Dashboard, screen: Screen[Any], action: str) -> Callable[[], Any]:
    async def run() -> None:
        if isinstance(screen, Board):
            await screen.run_registered(action)
        else:
            await app.run_action(action)

    return run


def _theme_setter(app: Dashboard, name: str) -> Callable[[], None]:
    def use() -> None:
        app.theme = name

    return use


def _why_no_duration(words: str) -> str:
    try:
        return "" if parse_duration(words) > 0 else "time goes forward only"
    except ValueError as error:
        return str(error)
