"""Every screen at every size in every theme, compared with what it was.

What is shown is one file for each view; which colours it is drawn in is another. SANDBOX_SNAPSHOTS=write
writes both anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.tui import canned
from tests.tui.driving import Driver, drive, lines_of
from tests.tui.inks import inks
from tui.present.bars import SCREENS
from tui.themes import THEMES

_FOLDER = Path(__file__).parent / "snapshots"
_SIZES = ((80, 24), (120, 40), (200, 60))
#: Screen -> keys that lead to the interesting part.
_VIEWS = {
    **{name: (str(number),) for number, (name, _) in enumerate(SCREENS, 1)},
    "dead_letter": ("2", "down", "tab", "enter"),
    "hop": ("4", "down", "down", "down", "tab", "end", "enter"),
    "event": ("6", "down", "tab", "enter"),
    "archives": ("6", "a"),
    "row": ("8", "tab", "down", "enter"),
    "invariants": ("3", "i"),
    "search": ("2", "slash", "d", "l", "q"),
    "help": ("2", "question_mark"),
    "confirm": ("2", "down", "tab", "d"),
    "editor": ("2", "down", "tab", "e"),
    "advance": ("t",),
    "faults": ("F",),
    "plan_fault": ("F", "n", "enter"),
    "file": ("tab", "end", "up", "enter"),
    "file_help": ("question_mark",),
}
#: Views of the flows that a failed test left behind.
_OF_A_FILE = ("file", "file_help")


@pytest.mark.parametrize("view", _VIEWS)
def test_view_looks_as_it_did(view: str) -> None:
    """All sizes in all themes; what is shown is the same in each theme."""
    shown: list[str] = []
    drawn: list[str] = []

    async def look(driver: Driver) -> None:
        driver.app.clear_notifications()
        await driver.press(*_VIEWS[view])
        for width, height in _SIZES:
            await driver.pilot.resize_terminal(width, height)
            texts = []
            for theme in THEMES:
                driver.app.theme = theme.name
                driver.app.clear_notifications()
                await driver.settle()
                svg = driver.app.export_screenshot()
                texts.append("\n".join(lines_of(svg, height)))
                drawn.append(f"=== {width}x{height} {theme.name}\n{inks(svg)}\n")
            assert texts == [texts[0]] * len(THEMES)
            shown.append(f"=== {width}x{height} " + "=" * 40 + "\n" + texts[0] + "\n")

    drive(look, size=_SIZES[0], file=canned.FLOW_FILE if view in _OF_A_FILE else None)
    _compare(_FOLDER / f"{view}.txt", "\n".join(shown), f"{view} looks different")
    _compare(_FOLDER / "inks" / f"{view}.txt", "\n".join(drawn), f"{view} has other colours")


def _compare(path: Path, now: str, complaint: str) -> None:
    if os.environ.get("SANDBOX_SNAPSHOTS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(now, encoding="utf-8")
    assert now == path.read_text(encoding="utf-8"), f"{complaint}; SANDBOX_SNAPSHOTS=write if it should"
