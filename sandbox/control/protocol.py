"""What goes over the control socket: one JSON document per line.

A client sends a `Request`; the server sends `Reply` documents with the same id: one with `result`, or any
number with `item` and then one with `end`, or one with `error` at any point; and `note` before any of them.
A reader of a stream that is too slow is told with `dropped` how many items it missed. Closing the connection
ends streams.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

#: The longest path a Unix socket may have on every supported system, with some room.
_MAX_SOCKET_PATH = 100


class Request(msgspec.Struct, frozen=True):
    """One call: a method by name, with parameters."""

    id: int
    method: str
    params: dict[str, Any] = {}


class ErrorInfo(msgspec.Struct, frozen=True):
    """A `SandboxError` on its way: see there."""

    what: str
    why: str
    remedy: str
    exit_code: int = 1


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer to a request: a result, an item of a stream, the end of a stream, or an error.

    `dropped` counts items of the stream that were left out before the next one. `note` says something to the
    user while the answer is awaited. `stopped` is the last word of a sandbox that is stopped in an orderly
    way, to whoever waits for an answer.
    """

    id: int
    result: Any = None
    item: Any = None
    dropped: int = 0
    note: str = ""
    end: bool = False
    stopped: bool = False
    error: ErrorInfo | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """Yielded by a stream in place of items that its reader was too slow for."""

    count: int


@dataclass(frozen=True, slots=True)
class Note:
    """Yielded by a method on the way to its answer: something to tell the user."""

    text: str


@dataclass(frozen=True, slots=True)
class Result:
    """Yielded last by a method that yields notes: its one answer."""

    value: Any


class StackView(msgspec.Struct, frozen=True):
    """A deployed stack.

    Attributes:
        name: the stack's name.
        outputs: its outputs, with the endpoint of this sandbox.
        seed: what its seeders printed.
        template: the template it came from.
    """

    name: str
    outputs: dict[str, str]
    seed: dict[str, Any] = {}
    template: str = ""


class PostgresView(msgspec.Struct, frozen=True):
    """The PostgreSQL server and the database that a client would open first."""

    dsn: str
    host: str
    port: int
    database: str = ""
    user: str = ""
    password: str = ""


class ProcessView(msgspec.Struct, frozen=True):
    """One process of the sandbox."""

    name: str
    pid: int


class ClockView(msgspec.Struct, frozen=True):
    """The clock: virtual time (seconds since the epoch and ISO 8601), speed, and what is due next."""

    now: float
    iso: str
    speed: float
    offset_seconds: float
    next: list[dict[str, Any]] = []


class StatusView(msgspec.Struct, frozen=True, kw_only=True):
    """A running sandbox, as `up --json` and `status --json` print it."""

    endpoint: str
    engine: str
    state: str
    pid: int
    ready_seconds: float
    uptime_seconds: float
    clock: ClockView
    postgres: PostgresView | None
    stacks: list[StackView]
    processes: list[ProcessView] = []
    functions: list[dict[str, Any]] = []
    notices: list[str] = []
    version: str = ""


class Progress(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a start or a deployment.

    Attributes:
        step: what (`postgres`, `deploy nfe`, …).
        state: `begin`, `note`, `done` or `failed`.
        seconds: how long it took, with `done`.
        text: more, for people.
    """

    step: str
    state: str
    seconds: float = 0.0
    text: str = ""


def socket_path(state: Path, runtime: Path) -> Path:
    """Where the control socket of a state folder is.

    Args:
        state: the state folder, absolute.
        runtime: a folder for short-lived files of this user; used where a path in `state` would be too long.
    """
    path = state / "control.sock"
    if len(str(path)) <= _MAX_SOCKET_PATH:
        return path
    digest = f"{_fnv(str(state)):016x}"
    return runtime / f"sandbox-{digest}.sock"


def _fnv(text: str) -> int:
    """A short, stable hash of a path (FNV-1a, 64 bit)."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return value
