"""`sandbox lint`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import click

from sandbox.cli.common import connect, json_option, state_option
from sandbox.cli.diagnostics import say
from sandbox.cli.output import emit, emit_json
from sandbox.cli.paint import paint
from sandbox.model.lints import fails
from sandbox.model.safe_text import one_line
from sandbox.model.views.system import LintView

_MARKS = {"error": ("✗", "red"), "warning": ("▲", "yellow"), "info": ("ℹ", "cyan")}
_WIDTH = 100


@click.command("lint", short_help="Lessons about the deployed system, each with its AWS page.")
@click.option("--all", "everything", is_flag=True, help="Show what is suppressed too, with the reason.")
@json_option
@state_option
def command(everything: bool, as_json: bool, state: Path) -> int:
    """Look for what goes wrong sooner or later: timeouts, dead letters, batches, rules that match nothing.

    Exits with 1 when there is an error or warning that `sandbox.toml` does not suppress with a reason.

    Example: sandbox lint
    """
    with connect(state) as client:
        lints = client.call_as(list[LintView], "lint")
    if as_json:
        emit_json(lints)
        return 1 if fails(lints) else 0
    shown = [one for one in lints if everything or not one.suppressed]
    for one in shown:
        for line in _lines(one):
            emit(line)
    hidden = len(lints) - len(shown)
    if hidden:
        say(f"{hidden} suppressed: `sandbox lint --all` shows {'them' if hidden > 1 else 'it'}")
    if not shown:
        emit(paint("● nothing to say", "green"))
    return 1 if fails(lints) else 0


def _lines(lint: LintView) -> Iterator[str]:
    glyph, colour = _MARKS.get(lint.severity, ("◦", ""))
    stack = f" ({lint.stack})" if lint.stack else ""
    yield f"{paint(f'{glyph} {lint.severity}', colour)} {one_line(lint.subject)}{stack}: {lint.code}"
    yield from textwrap.wrap(
        one_line(lint.text), _WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
    )
    yield from textwrap.wrap(
        one_line(lint.remedy),
        _WIDTH,
        initial_indent="    do:  ",
        subsequent_indent="         ",
        break_on_hyphens=False,
    )
    yield f"    see: {lint.page}"
    if lint.suppressed:
        yield f"    suppressed: {one_line(lint.suppressed)}"
