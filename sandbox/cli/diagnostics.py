"""The only writer of standard error: progress, notices, errors; and the owner of exit codes.

0 done · 1 failed · 2 wrong words · 3 not running · 4 port taken · 5 template refused · 6 running already ·
130 interrupted.
"""

from __future__ import annotations

import os
import sys
import traceback

import click

from sandbox.control.protocol import Progress
from sandbox.errors import SandboxError
from sandbox.model.safe_text import log_text

INTERRUPTED = 130


def say(text: str) -> None:
    """One line to the user."""
    click.echo(text, err=True)


def say_foreign(text: str) -> None:
    """Lines that functions wrote, without their escape sequences but colours."""
    click.echo(log_text(text), err=True)


def say_note(text: str) -> None:
    """Something that the user should know while a command goes on."""
    say(f"{_paint('!', 'yellow')} {text}")


def tell_gap(dropped: int, told: int) -> int:
    """Tells that items of a stream were left out because the reader was too slow for them.

    Args:
        dropped: how many so far.
        told: how many of them the user knows of.

    Returns:
        How many the user knows of now.
    """
    if dropped > told:
        say(f"… {dropped - told} left out here: they came faster than they were read")
    return dropped


def show_progress(progress: Progress) -> None:
    """One step of a start or deployment; steps that are done show their time."""
    text = f"  {progress.text}" if progress.text else ""
    if progress.state == "done":
        say(f"{_paint('✓', 'green')} {progress.step:<28} {progress.seconds:6.2f} s{text}")
    elif progress.state == "failed":
        say(f"{_paint('✗', 'red')} {progress.step:<28} {progress.seconds:6.2f} s{text}")
    elif progress.state == "note":
        say(f"{_paint('!', 'yellow')} {progress.step}: {progress.text}")


def show_count(done: int, of: int, what: str) -> None:
    """How far something is, on one line that is written over; only for people at a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r{done:,} of {of:,} {what}" + ("\n" if done == of else ""), err=True, nl=False)


def fail(error: SandboxError, *, debug: bool) -> int:
    """Reports an error a user can act on, and returns the exit code."""
    say(f"{_paint('error', 'red')}: {error.what}")
    say(f"  why: {error.why}")
    say(f"  do:  {error.remedy}")
    if debug:
        traceback.print_exception(error)
    return error.exit_code


def crash(error: Exception, *, debug: bool) -> int:
    """Reports a defect of ours; the stack trace only with --debug."""
    say(f"{_paint('error', 'red')}: sandbox failed unexpectedly: {type(error).__name__}: {error}")
    say("  do:  run the command again with `sandbox --debug …` and report what it prints")
    if debug:
        traceback.print_exception(error)
    return 1


def _paint(text: str, colour: str) -> str:
    if os.environ.get("NO_COLOR") or not sys.stderr.isatty():
        return text
    return click.style(text, fg=colour)
