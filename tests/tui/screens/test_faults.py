"""Planned faults, over any screen."""

from __future__ import annotations

from textual.widgets import Input, OptionList

from sandbox.model.faults import FaultKind
from tests.tui import canned
from tests.tui.driving import Driver, drive, grid
from tests.tui.fakes import FakeFeed, picture
from tui.picture import Trouble
from tui.present.bars import SCREENS
from tui.screens.base import Board
from tui.screens.dialogs import Confirm
from tui.screens.faults import FaultDesk


class TestList:
    def test_it_is_reached_from_every_screen_and_left_again(self) -> None:
        async def look(driver: Driver) -> None:
            for number, _ in enumerate(SCREENS, 1):
                await driver.press(str(number))
                below = driver.feed.wanted
                await driver.press("F")
                assert isinstance(driver.app.screen, FaultDesk)
                assert driver.feed.wanted == below | {"faults"}
                await driver.press("escape")
                assert isinstance(driver.app.screen, Board)
                assert driver.feed.wanted == below

        drive(look)

    def test_the_palette_has_it(self) -> None:
        async def look(driver: Driver) -> None:
            commands = {one.title: one for one in driver.app.get_system_commands(driver.app.screen)}
            assert "Key: F" in commands["Faults"].help
            await commands["Faults"].callback()
            await driver.settle()
            assert isinstance(driver.app.screen, FaultDesk)

        drive(look)

    def test_strikes_are_counted_while_one_looks(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("F")
            assert [fault.id for fault in grid(driver, "#faults").things] == ["1f3a9c02", "77b0e1d4"]
            assert "3, spent" in driver.text
            assert "queue=estoque-reserva" in driver.text
            driver.feed.show(picture(faults=()))
            await driver.settle()
            assert "no fault is planned" in driver.text

        drive(look)

    def test_every_key_says_its_command(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("F")
            for twin in ("faults add KIND", "faults rm ID", "faults clear"):
                assert f"$ sandbox {twin}" in driver.text

        drive(look, size=(80, 24))


class TestPlanning:
    def test_a_kind_is_chosen_and_its_match_written_as_for_the_command(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("F", "n", "enter")
            assert "sandbox faults add duplicate" in driver.text
            assert "--set after=float" in driver.text
            driver.app.screen.query_one(Input).value = "--function f"
            await driver.press("enter")
            assert "duplicate cannot be chosen by function" in driver.text
            assert not driver.feed.questions("fault_add")
            driver.app.screen.query_one(Input).value = "--queue estoque-reserva --times 3"
            await driver.press("enter")
            assert driver.feed.questions("fault_add") == [
                {"kind": "duplicate", "match": {"queue": "estoque-reserva"}, "settings": {}, "times": 3}
            ]
            assert "planned duplicate as 1f3a9c02" in driver.text

        drive(look)

    def test_a_slip_is_told_with_what_was_meant(self) -> None:
        async def look(driver: Driver) -> None:
            meant = Trouble("there is no queue reserv", "Did you mean estoque-reserva?", "name one")
            driver.feed.answers["fault_add"] = lambda _: meant
            await driver.press("F", "n", "enter")
            driver.app.screen.query_one(Input).value = "--queue reserv"
            await driver.press("enter")
            assert "there is no queue reserv" in driver.text
            assert "Did you mean estoque-reserva?" in driver.text

        drive(look)

    def test_what_the_engine_cannot_inject_is_told(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("F", "n")
            kinds = driver.app.screen.query_one(OptionList)
            kinds.highlighted = list(FaultKind).index(FaultKind.CLOCK_SKEW)
            await driver.press("enter")
            assert isinstance(driver.app.screen, FaultDesk)
            assert "environments are not ours" in driver.text

        drive(look)


class TestTakingOut:
    def test_one_is_taken_out_after_a_question(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("F", "down", "d")
            assert isinstance(driver.app.screen, Confirm)
            await driver.press("escape")
            assert not driver.feed.questions("fault_rm")
            await driver.press("d", "y")
            assert driver.feed.questions("fault_rm") == [{"ids": ["77b0e1d4"]}]

        drive(look)

    def test_all_are_cleared_after_a_question(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("F", "D")
            assert f"Take {len(canned.FAULTS)} faults out" in driver.text
            assert not driver.feed.questions("fault_clear")
            await driver.press("y")
            assert driver.feed.questions("fault_clear") == [{}]
            assert "2 faults removed" in driver.text

        drive(look)

    def test_nothing_is_asked_where_nothing_is_planned(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("F", "d", "D")
            assert isinstance(driver.app.screen, FaultDesk)

        drive(look, feed=FakeFeed(picture(faults=())))
