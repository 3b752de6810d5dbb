"""The live tail."""

from __future__ import annotations

from tests.tui import canned
from tests.tui.driving import Driver, drive, grid, selected


class TestLogs:
    def test_scrolling_up_stops_the_tail_and_counts(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("7")
            assert "▼ following" in driver.text
            await driver.press("up")
            driver.feed.log(canned.log_lines(12))
            await driver.settle()
            assert "stopped · 12 new lines" in driver.text
            assert grid(driver, "#lines").cursor == 28
            await driver.press("end")
            assert "▼ following" in driver.text
            assert grid(driver, "#lines").cursor == 41

        drive(look)

    def test_what_was_dropped_is_told(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("7")
            driver.feed.log(canned.log_lines(10), dropped=1_234)
            await driver.settle()
            assert "1,234 dropped" in driver.text

        drive(look)

    def test_only_one_function_and_search(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("7", "up", "up", "o")
            assert {line.group for line in grid(driver, "#lines").things} == {"/aws/lambda/nfe-estoque-dev"}
            await driver.press("slash")
            await driver.write("typeerror")
            await driver.press("enter")
            assert len(grid(driver, "#lines").things) == 5
            await driver.press("escape", "o")
            assert len(grid(driver, "#lines").things) == 30

        drive(look)

    def test_to_the_flow_and_back(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("7", "g", "enter")
            assert driver.app.current_mode == "flows"
            assert selected(driver, "#tree").branch.hop.id == 101
            await driver.press("g", "enter")
            assert driver.app.current_mode == "logs"

        drive(look)
