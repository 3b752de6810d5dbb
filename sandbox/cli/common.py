"""What the commands share: the option `--state`, the option `--json`, and the connection to the daemon."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from sandbox.cli.diagnostics import say, say_note
from sandbox.control.client import ControlClient, StoppedError
from sandbox.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])

state_option = click.option(
    "--state",
    "state",
    metavar="DIR",
    envvar="SANDBOX_STATE",
    default=".sandbox",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="State folder of the sandbox.",
)
match_option = click.option(
    "--match", default="", metavar="TEXT", help="Only those with this text, in letters of either case."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")

parameter_option = click.option(
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="A value for a parameter of the template, instead of the one in sandbox.toml; it holds until another"
    " is given. SYSTEM.NAME=VALUE is for one of several systems. May be repeated.",
)


def connect(state: Path, *, timeout: float | None = None) -> ControlClient:
    """A connection to the daemon of a state folder.

    Args:
        timeout: real seconds to wait for an answer; None waits for ever.

    Raises:
        NotRunningError: none runs there.
    """
    folder = Path(os.path.abspath(state))  # noqa: PTH100 - resolve() would follow symlinks
    return ControlClient(folder, timeout=timeout, on_note=say_note)


@contextmanager
def following() -> Iterator[None]:
    """What is followed ends well when the sandbox is stopped: with a line on standard error."""
    try:
        yield
    except StoppedError:
        say("the sandbox was stopped: nothing more comes")


def read_parameters(words: Sequence[str]) -> dict[str, str]:
    """`NAME=VALUE` words as a mapping.

    Raises:
        UsageError: one has another form.
    """
    values = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(
                f"{word!r} names no parameter", "it has the form NAME=VALUE", "write --parameter Limit=750"
            )
        values[name] = value
    return values
