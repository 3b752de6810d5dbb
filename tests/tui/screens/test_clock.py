"""The clock, on every screen."""

from __future__ import annotations

from textual.widgets import Input

from tests.tui.driving import Driver, drive
from tui.present.bars import SCREENS
from tui.screens.dialogs import OneLine


class TestClock:
    def test_it_is_advanced_from_every_screen(self) -> None:
        async def look(driver: Driver) -> None:
            for number, _ in enumerate(SCREENS, 1):
                await driver.press(str(number), "t", "enter")
            assert driver.feed.questions("clock_advance") == [{"seconds": 61.0}] * len(SCREENS)
            assert "2 timers fired" in driver.text

        drive(look)

    def test_a_duration_that_cannot_be_read(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("t")
            driver.app.screen.query_one(Input).value = "soon"
            await driver.press("enter")
            assert "is not a duration" in driver.text

        drive(look)

    def test_pause_and_speed(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("T", "ctrl+t")
            assert [ask["speed"] for ask in driver.feed.questions("clock_speed")] == [0.0, 10.0]

        drive(look)

    def test_it_runs_on_the_screen(self) -> None:
        async def look(driver: Driver) -> None:
            driver.clock.now += 5
            driver.app.redraw()
            await driver.settle()
            assert "12:00:05" in driver.lines[0]

        drive(look)

    def test_a_click_on_it_asks_by_how_much(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.pilot.click("#top", offset=(100, 0))
            await driver.settle()
            assert isinstance(driver.app.screen, OneLine)

        drive(look)
