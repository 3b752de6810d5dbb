"""Asks before something is destroyed."""

from __future__ import annotations

import sys

import click

from sandbox.cli.diagnostics import say
from sandbox.errors import UsageError

yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask.")


def sure(question: str, *, yes: bool) -> None:
    """Asks on standard error; returns when the answer is yes.

    Raises:
        UsageError: there is nobody to ask.
        Exit: the answer is no; the command has failed.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            "nothing was done",
            "this cannot be undone, and there is no terminal to ask at",
            "say --yes when you are sure",
        )
    if not click.confirm(question, err=True):
        say("nothing was done")
        raise click.exceptions.Exit(1)
