"""Pictures of the real dashboard, attached to a running sandbox without a terminal."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from textual.pilot import Pilot

from sandbox.control.client import ControlClient
from tests.pictures.shots import SIZE, Shot
from tests.tui.driving import lines_of
from tui.app import Dashboard
from tui.feed.live import LiveFeed

_PATIENCE = 30.0
_BETWEEN_LOOKS = 0.1
#: Of what is searched for, the beginning is on the screen at least.
_SEEN = 8
#: A picture asks no server for its letters: who has the font sees it, others see their own.
_FOREIGN_FONT = re.compile(r',\s*url\("https?://[^)]*\)\s*format\("[^"]*"\)')


async def take(
    state: Path, shots: Sequence[Shot], known: Mapping[str, str], ready: Callable[[], bool]
) -> dict[str, str]:
    """Takes pictures one after the other, of one dashboard.

    Args:
        state: folder of the sandbox that is shown.
        known: what stands for `{name}` in the shots' words.
        ready: tells whether enough has happened before the dashboard's eyes to begin.

    Returns:
        The pictures, as SVG, by the names of their files.

    Raises:
        AssertionError: the screen did not show what a picture is of.
    """
    app = Dashboard(LiveFeed(lambda: ControlClient(state)))
    taken: dict[str, str] = {}
    async with app.run_test(size=SIZE) as pilot:
        await _until(pilot, "● live")
        while not ready():
            await pilot.pause(_BETWEEN_LOOKS)
        for shot in shots:
            app.theme = shot.theme
            for move in shot.moves:
                await _move(pilot, move.format_map(known))
            for words in shot.shows:
                await _until(pilot, words.format_map(known))
            app.clear_notifications()
            await pilot.pause()
            taken[shot.path.name] = _FOREIGN_FONT.sub("", app.export_screenshot(title=shot.caption))
    return taken


async def _move(pilot: Pilot[None], move: str) -> None:
    if move.startswith("?"):
        await _until(pilot, move[1:])
    elif move.startswith("/"):
        await pilot.press("slash", *move[1:], "enter")
        await _until(pilot, move[:_SEEN])
    else:
        await pilot.press(move)
    await pilot.pause()


async def _until(pilot: Pilot[None], words: str) -> None:
    """Waits until words are on the screen."""
    deadline = time.monotonic() + _PATIENCE
    while words not in (text := "\n".join(lines_of(pilot.app.export_screenshot(), SIZE[1]))):
        assert time.monotonic() < deadline, f"the dashboard did not come to show {words!r}, but\n{text}"
        await pilot.pause(_BETWEEN_LOOKS)
