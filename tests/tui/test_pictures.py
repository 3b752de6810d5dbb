"""The pictures of the documents: what the script takes, what is kept, and what is shown are the same."""

from __future__ import annotations

import html
import re

import pytest

from tests.pictures.shots import FOLDER, ROOT, SHOTS, SIZE, Shot
from tests.tui.driving import Driver, drive, lines_of
from tui.widgets.grid import Grid

_REFERENCE = re.compile(r"!\[([^\]]*)\]\(((?:docs/)?pictures/[^)]*)\)")
_DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def shown() -> set[tuple[str, str]]:
    """(name, caption) of every picture in the documents."""
    found = [
        (document.parent / path, caption)
        for document in _DOCUMENTS
        for caption, path in _REFERENCE.findall(document.read_text(encoding="utf-8"))
    ]
    assert all(path.parent == FOLDER for path, _ in found)
    return {(path.name, caption) for path, caption in found}


def test_documents_show_what_the_script_takes_with_its_captions() -> None:
    assert shown() == {(shot.path.name, shot.caption) for shot in SHOTS}


def test_no_other_picture_is_kept() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {shot.path.name for shot in SHOTS}


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_a_picture_is_of_the_screen_as_it_is_now(shot: Shot) -> None:
    """Its title, its words, and the columns that the screen has."""
    svg = shot.path.read_text(encoding="utf-8")
    text = "\n".join(lines_of(svg, SIZE[1]))
    assert html.escape(shot.caption) in svg.replace("&#160;", " ")
    assert [words for words in shot.shows if "{" not in words and words not in text] == []
    assert 'url("http' not in svg, "a picture loads nothing"

    async def look(driver: Driver) -> None:
        await driver.press(shot.moves[0])
        for grid in driver.app.screen.query(Grid):
            if grid.display and grid.size.height:
                titles = [column.title for column in grid.table.columns if column.title in driver.text]
                assert [title for title in titles if title not in text] == []

    drive(look, size=SIZE)
