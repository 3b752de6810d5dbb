"""`sandbox tui`."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click

from sandbox.cli.common import state_option
from sandbox.cli.flowfile import open_flows
from sandbox.cli.output import emit
from sandbox.errors import DependencyError, UsageError

#: The group of entry points in which a dashboard is found; the library itself imports none.
_GROUP = "sandbox.dashboard"


@click.command("tui", short_help="Watch the sandbox live: queues, dead letters, sagas, flows, logs.")
@click.option("--serve", is_flag=True, help="Serve it to a browser on this machine instead.")
@click.option("--port", default=0, help="Port for --serve; 0 takes a free one.")
@click.option("--theme", default=None, help="dark, light, high-contrast or colour-safe.")
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Show the flows that a failed test left in a file, without a sandbox.",
)
@click.option("--keys", is_flag=True, help="Print every key and what it does, and end.")
@state_option
def command(serve: bool, port: int, theme: str | None, file: Path | None, keys: bool, state: Path) -> None:
    """Watch the sandbox live, from any terminal; it connects again by itself when the sandbox restarts.

    Example: sandbox tui
    """
    if keys:
        emit(str(dashboard("keys")()).rstrip())
        return
    folder = Path(os.path.abspath(state))  # noqa: PTH100 - resolve() would follow symlinks
    if file is not None:
        if serve:
            raise UsageError("a file is not served", "--serve shows a running sandbox", "leave --serve out")
        dashboard("run")(folder, theme=theme, flows=open_flows(file))
    elif serve:
        dashboard("serve")(folder, port=port, theme=theme, say=emit)
    else:
        dashboard("run")(folder, theme=theme)


def dashboard(name: str) -> Callable[..., Any]:
    """A function of the dashboard that is installed.

    Raises:
        DependencyError: none is.
    """
    for entry in entry_points(group=_GROUP, name=name):
        try:
            found: Callable[..., Any] = entry.load()
        except ImportError as error:
            raise DependencyError(
                "the dashboard cannot be loaded",
                f"{type(error).__name__}: {error}",
                "install sandbox again with all it depends on: `pip install --force-reinstall sandbox`",
            ) from error
        return found
    raise DependencyError(
        "the dashboard is not installed",
        f"no package offers the entry point {name!r} in {_GROUP}",
        "install sandbox again: `pip install --force-reinstall sandbox`",
    )
