"""`sandbox clock`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sandbox.cli.common import connect, json_option, state_option
from sandbox.cli.output import emit, emit_json, emit_table
from sandbox.cli.summary import clock_words
from sandbox.errors import UsageError
from sandbox.model.durations import format_duration, parse_duration


@click.group("clock", short_help="Show, move, stop or speed up the sandbox's time.")
def command() -> None:
    """Show, move, stop or speed up the sandbox's time.

    Example: sandbox clock advance 61s
    """


@command.command("show")
@json_option
@state_option
def show(as_json: bool, state: Path) -> None:
    """Show the time, how it runs, and what is due next.

    Example: sandbox clock show
    """
    with connect(state) as client:
        _show(client.call("clock_show"), as_json=as_json)


@command.command("advance")
@click.argument("duration")
@json_option
@state_option
def advance(duration: str, as_json: bool, state: Path) -> None:
    """Move time forward by DURATION (90s, 1m30s, 2h); everything due on the way happens, in order.

    Example: sandbox clock advance 61s
    """
    try:
        seconds = parse_duration(duration)
    except ValueError as error:
        raise UsageError(
            "the clock was not moved", str(error), "write `sandbox clock advance 61s`"
        ) from error
    with connect(state) as client:
        answer: dict[str, Any] = client.call("clock_advance", seconds=seconds)
    if as_json:
        emit_json(answer)
        return
    fired = answer["fired"]
    timers = "1 timer" if fired == 1 else f"{fired} timers"
    emit(f"advanced {format_duration(seconds)}, {timers} fired, it is {answer['clock']['iso']}")


@command.command("pause")
@json_option
@state_option
def pause(as_json: bool, state: Path) -> None:
    """Stop time; only `advance` moves it.

    Example: sandbox clock pause
    """
    _set_speed(0, as_json=as_json, state=state)


@command.command("resume")
@json_option
@state_option
def resume(as_json: bool, state: Path) -> None:
    """Let time run as fast as it does outside.

    Example: sandbox clock resume
    """
    _set_speed(1, as_json=as_json, state=state)


@command.command("speed")
@click.argument("factor")
@json_option
@state_option
def speed(factor: str, as_json: bool, state: Path) -> None:
    """Let time run FACTOR times as fast as it does outside (10, 10x).

    Example: sandbox clock speed 10x
    """
    try:
        number = float(factor.lower().removesuffix("x"))
    except ValueError as error:
        raise UsageError(
            f"{factor!r} is not a speed", "a speed is a number, with or without an x", "write 10x"
        ) from error
    _set_speed(number, as_json=as_json, state=state)


def _set_speed(factor: float, *, as_json: bool, state: Path) -> None:
    with connect(state) as client:
        _show(client.call("clock_speed", speed=factor), as_json=as_json)


def _show(clock: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        emit_json(clock)
        return
    offset = clock["offset_seconds"]
    ahead = (
        f", {format_duration(abs(offset))} {'ahead' if offset > 0 else 'behind'}" if abs(offset) > 1 else ""
    )
    emit(f"{clock['iso']}, {clock_words(clock['speed'])}{ahead}")
    if clock["next"]:
        emit()
        emit_table(
            ("DUE IN", "KIND", "WHAT"),
            [
                (format_duration(timer["in_seconds"]), timer["kind"], timer["label"])
                for timer in clock["next"]
            ],
        )
