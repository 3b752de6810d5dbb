"""What the tests of texts share."""

from __future__ import annotations

from tests.tui import canned
from tests.tui.fakes import picture
from tui.picture import Picture
from tui.present.cells import Line, plain
from tui.present.rates import Rates
from tui.present.table import Scene


def scene(shown: Picture | None = None, now: float = canned.NOW) -> Scene:
    return Scene(shown or picture(), Rates(), now, now)


def words(lines: list[Line]) -> str:
    return "\n".join(plain(line) for line in lines)
