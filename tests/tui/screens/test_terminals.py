"""Terminals that are small or speak only ASCII."""

from __future__ import annotations

import pytest

from tests.tui.driving import Driver, drive
from tui.present.bars import SCREENS


class TestTerminals:
    @pytest.mark.parametrize("size", [(20, 6), (40, 10), (60, 16)])
    def test_too_small_still_works(self, size: tuple[int, int]) -> None:
        async def look(driver: Driver) -> None:
            assert "small" in driver.text or size[0] < 30
            for number, _ in enumerate(SCREENS, 1):
                await driver.press(str(number), "down", "tab")
            assert driver.app.current_mode == "lints"

        drive(look, size=size)

    def test_without_unicode_everything_is_ascii(self) -> None:
        async def look(driver: Driver) -> None:
            for number, _ in enumerate(SCREENS, 1):
                await driver.press(str(number))
                assert driver.text.isascii()
            assert "sandbox" in driver.text

        drive(look, plain=True)
