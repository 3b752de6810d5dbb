"""The sagas."""

from __future__ import annotations

import msgspec

from tests.tui import canned
from tests.tui.driving import Driver, drive, grid
from tests.tui.fakes import picture


class TestSagas:
    def test_filter_detail_and_jump(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("3")
            assert driver.feed.questions("saga_show")[-1] == {"saga_id": canned.nota(3)}
            assert "waiting for" in driver.text
            await driver.press("f", "f")
            assert "only running" in driver.text
            assert len(grid(driver, "#sagas").things) == 3
            await driver.press("g")
            assert driver.app.current_mode == "flows"

        drive(look)

    def test_five_thousand_are_scrolled_through(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("3", "end")
            assert grid(driver, "#sagas").cursor == 4_999
            await driver.press("pageup", "home")
            assert grid(driver, "#sagas").cursor == 0

        drive(look)

    def test_a_stretch_leads_to_its_hop(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("3", "enter", "enter")
            assert driver.app.current_mode == "flows"
            assert driver.feed.questions("flow_show")[-1] == {"reference": "101"}

        drive(look)

    def test_invariants_are_checked(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("3", "i")
            assert "✗ estoque-constante" in driver.text
            await driver.press("escape")
            assert "✗ estoque-constante" not in driver.text

        drive(look)

    def test_the_cursor_stays_on_its_saga_when_others_come(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("3", "down", "down")
            before = grid(driver, "#sagas").thing
            newer = msgspec.structs.replace(canned.saga(1), id="new", began_at=canned.NOW)
            driver.feed.show(picture(sagas=(newer, *canned.SAGAS)))
            await driver.settle()
            assert grid(driver, "#sagas").thing == before
            assert len(grid(driver, "#sagas").things) == 5_001

        drive(look)
