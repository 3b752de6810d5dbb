"""Searching: the list that has the focus, and what is not loaded asked of the sandbox."""

from __future__ import annotations

import pytest
from textual.events import Key
from textual.widgets import Input

from tests.tui import canned
from tests.tui.driving import Driver, drive, grid


async def search(driver: Driver, words: str) -> None:
    await driver.press("slash")
    await driver.write(words)


def test_what_is_typed_is_on_the_screen() -> None:
    async def look(driver: Driver) -> None:
        await driver.press("2", "slash")
        assert "search; Enter keeps it, Esc ends it" in driver.lines[-1]
        await driver.write("compens")
        assert "compens" in driver.lines[-1]
        await driver.press("enter")
        assert "/compens" in driver.lines[-1]
        assert "Help" in driver.lines[-1]

    drive(look, size=(80, 24))


@pytest.mark.parametrize("before", ["", "3"])
def test_letters_that_come_with_the_key_of_the_search_go_to_the_search(before: str) -> None:
    async def look(driver: Driver) -> None:
        await driver.press("2")
        for letter in f"{before}/pd/y":
            driver.app.post_message(Key("slash" if letter == "/" else letter, letter))
        await driver.settle()
        await driver.settle()
        box = driver.app.screen.query_one("#search", Input)
        assert (box.value, box.has_focus) == ("pd/y", True)
        assert driver.app.current_mode == ("sagas" if before else "queues")
        await driver.press("z")
        assert box.value == "pd/yz"
        await driver.press("escape", "1")
        assert driver.app.current_mode == "overview"

    drive(look)


@pytest.mark.parametrize("screen", [str(number) for number in range(2, 10)])
def test_a_search_that_is_kept_is_said_on_every_screen(screen: str) -> None:
    async def look(driver: Driver) -> None:
        await driver.press(screen)
        await search(driver, "nota")
        await driver.press("enter")
        assert driver.lines[-1].endswith("/nota")

    drive(look)


def test_a_filter_and_a_search_are_both_said_and_a_long_one_leaves_room_for_keys() -> None:
    async def look(driver: Driver) -> None:
        await driver.press("4", "f")
        await search(driver, "7f6c2a0e-3c1f-4f0e-9c55-2a0e3c1f4f0e")
        await driver.press("enter")
        assert driver.lines[-1].endswith("only ok · /7f6c2a0e-3c1…a0e3c1f4f0e")
        assert "? Help" in driver.lines[-1]

    drive(look, size=(80, 24))


def test_what_was_found_stays_in_sight_when_the_search_ends() -> None:
    async def look(driver: Driver) -> None:
        found = canned.SAGAS[150].id
        await driver.press("3")
        await search(driver, found)
        await driver.press("enter", "escape")
        sagas = grid(driver, "#sagas")
        assert (sagas.key_at(sagas.cursor) or "").endswith(found)
        assert any(line.startswith("▸") and found[:12] in line for line in driver.lines)

    drive(look)


def test_the_sandbox_finds_messages_that_are_not_loaded() -> None:
    async def look(driver: Driver) -> None:
        await driver.press("2", "tab")
        await search(driver, "000000009999")
        assert driver.feed.questions("queue_peek")[-1]["match"] == "000000009999"
        assert len(grid(driver, "#messages").things) == 1
        assert "1 found" in driver.text
        assert len(grid(driver, "#queues").things) == 6
        await driver.press("enter")
        assert grid(driver, "#messages").has_focus
        await driver.press("escape")
        assert driver.feed.questions("queue_peek")[-1]["match"] == ""
        assert len(grid(driver, "#messages").things) == 200

    drive(look)


def test_the_sandbox_finds_flows_that_are_not_loaded() -> None:
    async def look(driver: Driver) -> None:
        await driver.press("4")
        await search(driver, "antiga-21")
        assert driver.feed.questions("flow_ls")[-1]["match"] == "antiga-21"
        assert [flow.id for flow in grid(driver, "#flows").things] == [21]
        await driver.press("enter", "escape")
        assert len(grid(driver, "#flows").things) == 300

    drive(look)


def test_the_sandbox_finds_sagas_that_are_not_loaded() -> None:
    async def look(driver: Driver) -> None:
        await driver.press("3")
        await search(driver, canned.nota(5_001)[-12:])
        assert [saga.id for saga in grid(driver, "#sagas").things] == [canned.nota(5_001)]

    drive(look)


@pytest.mark.parametrize(
    ("keys", "words", "method"),
    [(("6", "down", "tab"), "cancelada", "bus_events"), (("8", "down", "tab"), "4999", "table_rows")],
)
def test_events_and_rows_too(keys: tuple[str, ...], words: str, method: str) -> None:
    async def look(driver: Driver) -> None:
        await driver.press(*keys)
        await search(driver, words)
        assert driver.feed.questions(method)[-1]["match"] == words

    drive(look)


def test_the_other_list_stays_whole() -> None:
    async def look(driver: Driver) -> None:
        await driver.press("4", "tab")
        await search(driver, "dead")
        assert len(grid(driver, "#flows").things) == 300
        assert len(grid(driver, "#tree").things) < 5

    drive(look)
