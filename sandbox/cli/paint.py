"""Colours on standard output: only for people at a terminal, and never the only sign of anything."""

from __future__ import annotations

import os
import sys

import click


def paint(text: str, colour: str) -> str:
    """A text in a colour, where standard output is a terminal and `NO_COLOR` is not set."""
    if not colour or os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return text
    return click.style(text, fg=colour)
