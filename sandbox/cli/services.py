"""`sandbox services`."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import click

from sandbox.cli.common import connect, json_option, state_option
from sandbox.cli.diagnostics import say
from sandbox.cli.output import emit, emit_json, emit_table
from sandbox.control.protocol import StatusView
from sandbox.errors import NotRunningError

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

    Where no sandbox runs, it says what the embedded engine does.

    Example: sandbox services sqs
    """
    services, engine = _asked(list(names), state)
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


def _asked(names: list[str], state: Path) -> tuple[list[dict[str, Any]], str]:
    """What the services do, and the engine that does it: of the sandbox that runs, or of none."""
    try:
        with connect(state) as client:
            services = client.call("services", names=names)
            return services, client.call_as(StatusView, "status").engine
    except NotRunningError as error:
        from sandbox.session.offline import services_offline

        services = services_offline(names)
        say(f"{error.what}: this is what the embedded engine does; another is asked once it runs")
        return services, "embedded"


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
