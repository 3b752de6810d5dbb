"""The command `sandbox tui`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from sandbox.cli.app import cli
from sandbox.cli.tui import command, dashboard
from sandbox.errors import DependencyError, UsageError
from tui.actions import ACTIONS
from tui.encoding import speaks_unicode
from tui.entry import keys, theme_name
from tui.themes import THEMES


def test_the_keys_are_listed() -> None:
    result = CliRunner().invoke(command, ["--keys"])
    assert result.exit_code == 0
    for action in ACTIONS:
        assert action.tooltip in result.output


def test_the_documentation_lists_the_keys_as_they_are() -> None:
    page = Path(__file__).parents[2] / "docs" / "dashboard.md"
    assert keys().strip() in page.read_text(encoding="utf-8"), (
        "write `sandbox tui --keys` into docs/dashboard.md"
    )


@pytest.mark.parametrize(
    "twin", sorted({action.twin for action in ACTIONS if action.twin.startswith("sandbox ")})
)
def test_the_command_that_does_the_same_is_there(twin: str) -> None:
    found: click.Command = cli
    words = twin.split()[1:]
    while isinstance(found, click.Group):
        name = words.pop(0)
        context = click.Context(found)
        inner = found.get_command(context, name)
        assert inner is not None, name
        found = inner
    options = {name for parameter in found.params for name in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in words if word.startswith("-")} <= options


def test_themes_have_short_names() -> None:
    assert theme_name("light") == "sandbox-light"
    assert theme_name("sandbox-colour-safe") == "sandbox-colour-safe"
    with pytest.raises(UsageError, match="there is no theme"):
        theme_name("lihgt")


def test_the_theme_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_THEME", "high-contrast")
    assert theme_name(None) == "sandbox-high-contrast"
    monkeypatch.delenv("SANDBOX_THEME")
    assert theme_name(None) == THEMES[0].name


def test_a_dashboard_that_is_missing_is_told() -> None:
    with pytest.raises(DependencyError, match="not installed"):
        dashboard("no-such-entry-point")


@pytest.mark.parametrize(
    ("locale", "speaks"), [("C.UTF-8", True), ("pt_BR.ISO-8859-1", False), ("C", False), ("en_US", True)]
)
def test_whether_the_terminal_shows_unicode(
    locale: str, speaks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.delenv("TEXTUAL_DRIVER", raising=False)
    assert speaks_unicode() is speaks


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("sandbox.cli.tui", "textual"),
        ("sandbox.cli.tui", "tui"),
        ("tui.entry", "aiohttp"),
        ("tui.app", "aiohttp"),
        ("tui.present.copying", "textual.app"),
        ("tui.app", "boto3"),
    ],
)
def test_what_is_not_needed_is_not_loaded(module: str, heavy: str) -> None:
    program = f"import sys, {module}; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
