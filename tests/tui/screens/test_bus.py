"""Buses and rules."""

from __future__ import annotations

from tests.tui.driving import Driver, drive, selected


class TestBus:
    def test_events_and_why(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("6", "down")
            assert driver.feed.questions("bus_events")[-1] == {
                "bus": "nfe-events-dev",
                "limit": 200,
                "match": "",
            }
            await driver.press("e")
            assert driver.feed.questions("flow_near_misses")[-1] == {"hop": 900}
            assert "not one of" in driver.text

        drive(look)

    def test_a_rule_leads_to_its_queue(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("6", "down", "g")
            assert driver.app.current_mode == "queues"
            assert selected(driver, "#queues").name == "estoque-reserva"

        drive(look)
