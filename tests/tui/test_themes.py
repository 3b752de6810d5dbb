"""Every screen in every theme: readable, and never by colour alone."""

from __future__ import annotations

import re

import pytest
from textual.color import Color
from textual.theme import Theme

from tests.tui.driving import Driver, drive
from tui.present.bars import SCREENS
from tui.themes import COLOUR_SAFE, HIGH_CONTRAST, THEMES

_TONES = ("text", "dim", "strong", "title", "accent", "ok", "busy", "warn", "bad")
_FILL = re.compile(r"fill: (#[0-9a-f]{6})")


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
class TestEveryTheme:
    def test_text_stands_out(self, theme: Theme) -> None:
        """Contrast of 4.5 as WCAG 2.1 asks for text (1.4.3), 3 for what is meant to recede."""
        for name in _TONES:
            for ground in (theme.background, theme.variables["cursor-row"]):
                ratio = _contrast(Color.parse(ground or ""), Color.parse(theme.variables[f"tone-{name}"]))
                assert ratio >= _least(theme, ground), (name, ground, ratio)
        idle = _contrast(Color.parse(theme.background or ""), Color.parse(theme.variables["tone-idle"]))
        assert idle >= 3

    def test_screens_use_its_colours(self, theme: Theme) -> None:
        async def look(driver: Driver) -> None:
            for number, _ in enumerate(SCREENS, 1):
                await driver.press(str(number))
                used = set(_FILL.findall(driver.app.export_screenshot()))
                assert theme.variables["tone-dim"] in used
                assert theme.variables["tone-strong"] in used or theme.variables["tone-text"] in used

        drive(look, theme=theme.name)


def _least(theme: Theme, ground: str | None) -> float:
    if ground != theme.background:
        return 3
    return 7 if theme is HIGH_CONTRAST else 4.5


def test_red_and_green_are_not_needed() -> None:
    """Blue and orange differ for people who do not tell red from green: in lightness of blue, not in red and
    green.
    """
    ok, bad = (Color.parse(COLOUR_SAFE.variables[f"tone-{name}"]) for name in ("ok", "bad"))
    assert ok.b - bad.b > 100


def test_the_next_theme_is_a_key_away() -> None:
    async def look(driver: Driver) -> None:
        seen = {driver.app.theme}
        for _ in THEMES:
            await driver.press("f2")
            seen.add(driver.app.theme)
        assert seen == {theme.name for theme in THEMES}

    drive(look)


def test_without_colour_states_are_still_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def look(driver: Driver) -> None:
        fills = {Color.parse(fill) for fill in _FILL.findall(driver.app.export_screenshot())}
        assert all(max(fill.rgb) - min(fill.rgb) <= 3 for fill in fills), fills
        await driver.press("3")
        assert "■ stuck" in driver.text
        assert "● completed" in driver.text

    drive(look)


def _contrast(one: Color, other: Color) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    def part(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.03928 else float(((share + 0.055) / 1.055) ** 2.4)

    return 0.2126 * part(color.r) + 0.7152 * part(color.g) + 0.0722 * part(color.b)
