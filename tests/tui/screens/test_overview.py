"""The first screen."""

from __future__ import annotations

import msgspec

from tests.tui import canned
from tests.tui.driving import Driver, drive, grid, selected
from tests.tui.fakes import FakeFeed, picture


class TestOverview:
    def test_the_first_screen_has_queues_and_saga_states_at_80x24(self) -> None:
        async def look(driver: Driver) -> None:
            assert "estoque-reserva" in driver.text
            assert "PENDING" in driver.text
            assert "■1 stuck" in driver.text
            assert "12:00:00" in driver.text

        drive(look, size=(80, 24))

    def test_a_problem_leads_to_what_it_is_about(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("enter")
            assert driver.app.current_mode == "queues"
            assert selected(driver, "#queues").name == "estoque-reserva-dlq"
            await driver.press("backspace")
            assert driver.app.current_mode == "overview"

        drive(look)

    def test_queues_and_sagas_open_their_screens(self) -> None:
        async def look(driver: Driver) -> None:
            grid(driver, "#sagas").focus()
            await driver.press("enter")
            assert driver.app.current_mode == "sagas"
            assert selected(driver, "#sagas").id == canned.nota(3)

        drive(look)

    def test_nothing_deployed_is_a_state_with_a_hint(self) -> None:
        empty = picture(
            map=msgspec.structs.replace(canned.MAP, nodes=[], edges=[], problems=[]),
            queues=(),
            sagas=(),
            functions=(),
        )

        async def look(driver: Driver) -> None:
            assert "nothing is deployed" in driver.text
            assert "sandbox deploy" in driver.text
            assert "no problems" in driver.text

        drive(look, feed=FakeFeed(empty))
