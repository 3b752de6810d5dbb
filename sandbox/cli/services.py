"""`sandbox services`."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import click

from sandbox.cli.common import connect, json_option, state_option
from sandbox.cli.output import emit, emit_json, emit_table
from sandbox.control.protocol import StatusView

_REFUSED = "refused"
#: Characters of a line of names.
_WIDTH = 100
#: Who answers what is not native, by engine.
_LONG_TAIL = {"embedded": "moto", "docker": "LocalStack"}


@click.command("services", short_help="What each AWS service does here: native, long tail, refused.")
@click.argument("names", nargs=-1, metavar="[SERVICE]...")
@json_option
@state_option
def command(names: tuple[str, ...], as_json: bool, state: Path) -> None:
    """What each AWS service does here, operation by operation, and what is not checked yet.

    Example: sandbox services sqs
    """
    with connect(state) as client:
        services: list[dict[str, Any]] = client.call("services", names=list(names))
        engine = client.call_as(StatusView, "status").engine
    if as_json:
        emit_json(services)
        return
    if names:
        for service in services:
            _show(service)
        return
    emit_table(
        ("SERVICE", "NATIVE", "LONG TAIL", "REFUSED"),
        [
            (
                service["service"],
                service["counts"]["native"],
                service["counts"]["long tail"],
                service["counts"]["refused"],
            )
            for service in services
        ],
    )
    emit()
    for service in services:
        if service.get("elsewhere"):
            emit(f"{service['service']} is answered by {service['elsewhere']} (--service).")
    answerer = _LONG_TAIL.get(engine, "the engine's servers")
    emit(
        f"Other services are answered by {answerer} where it has them: `sandbox services kms` shows which"
        " operations."
    )
    emit("What a service stores and does not check: `sandbox services NAME`.")


def _show(service: dict[str, Any]) -> None:
    emit(service["service"])
    if service.get("elsewhere"):
        emit(f"  answered by {service['elsewhere']} (--service)")
    done = [one for one in service["operations"] if one["provision"] != _REFUSED]
    if done:
        emit_table(
            ("  OPERATION", "PROVISION", "REFUSED PARAMETERS"),
            [(f"  {one['name']}", one["provision"], ", ".join(one["refused_parameters"])) for one in done],
        )
    for reason, names in _refused(service).items():
        emit(f"  refused: {reason or 'nobody has written them yet'}")
        for line in textwrap.wrap(", ".join(names), _WIDTH, break_long_words=False):
            emit(f"    {line}")
    if service["not_checked"]:
        emit("  not checked:")
        for note in service["not_checked"]:
            emit(f"  - {note}")


def _refused(service: dict[str, Any]) -> dict[str, list[str]]:
    """The operations that are refused, by reason."""
    found: dict[str, list[str]] = {}
    for operation in service["operations"]:
        if operation["provision"] == _REFUSED:
            found.setdefault(operation["reason"], []).append(operation["name"])
    return found
