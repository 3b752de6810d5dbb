"""Tables and lints."""

from __future__ import annotations

from tests.tui.driving import Driver, drive, grid


class TestData:
    def test_rows_and_more_rows(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("8", "down")
            assert driver.feed.questions("table_rows")[-1] == {
                "database": "nfe",
                "table": "faturamento.notas_fiscais",
                "limit": 200,
                "offset": 0,
                "match": "",
            }
            await driver.press("m")
            assert len(grid(driver, "#rows").things) == 400
            await driver.press("tab", "enter")
            assert "nota_fiscal_i" in driver.text

        drive(look)


class TestLints:
    def test_suppressed_ones_are_shown_on_demand(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("9")
            assert "queue-without-dlq" not in driver.text
            await driver.press("s")
            assert "queue-without-dlq" in driver.text

        drive(look)
