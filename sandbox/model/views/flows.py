"""Flows: the tree of hops that one event or request caused."""

from __future__ import annotations

import msgspec

from sandbox.model.hops import Hop


class FlowSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One flow in a list.

    Attributes:
        id: the hop that began it.
        began_at, last_at: virtual times of its first and newest hop, seconds since the epoch.
        what: how it began (`POST /api/v1/notas`, `PutEvents`, `rate(1 minute)`).
        status: `ok`, `error`, `dead-lettered`.
        http_status: how the request that began it was answered; None where none did.
        hops, errors, dead_letters: how many it has.
        keys: its business keys.
    """

    id: int
    began_at: float
    last_at: float
    what: str
    status: str
    hops: int
    errors: int
    dead_letters: int
    keys: dict[str, str] = {}
    http_status: int | None = None


class FlowFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which flows are asked for; what is None does not restrict.

    Attributes:
        function, queue: name, or part of the ARN, of a resource that a hop of the flow touched.
        status: `ok`, `error` or `dead-lettered`.
        key: value of a business key.
        match: text in the value of a business key or in how the flow began; or an id, whole.
        since, until: virtual time at which it began, seconds since the epoch.
        schedules: list runs of schedules too.
        account: id of the account in which it began; looked at where nothing restricts more.
        before: only flows with smaller ids, for the next page.
        limit: how many.
    """

    function: str | None = None
    queue: str | None = None
    status: str | None = None
    key: str | None = None
    match: str = ""
    since: float | None = None
    until: float | None = None
    schedules: bool = False
    account: str | None = None
    before: int | None = None
    limit: int = 50


class BranchView(msgspec.Struct, frozen=True, kw_only=True):
    """A hop and what it caused.

    Attributes:
        line: the hop in words.
        inferred: it stands here by a business key, not by a cause the engine saw.
        via: the hop that published it in between, when it was inferred.
        log: log lines of an invocation.
        failed_by: what failed the message of a dead letter last.
    """

    hop: Hop
    line: str
    children: list[BranchView] = []
    inferred: bool = False
    via: int | None = None
    log: list[str] = []
    failed_by: str = ""


class FlowView(msgspec.Struct, frozen=True, kw_only=True):
    """One flow, whole. `truncated`: it has more hops than are shown."""

    summary: FlowSummary
    tree: list[BranchView]
    truncated: bool = False


class NearMiss(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that did, or did not, match an event, and the first part of its pattern that failed."""

    bus: str
    rule: str
    matched: bool
    path: str = ""
    reason: str = ""
