"""`sandbox services`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sandbox.cli.common import connect, json_option, state_option
from sandbox.cli.output import emit, emit_json, emit_table
from sandbox.control.protocol import StatusView

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
        f"Other services are answered by {answerer} where it has them: `sandbox services s3` shows which"
        " operations."
    )
    emit("What a service stores and does not check: `sandbox services NAME`.")


def _reason(text: str) -> str:
    """Why an operation is refused; that nobody has written it yet is what PROVISION says."""
    return "" if "does not implement operation" in text else text


def _show(service: dict[str, Any]) -> None:
    emit(service["service"])
    if service.get("elsewhere"):
        emit(f"  answered by {service['elsewhere']} (--service)")
    emit_table(
        ("  OPERATION", "PROVISION", "REFUSED PARAMETERS OR REASON"),
        [
            (
                f"  {operation['name']}",
                operation["provision"],
                ", ".join(operation["refused_parameters"]) or _reason(operation["reason"]),
            )
            for operation in service["operations"]
        ],
    )
    if service["not_checked"]:
        emit("  not checked:")
        for note in service["not_checked"]:
            emit(f"  - {note}")
