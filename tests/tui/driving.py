"""Drives the dashboard without a terminal, and reads what it shows."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Awaitable, Callable
from typing import Any

from textual.pilot import Pilot

from sandbox.model.views.flowfile import FlowFile
from tests.tui.fakes import FakeClock, FakeFeed
from tui.app import Dashboard
from tui.feed.base import Feed
from tui.feed.file import FileFeed
from tui.themes import DARK
from tui.widgets.grid import Grid

Scenario = Callable[["Driver"], Awaitable[None]]
#: Width of a character in Rich's SVG.
_CELL = 12.2
_TEXT = re.compile(r'<text class="[^"]*" x="([\d.]+)"[^>]*clip-path="url\(#[^)]*-line-(\d+)\)">(.*?)</text>')


class Driver:
    """A running dashboard in a test.

    Attributes:
        feed, clock: what it is fed with.
    """

    def __init__(self, app: Dashboard, pilot: Pilot[None], feed: FakeFeed, clock: FakeClock) -> None:
        self.app = app
        self.pilot = pilot
        self.feed = feed
        self.clock = clock

    async def press(self, *keys: str) -> None:
        """Presses keys, and waits until everything they led to has happened."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def write(self, words: str) -> None:
        """Types a text."""
        for letter in words:
            await self.pilot.press({" ": "space", "/": "slash"}.get(letter, letter))
        await self.settle()

    async def settle(self) -> None:
        """Waits until no message is on its way."""
        for _ in range(3):
            await self.pilot.pause()
        self.app.take_lines()
        await self.pilot.pause()

    @property
    def lines(self) -> list[str]:
        """What is on the screen."""
        return lines_of(self.app.export_screenshot(), self.app.size.height)

    @property
    def text(self) -> str:
        """What is on the screen, as one text."""
        return "\n".join(self.lines)


def lines_of(svg: str, height: int) -> list[str]:
    """The text of an exported screen, line by line."""
    rows: dict[int, list[tuple[int, str]]] = {}
    for x, line, text in _TEXT.findall(svg):
        words = html.unescape(text).replace("\xa0", " ")
        rows.setdefault(int(line), []).append((round(float(x) / _CELL), words))
    return [_row(rows.get(line, ())) for line in range(height)]


def grid(driver: Driver, name: str) -> Grid[Any]:
    """A list of the screen."""
    return driver.app.screen.query_one(name, Grid)


def selected(driver: Driver, name: str) -> Any:
    """What is under the cursor of a list."""
    return grid(driver, name).thing


def _row(pieces: Any) -> str:
    row = ""
    for column, words in sorted(pieces):
        row = row.ljust(column) + words
    return row.rstrip()


def drive(
    scenario: Scenario,
    *,
    size: tuple[int, int] = (120, 40),
    feed: FakeFeed | None = None,
    theme: str = DARK.name,
    plain: bool = False,
    file: FlowFile | None = None,
) -> None:
    """Runs a dashboard on a fake feed, or on a file, and a scenario against it."""

    async def run() -> None:
        source, clock = feed or FakeFeed(), FakeClock()
        shown: Feed = source if file is None else FileFeed(file)
        app = Dashboard(shown, wall=clock, theme=theme, plain=plain, ticking=False, offline=file is not None)
        async with app.run_test(size=size, notifications=True) as pilot:
            driver = Driver(app, pilot, source, clock)
            await driver.settle()
            await scenario(driver)

    asyncio.run(run())
