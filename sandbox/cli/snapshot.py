"""`sandbox snapshot`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from sandbox.cli.common import connect, json_option, state_option
from sandbox.cli.output import emit, emit_json, emit_table
from sandbox.cli.sure import sure, yes_option
from sandbox.control.client import ControlClient


@click.group("snapshot", short_help="Save the whole sandbox, and go back to what was saved.")
def command() -> None:
    """Save the whole sandbox (services, databases, journal, time), and go back to what was saved.

    Example: sandbox snapshot save before-upgrade
    """


@command.command("save")
@click.argument("name")
@click.option("--to", type=click.Path(dir_okay=False), help="Write this file instead, to share it.")
@yes_option
@json_option
@state_option
def save(name: str, to: str | None, yes: bool, as_json: bool, state: Path) -> None:
    """Save everything as it is now under NAME; what runs goes on. It asks before it replaces an older one.

    Example: sandbox snapshot save poison --to poison.snapshot
    """
    with connect(state) as client:
        if _is_there(client, name, to):
            sure(f"Replace the snapshot {to or name}?", yes=yes)
        saved: dict[str, Any] = client.call("snapshot_save", name=name, to=to, cwd=str(Path.cwd()))
    if as_json:
        emit_json(saved)
        return
    emit(f"saved {saved['name']}, {_size(saved['bytes'])}: {saved['path']}")


@command.command("load")
@click.argument("snapshot", metavar="NAME|FILE")
@yes_option
@json_option
@state_option
def load(snapshot: str, yes: bool, as_json: bool, state: Path) -> None:
    """Take everything back to a snapshot: what happened since is gone. Connections and functions are ended.

    It asks first. Example: sandbox snapshot load poison.snapshot --yes
    """
    load_snapshot(snapshot, yes=yes, as_json=as_json, state=state)


@command.command("ls")
@json_option
@state_option
def ls(as_json: bool, state: Path) -> None:
    """List what was saved, newest first.

    Example: sandbox snapshot ls
    """
    with connect(state) as client:
        found: list[dict[str, Any]] = client.call("snapshot_ls")
    if as_json:
        emit_json(found)
        return
    emit_table(
        ("NAME", "SAVED", "SIZE", "STACKS", ""),
        [
            (
                one["name"],
                _moment(one["saved_at"]) if one["saved_at"] else "",
                _size(one["bytes"]),
                " ".join(one["stacks"]),
                one["problem"],
            )
            for one in found
        ],
    )


@command.command("diff")
@click.argument("before", metavar="NAME|FILE")
@click.argument("after", metavar="[NAME|FILE]", required=False)
@json_option
@state_option
def diff(before: str, after: str | None, as_json: bool, state: Path) -> None:
    """Show which tables differ between two snapshots, or between one and now.

    Example: sandbox snapshot diff before-upgrade
    """
    with connect(state) as client:
        found: list[dict[str, Any]] = client.call(
            "snapshot_diff", before=before, after=after, cwd=str(Path.cwd())
        )
    if as_json:
        emit_json(found)
        return
    if not found:
        emit("nothing differs")
        return
    emit_table(
        ("WHERE", "TABLE", "BEFORE", "AFTER", "ROWS"),
        [
            (one["where"], one["table"], _count(one["before"]), _count(one["after"]), _rows(one))
            for one in found
        ],
    )


@command.command("rm")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@yes_option
@json_option
@state_option
def rm(names: tuple[str, ...], yes: bool, as_json: bool, state: Path) -> None:
    """Remove snapshots from the state folder. It asks first.

    Example: sandbox snapshot rm before-upgrade --yes
    """
    with connect(state) as client:
        sure(f"Remove {', '.join(names)} for good?", yes=yes)
        client.call("snapshot_rm", names=list(names))
    if as_json:
        emit_json({"removed": list(names)})


def load_snapshot(snapshot: str, *, yes: bool, as_json: bool, state: Path) -> None:
    """Takes the sandbox back, and says to what."""
    with connect(state) as client:
        sure(f"Go back to {snapshot}, and throw away what happened since?", yes=yes)
        loaded: dict[str, Any] = client.call("snapshot_load", reference=snapshot, cwd=str(Path.cwd()))
    if as_json:
        emit_json(loaded)
        return
    stacks = f", stacks {', '.join(loaded['stacks'])}" if loaded["stacks"] else ""
    emit(f"it is again as saved at {_moment(loaded['saved_at'])} as {loaded['name']}{stacks}")


def _is_there(client: ControlClient, name: str, to: str | None) -> bool:
    """Whether a snapshot would be replaced."""
    if to is not None:
        return Path(to).exists()
    return any(one["name"] == name for one in client.call("snapshot_ls"))


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _size(count: int) -> str:
    return f"{count / 1024:.0f} kB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MB"


def _count(rows: int | None) -> str:
    return "-" if rows is None else str(rows)


def _rows(difference: dict[str, Any]) -> str:
    if difference["added"] is None:
        return "changed"
    return f"+{difference['added']} -{difference['removed']}"
