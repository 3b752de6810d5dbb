"""Buses and rules."""

from __future__ import annotations

from textual.widgets import Input

from tests.tui import canned
from tests.tui.driving import Driver, drive, grid, selected
from tui.screens.base import Board


class TestBus:
    def test_events_and_why(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("6")
            assert driver.feed.questions("bus_events") == [
                {
                    "bus": "nfe-events-dev",
                    "limit": 200,
                    "match": "",
                }
            ]
            await driver.press("e")
            assert driver.feed.questions("flow_near_misses")[-1] == {"hop": 900}
            assert "not one of" in driver.text

        drive(look)

    def test_a_rule_leads_to_its_queue(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("6", "g")
            assert driver.app.current_mode == "queues"
            assert selected(driver, "#queues").name == "estoque-reserva"

        drive(look)


class TestArchives:
    def test_archives_take_the_place_of_the_events(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("6", "a")
            assert driver.feed.wanted >= {"archives", "replays"}
            assert "nfe-arquivo-2" in driver.text
            assert "Replay" in driver.lines[-1]
            assert "Cancel replay" not in driver.lines[-1]
            await driver.press("a")
            assert "nfe-arquivo-2" not in driver.text
            assert grid(driver, "#events").has_focus

        drive(look)

    def test_an_archive_is_replayed_from_some_time_on(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("6", "a", "r")
            await driver.write("ontem")
            await driver.press("enter")
            assert "is no time" in driver.text
            driver.app.screen.query_one(Input).value = "2h"
            await driver.press("enter")
            asked = {"archive": "nfe-arquivo", "since": canned.NOW - 7_200}
            assert driver.feed.questions("bus_replay") == [asked]
            assert "replaying nfe-arquivo" in driver.text
            await driver.press("r", "enter")
            assert driver.feed.questions("bus_replay")[-1]["since"] is None

        drive(look)

    def test_a_replay_that_goes_on_is_cancelled_once_asked(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("6", "a", "down", "x", "n")
            assert not driver.feed.questions("bus_cancel")
            await driver.press("x", "y")
            assert driver.feed.questions("bus_cancel") == [{"replay": "nfe-arquivo-1"}]
            await driver.press("down", "x")
            assert isinstance(driver.app.screen, Board)

        drive(look)
