"""`sandbox invoke`."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from sandbox.cli.common import connect, json_option, state_option
from sandbox.cli.diagnostics import say_foreign
from sandbox.cli.inputs import unreadable
from sandbox.cli.output import emit_foreign, emit_json
from sandbox.errors import UsageError


@click.command("invoke", short_help="Invoke a function.")
@click.argument("function")
@click.argument("payload", default="{}", metavar="[PAYLOAD|@FILE|-]")
@click.option("--async", "asynchronous", is_flag=True, help="Do not wait for the answer.")
@json_option
@state_option
def command(function: str, payload: str, asynchronous: bool, as_json: bool, state: Path) -> int:
    """Invoke FUNCTION with a JSON payload, given as a word, as @FILE, or as - for standard input.

    The name may be shortened to a part that only one function has. Exits with 1 when the function failed.

    Example: sandbox invoke outbox
    """
    event = _payload(payload)
    with connect(state) as client:
        answer: dict[str, Any] = client.call(
            "invoke", function=function, payload=event, asynchronous=asynchronous
        )
    log = base64.b64decode(answer["log"]).decode(errors="replace") if answer["log"] else ""
    if as_json:
        emit_json({**answer, "log": log})
    else:
        if log:
            say_foreign(log.rstrip("\n"))
        if answer["payload"]:
            emit_foreign(answer["payload"])
    return 1 if answer["error"] else 0


def _payload(word: str) -> str:
    try:
        if word == "-":
            text = sys.stdin.read()
        else:
            text = Path(word[1:]).read_text() if word.startswith("@") else word
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the payload {word.removeprefix('@')} cannot be read",
            unreadable(error),
            "name a JSON file that exists",
        ) from error
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(
            "the payload is not JSON", str(error), 'quote it for the shell: \'{"name": "value"}\''
        ) from error
    return text
