"""Every screen at every size, compared with what it was: SANDBOX_SNAPSHOTS=write writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.tui.driving import Driver, drive
from tui.present.bars import SCREENS

_FOLDER = Path(__file__).parent / "snapshots"
_SIZES = ((80, 24), (120, 40), (200, 60))
#: Screen -> keys that lead to the interesting part.
_VIEWS = {
    **{name: (str(number),) for number, (name, _) in enumerate(SCREENS, 1)},
    "dead_letter": ("2", "down", "tab", "enter"),
    "hop": ("4", "down", "down", "down", "tab", "end", "enter"),
    "event": ("6", "down", "tab", "enter"),
    "row": ("8", "tab", "down", "enter"),
    "invariants": ("3", "i"),
    "search": ("2", "slash", "d", "l", "q"),
    "help": ("2", "question_mark"),
    "confirm": ("2", "down", "tab", "d"),
    "editor": ("2", "down", "tab", "e"),
    "advance": ("t",),
}


@pytest.mark.parametrize("view", _VIEWS)
def test_view_looks_as_it_did(view: str) -> None:
    """One file for each view, with all sizes in it."""
    parts: list[str] = []

    async def look(driver: Driver) -> None:
        driver.app.clear_notifications()
        await driver.press(*_VIEWS[view])
        for width, height in _SIZES:
            await driver.pilot.resize_terminal(width, height)
            driver.app.clear_notifications()
            await driver.settle()
            parts.append(f"=== {width}x{height} " + "=" * 40 + "\n" + driver.text + "\n")

    drive(look, size=_SIZES[0])
    shown = "\n".join(parts)
    path = _FOLDER / f"{view}.txt"
    if os.environ.get("SANDBOX_SNAPSHOTS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8"), (
        f"{view} looks different; SANDBOX_SNAPSHOTS=write if it should"
    )
