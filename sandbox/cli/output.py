"""The only writer of standard output: data, for people or, with `--json`, for programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
import msgspec

from sandbox.model.safe_text import log_text


def emit(text: str = "") -> None:
    """One line for people."""
    _write(text)


def emit_foreign(text: str) -> None:
    """Lines that functions wrote: as they are to a program, without their escape sequences to a terminal."""
    _write(log_text(text) if sys.stdout.isatty() else text)


def emit_json(value: Any, *, pretty: bool = True) -> None:
    """One JSON document; `pretty` over several lines, else as one line of JSON lines."""
    encoded = msgspec.json.encode(value)
    if pretty and sys.stdout.isatty():
        encoded = msgspec.json.format(encoded, indent=2)
    _write(encoded.decode())


def emit_table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Rows in columns as wide as they need to be; nothing but the headings when there are none."""
    cells = [[str(heading) for heading in headings], *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(click.unstyle(row[column])) for row in cells) for column in range(len(headings))]
    for row in cells:
        padded = (
            cell + " " * (width - len(click.unstyle(cell))) for cell, width in zip(row, widths, strict=True)
        )
        emit("  ".join(padded).rstrip())


def emit_facts(facts: Mapping[str, Any]) -> None:
    """Names and values, one a line."""
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        emit(f"{name.ljust(width)}  {value}")


def _write(text: str) -> None:
    """Writes a line at once. A reader that has seen enough (`| head`) ends the command without an error."""
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still buffered goes nowhere, instead of failing once more when the interpreter ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        raise click.exceptions.Exit(0) from None
