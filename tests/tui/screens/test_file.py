"""The flows that a failed test left in a file: read only, without a sandbox."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from sandbox.cli import tui as command
from sandbox.cli.flowfile import open_flows
from sandbox.errors import SandboxError, UsageError
from sandbox.model.views.flowfile import FORMAT, FlowFile
from tests.tui import canned
from tests.tui.driving import Driver, drive, grid
from tui.actions import ACTIONS
from tui.screens.base import Board
from tui.screens.flows import Flows
from tui.screens.help import Help
from tui.widgets.pane import Pane


class TestScreen:
    def test_it_shows_flows_log_lines_and_dead_letters_and_says_where_from(self) -> None:
        async def look(driver: Driver) -> None:
            assert isinstance(driver.app.screen, Flows)
            assert "from a file" in driver.lines[0]
            assert "test_confirms" in driver.lines[0]
            assert "live" not in driver.lines[0]
            assert [flow.id for flow in grid(driver, "#flows").things] == [103, 102]
            await driver.press("tab", "end")
            assert "estoque-reserva-dlq" in driver.text
            await driver.press("up", "enter")
            shown = driver.app.screen.query_one("#hop", Pane).lines
            assert any("[ERROR] TypeError" in "".join(piece for piece, _ in line) for line in shown)

        drive(look, file=canned.FLOW_FILE, size=(120, 60))

    def test_what_needs_a_sandbox_is_absent(self) -> None:
        async def look(driver: Driver) -> None:
            absent = [action for action in ACTIONS if action.applies("flows") and not action.offline]
            for action in absent:
                await driver.press(*action.keys.split(","))
                assert isinstance(driver.app.screen, Flows), action.id
            assert "Overview" not in driver.text
            assert "Advance" not in driver.lines[-1]
            titles = {one.title for one in driver.app.get_system_commands(driver.app.screen)}
            assert titles.isdisjoint({action.label for action in absent})
            assert {"Search", "Help", "Theme", "Quit"} <= titles

        drive(look, file=canned.FLOW_FILE)

    def test_a_click_on_the_clock_moves_none(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.pilot.click("#top", offset=(100, 0))
            await driver.settle()
            assert isinstance(driver.app.screen, Board)

        drive(look, file=canned.FLOW_FILE)

    def test_the_help_has_what_works(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("question_mark")
            assert isinstance(driver.app.screen, Help)
            lines = driver.app.screen.query_one(Pane).lines
            words = "\n".join("".join(piece for piece, _ in line) for line in lines)
            for action in ACTIONS:
                if action.applies("flows"):
                    assert (action.tooltip in " ".join(words.split())) is action.offline

        drive(look, file=canned.FLOW_FILE, size=(200, 60))

    def test_it_is_searched_stepped_through_and_copied(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("slash")
            await driver.write("000000000002")
            await driver.press("enter")
            assert [flow.id for flow in grid(driver, "#flows").things] == [102]
            await driver.press("c")
            assert json.loads(driver.app.clipboard)["id"] == 102
            await driver.press("escape", "f", "f", "f")
            assert [flow.status for flow in grid(driver, "#flows").things] == ["dead-lettered"]

        drive(look, file=canned.FLOW_FILE)

    def test_a_hop_is_searched_by_its_event(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("slash")
            await driver.write("e-103")
            assert len(grid(driver, "#flows").things) == 2

        drive(look, file=canned.FLOW_FILE)


class TestCommand:
    def test_the_file_reaches_the_dashboard(self, tmp_path: Path) -> None:
        file = tmp_path / "x.flows.json"
        file.write_bytes(msgspec.json.encode(canned.FLOW_FILE))
        result = CliRunner().invoke(command.command, ["--file", str(file), "--theme", "lihgt"])
        assert isinstance(result.exception, UsageError)
        assert "there is no theme" in result.exception.what

    def test_it_is_not_served(self) -> None:
        result = CliRunner().invoke(command.command, ["--file", "x", "--serve"])
        assert isinstance(result.exception, UsageError)
        assert result.exception.remedy == "leave --serve out"

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (None, "No such file"),
            (b"Resources: {}", "malformed"),
            (b'{"format": 1}', "missing required field"),
            (msgspec.json.encode(FlowFile(title="t", flows=[])), "nothing had happened"),
        ],
    )
    def test_a_file_that_is_none_is_told(self, content: bytes | None, why: str, tmp_path: Path) -> None:
        file = tmp_path / "x.flows.json"
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(UsageError, match=r"holds no flow|cannot be read") as told:
            open_flows(file)
        assert why in told.value.why
        assert told.value.remedy

    def test_a_newer_file_is_told(self, tmp_path: Path) -> None:
        file = tmp_path / "x.flows.json"
        file.write_bytes(b'{"format": %d, "anything": 1}' % (FORMAT + 1))
        with pytest.raises(SandboxError, match="written by a newer sandbox"):
            open_flows(file)
