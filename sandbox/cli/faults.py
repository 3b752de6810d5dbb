"""`sandbox faults`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from sandbox.cli.common import connect, json_option, state_option
from sandbox.cli.output import emit, emit_json, emit_table
from sandbox.errors import UsageError
from sandbox.model import faultwords
from sandbox.model.views.faults import FaultView


@click.group("faults", short_help="Inject faults: duplicates, throttling, kills, lost connections.")
def command() -> None:
    """Have things go wrong on purpose: plan faults, see which struck, take them back.

    Example: sandbox faults add duplicate --queue estoque-reserva --times 3
    """


@command.command("kinds")
@json_option
@state_option
def kinds(as_json: bool, state: Path) -> None:
    """List the kinds of faults, what each is chosen by and adjusted with.

    Example: sandbox faults kinds
    """
    with connect(state) as client:
        found: list[dict[str, Any]] = client.call("fault_kinds")
    if as_json:
        emit_json(found)
        return
    for kind in found:
        emit(f"{kind['kind']}: {kind['about']}")
        emit(f"    by   {' '.join(f'--{name}' for name in kind['match'])}")
        for name, setting in kind["settings"].items():
            words = "|".join(setting["choices"]) or setting["type"]
            emit(f"    --set {name}={words}  {setting['about']} (default {setting['default']!r})")
        if kind["refused"]:
            emit(f"    not here: {kind['refused']}")


@command.command("add")
@click.argument("kind")
@click.option("--service", help="A service by botocore's name; execute-api for deployed APIs.")
@click.option("--operation", help="An API operation, or METHOD /path of a deployed API.")
@click.option("--resource", help="What is called: a queue, bus, table, … by name or ARN.")
@click.option("--queue", help="A queue by name or ARN.")
@click.option("--function", help="A function by name or ARN.")
@click.option("--event", help="Detail type of an event.")
@click.option("--rule", help="A rule by name or ARN.")
@click.option("--target", help="A rule's target by name or ARN.")
@click.option("--account", help="Id of an account.")
@click.option(
    "--nth", type=click.IntRange(min=1), default=1, help="Strike from the nth match on (default 1)."
)
@click.option("--times", type=click.IntRange(min=1), help="Strikes at most; 1 by default.")
@click.option("--always", is_flag=True, help="Strike without an end.")
@click.option("--probability", type=float, default=1.0, help="Of each strike, above 0 and at most 1.")
@click.option("--seed", type=int, default=0, help="Of the dice: the same seed strikes the same matches.")
@click.option("--set", "words", multiple=True, metavar="NAME=VALUE", help="Adjust it; see `faults kinds`.")
@json_option
@state_option
def add(
    kind: str,
    nth: int,
    times: int | None,
    always: bool,
    probability: float,
    seed: int,
    words: tuple[str, ...],
    as_json: bool,
    state: Path,
    **match: str | None,
) -> None:
    """Plan a fault of KIND. Names may be patterns with *.

    Example: sandbox faults add throttle --service events --operation PutEvents --times 2
    """
    if always and times is not None:
        raise UsageError("--always and --times exclude each other", "one has no end", "give one of them")
    settings = _settings(words)
    with connect(state) as client:
        fault: dict[str, Any] = client.call(
            "fault_add",
            kind=kind,
            match={name: value for name, value in match.items() if value is not None},
            settings=settings,
            nth=nth,
            times=None if always else times or 1,
            probability=probability,
            seed=seed,
        )
    if as_json:
        emit_json(fault)
        return
    emit(f"{fault['id']}: {_line(msgspec.convert(fault, FaultView))}")


@command.command("ls")
@json_option
@state_option
def ls(as_json: bool, state: Path) -> None:
    """List the planned faults, and how often each struck.

    Example: sandbox faults ls
    """
    with connect(state) as client:
        found: list[dict[str, Any]] = client.call("fault_ls")
    if as_json:
        emit_json(found)
        return
    emit_table(
        ("ID", "FAULT", "WHERE", "WHEN", "MET", "STRUCK"),
        [
            (
                one.id,
                one.kind,
                faultwords.where(one),
                faultwords.when(one),
                str(one.matched),
                faultwords.struck(one),
            )
            for one in msgspec.convert(found, list[FaultView])
        ],
    )


@command.command("rm")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@json_option
@state_option
def rm(ids: tuple[str, ...], as_json: bool, state: Path) -> None:
    """Take faults out of the plan.

    Example: sandbox faults rm 1f3a9c02
    """
    with connect(state) as client:
        client.call("fault_rm", ids=list(ids))
    if as_json:
        emit_json({"removed": list(ids)})


@command.command("clear")
@json_option
@state_option
def clear(as_json: bool, state: Path) -> None:
    """Take every fault out of the plan.

    Example: sandbox faults clear
    """
    with connect(state) as client:
        count: int = client.call("fault_clear")
    if as_json:
        emit_json({"removed": count})
        return
    emit(f"{count} fault{'' if count == 1 else 's'} removed")


def _settings(words: tuple[str, ...]) -> dict[str, str]:
    settings = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"--set {word} sets nothing", "it has no =", "write --set NAME=VALUE")
        settings[name] = value
    return settings


def _line(fault: FaultView) -> str:
    where = "anywhere" if not fault.match else f"at {faultwords.where(fault)}"
    return f"{fault.kind} {where}, {faultwords.when(fault)}"
