"""Archives of event buses, and replays of what is in them."""

from __future__ import annotations

import msgspec


class ArchiveView(msgspec.Struct, frozen=True, kw_only=True):
    """One archive.

    Attributes:
        pattern: which events it keeps, JSON; empty means all of its bus.
        retention_days: 0 keeps them for ever.
        first_at, last_at: the times in its first and last event; None while it is empty.
    """

    name: str
    arn: str
    bus: str
    pattern: str = ""
    retention_days: int = 0
    events: int = 0
    bytes: int = 0
    first_at: float | None = None
    last_at: float | None = None


class ReplayView(msgspec.Struct, frozen=True, kw_only=True):
    """One replay.

    Attributes:
        state: `STARTING`, `RUNNING`, `CANCELLING`, `COMPLETED` or `CANCELLED`.
        since, until: of the times in the events, `until` not included.
        rules: names of the rules that alone get the events; empty means every rule of the bus.
        replayed: how many events so far; last_at: the time in the last one.
        started_at, ended_at: virtual time.
    """

    name: str
    archive: str
    bus: str
    state: str
    since: float
    until: float
    started_at: float
    ended_at: float | None = None
    rules: list[str] = []
    replayed: int = 0
    last_at: float | None = None
