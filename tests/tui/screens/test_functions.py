"""The functions."""

from __future__ import annotations

from textual.widgets import TextArea

from tests.tui.driving import Driver, drive


class TestFunctions:
    def test_invoking(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("5", "i")
            driver.app.screen.query_one(TextArea).text = '{"x":'
            await driver.press("ctrl+s")
            assert "a payload is JSON" in driver.text
            driver.app.screen.query_one(TextArea).text = '{"x":1}'
            await driver.press("ctrl+s")
            assert driver.feed.questions("invoke") == [
                {"function": "nfe-estoque-dev", "payload": '{"x":1}', "asynchronous": False}
            ]
            assert '{"ok": true}' in driver.text

        drive(look)

    def test_its_logs(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("5", "l")
            assert driver.app.current_mode == "logs"
            assert "only nfe-estoque-dev" in driver.text

        drive(look)

    def test_deploying_asks_first(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("5", "D")
            assert "handlers/nfe/template.yaml" in driver.text
            await driver.press("y")
            assert driver.feed.questions("deploy")[0]["systems"] == ["handlers/nfe/template.yaml"]

        drive(look)

    def test_settings_and_environments(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("5")
            assert "pid 4301" in driver.text
            assert "5 now, 5 reserved" in driver.text

        drive(look)
