"""What all screens share: help, palette, search, copying, mouse, hostile text."""

from __future__ import annotations

import json

import pytest

from tests.tui import canned
from tests.tui.driving import Driver, drive, grid
from tests.tui.fakes import FakeFeed
from tui.actions import ACTIONS, actions_for
from tui.present.bars import SCREENS
from tui.screens.dialogs import Confirm
from tui.screens.help import Help
from tui.widgets.pane import Pane


class TestEverywhere:
    @pytest.mark.parametrize("size", [(80, 24), (120, 40)])
    def test_help_names_every_key_and_its_command(self, size: tuple[int, int]) -> None:
        async def look(driver: Driver) -> None:
            for number, (name, _) in enumerate(SCREENS, 1):
                await driver.press(str(number), "question_mark")
                assert isinstance(driver.app.screen, Help)
                shown = "\n".join(
                    "".join(piece for piece, _ in line) for line in driver.app.screen.query_one(Pane).lines
                )
                for action in actions_for(name):
                    assert action.label in shown
                    assert not action.twin or f"$ {action.twin}"[:40] in shown
                await driver.press("escape")

        drive(look, size=size)

    def test_every_action_is_there(self) -> None:
        async def look(driver: Driver) -> None:
            for number, (name, _) in enumerate(SCREENS, 1):
                await driver.press(str(number))
                for action in actions_for(name):
                    owner = (
                        driver.app.screen if hasattr(driver.app.screen, f"action_{action.id}") else driver.app
                    )
                    assert hasattr(owner, f"action_{action.id}"), action.id

        drive(look)

    def test_keys_are_unique_on_each_screen_and_every_action_explains_itself(self) -> None:
        for name, _ in SCREENS:
            keys = [key for action in actions_for(name) for key in action.keys.split(",")]
            assert len(keys) == len(set(keys)), name
        for action in ACTIONS:
            assert action.tooltip.endswith(".")
            assert action.binding().id == action.id
            assert action.binding().tooltip

    def test_the_palette_offers_what_applies_now(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2")
            titles = [command.title for command in driver.app.get_system_commands(driver.app.screen)]
            assert "Send" in titles
            assert "Redrive" not in titles
            await driver.press("down")
            titles = [command.title for command in driver.app.get_system_commands(driver.app.screen)]
            assert "Redrive" in titles
            assert "Theme: sandbox-light" in titles
            await driver.press("ctrl+p")
            await driver.write("purge")
            await driver.press("enter")

        drive(look)

    def test_searching(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2", "slash")
            await driver.write("compens")
            assert [queue.name for queue in grid(driver, "#queues").things] == [
                "faturamento-compensacao",
                "faturamento-compensacao-dlq",
            ]
            await driver.press("enter")
            assert "/compens" in driver.lines[-1]
            await driver.press("escape")
            assert len(grid(driver, "#queues").things) == 6

        drive(look)

    def test_nothing_found_is_a_state(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("3", "slash")
            await driver.write("zzz")
            assert "nothing here has 'zzz'" in driver.text

        drive(look)

    def test_copying(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2", "c")
            assert json.loads(driver.app.clipboard)["name"] == "estoque-reserva"
            assert "copied as JSON" in driver.text
            await driver.press("C")
            assert driver.app.clipboard.startswith("awslocal")

        drive(look)

    def test_the_mouse(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.pilot.click("#tabs", offset=(17, 0))
            await driver.settle()
            assert driver.app.current_mode == "queues"
            await driver.pilot.click("#queues", offset=(10, 2))
            await driver.settle()
            assert grid(driver, "#queues").cursor == 1
            await driver.pilot.click("#keys", offset=(2, 0))
            await driver.settle()
            assert isinstance(driver.app.screen, Confirm)

        drive(look)

    def test_hostile_text_is_shown_and_does_nothing(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("7")
            assert "\\e[2J\\e]52;c" in driver.text
            assert "[red]not red[/red]" in driver.text
            assert "\x1b" not in driver.text
            await driver.press("8")
            assert "\\e[2J" in driver.text

        drive(look, size=(200, 60))

    def test_a_notice_with_hostile_text(self) -> None:
        async def look(driver: Driver) -> None:
            driver.app.say(canned.HOSTILE)
            await driver.settle()
            assert "[red]not red" in driver.text

        drive(look)

    def test_leaving(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("q")

        feed = FakeFeed()
        drive(look, feed=feed)
        assert feed.stopped
