"""The sandbox goes and comes back."""

from __future__ import annotations

import pytest

from tests.tui import canned
from tests.tui.driving import Driver, drive
from tests.tui.fakes import FakeFeed, picture
from tui.picture import Connection, Link, Picture
from tui.present.bars import SCREENS


class TestConnection:
    def test_connecting(self) -> None:
        async def look(driver: Driver) -> None:
            assert "◌ connecting" in driver.text
            assert "connecting …" in driver.text

        drive(look, feed=FakeFeed(Picture()))

    def test_lost_keeps_the_last_picture_and_comes_back(self) -> None:
        lost = Connection(Link.LOST, canned.NOW - 60, "the sandbox went away", "start it with `sandbox up`")

        async def look(driver: Driver) -> None:
            driver.feed.show(picture(connection=lost))
            await driver.settle()
            assert "✗ disconnected since 11:59:00 (1m)" in driver.text
            assert "estoque-reserva" in driver.text
            assert driver.app.screen.query_one("#body").has_class("-lost")
            for number, _ in enumerate(SCREENS, 1):
                await driver.press(str(number))
            driver.feed.show(picture())
            await driver.settle()
            assert "● live" in driver.text
            assert "the sandbox is back" in driver.text
            assert not driver.app.screen.query_one("#body").has_class("-lost")

        drive(look)

    def test_never_there(self) -> None:
        nothing = Picture(
            connection=Connection(Link.LOST, canned.NOW, "no sandbox is running in .sandbox", "`sandbox up`")
        )

        async def look(driver: Driver) -> None:
            for number, _ in enumerate(SCREENS, 1):
                await driver.press(str(number))
                if SCREENS[number - 1][0] != "logs":
                    assert "no sandbox is running" in driver.text

        drive(look, feed=FakeFeed(nothing, lines=0))

    def test_an_older_sandbox_cannot_tell(self) -> None:
        topics = frozenset(
            {"snapshot", "queues", "sagas", "recent_sagas", "flows", "tables", "lints", "archives", "replays"}
        )
        old = Picture(
            connection=Connection(Link.LIVE, canned.NOW),
            taken_at=canned.NOW,
            status_at=canned.NOW,
            status=canned.STATUS,
            missing=topics,
        )

        async def look(driver: Driver) -> None:
            for number, (name, _) in enumerate(SCREENS, 1):
                await driver.press(str(number))
                if name != "logs":
                    assert "this sandbox cannot tell" in driver.text, name

        drive(look, feed=FakeFeed(old, lines=0))

    @pytest.mark.parametrize("method", ["queue_peek", "saga_show", "flow_show", "bus_events", "table_rows"])
    def test_a_method_that_is_missing_is_a_state(self, method: str) -> None:
        feed = FakeFeed()
        del feed.answers[method]

        async def look(driver: Driver) -> None:
            key = {
                "queue_peek": "2",
                "saga_show": "3",
                "flow_show": "4",
                "bus_events": "6",
                "table_rows": "8",
            }[method]
            await driver.press(key, "down")
            await driver.press("up")
            assert "this sandbox cannot tell" in driver.text

        drive(look, feed=feed)
