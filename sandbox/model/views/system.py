"""The system's map: what there is, how it is connected, how it does."""

from __future__ import annotations

from typing import Any

import msgspec


class NodeView(msgspec.Struct, frozen=True, kw_only=True):
    """A resource on the map.

    Attributes:
        id: its ARN, or `db:NAME`, `api:ID`.
        kind: `api`, `function`, `bus`, `rule`, `schedule`, `queue`, `dlq`, `database`, `log-group`,
            `topic`, `table`, `bucket`.
        health: `ok`, `busy`, `warning`, `problem`, `idle`.
        note: the reason of its health, in a few words.
        count: how often it was used since the sandbox started, for rates.
    """

    id: str
    kind: str
    name: str
    health: str = "ok"
    note: str = ""
    count: int = 0
    stack: str = ""


class EdgeView(msgspec.Struct, frozen=True, kw_only=True):
    """What one resource does to another.

    `kind`: `routes`, `triggers`, `matches`, `delivers`, `dead-letters`, `publishes` (seen, not declared),
    `connects` (a function's variables name a database).
    """

    source: str
    target: str
    kind: str


class ProblemView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that wants attention; `refers` is what to jump to (a queue, flow, function, saga or lint)."""

    severity: str
    text: str
    refers_kind: str = ""
    refers: str = ""


class MapView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole map, problems first."""

    nodes: list[NodeView]
    edges: list[EdgeView]
    problems: list[ProblemView] = []


class FunctionStats(msgspec.Struct, frozen=True, kw_only=True):
    """One function: settings, and how it did since the sandbox started.

    Attributes:
        p50_ms, p95_ms: of the newest invocations' durations (real milliseconds), None when there were none.
        running: invocations now. limit: reserved concurrency, None when it has none.
        warm: execution environments that wait. memory: MB. timeout: seconds.
    """

    name: str
    arn: str
    runtime: str
    log_group: str
    invocations: int = 0
    errors: int = 0
    throttles: int = 0
    cold_starts: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None
    running: int = 0
    limit: int | None = None
    warm: int = 0
    memory: int = 128
    timeout: float = 3
    last_error: str = ""


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """One rule: pattern or schedule, targets, and how often it matched.

    `next_at`: when its schedule fires next.
    """

    name: str
    bus: str
    arn: str
    enabled: bool = True
    pattern: str = ""
    schedule: str = ""
    targets: list[str] = []
    matches: int = 0
    next_at: float | None = None


class BusView(msgspec.Struct, frozen=True, kw_only=True):
    """One bus with its rules, how many events it took, and how many matched no rule."""

    name: str
    arn: str
    rules: list[RuleView]
    events: int = 0
    unmatched: int = 0


class TableView(msgspec.Struct, frozen=True, kw_only=True):
    """One table of a database: `kind` is `postgres` or `dynamodb`; `rows` an estimate."""

    kind: str
    database: str
    name: str
    rows: int
    columns: list[str] = []


class RowsView(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a table, as texts.

    Attributes:
        gap: what None stands for: NULL, or nothing at all where each row has columns of its own.
    """

    columns: list[str]
    rows: list[list[str | None]]
    gap: str = "NULL"
    more: bool = False


class LogView(msgspec.Struct, frozen=True, kw_only=True):
    """A log line; `hop` leads to the invocation that wrote it, and so to its flow."""

    at: float
    time: str
    group: str
    stream: str
    message: str
    hop: int | None = None


class LintView(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson about the deployed system.

    Attributes:
        code: stable name (`visibility-under-six-timeouts`). severity: `error`, `warning`, `info`.
        subject: the resource. text: what, why, and what to do. page: the AWS page it comes from.
        suppressed: the reason given in `sandbox.toml`, empty where it is not suppressed.
    """

    code: str
    severity: str
    subject: str
    text: str
    remedy: str
    page: str
    stack: str = ""
    suppressed: str = ""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the dashboard's first screens need in one answer: one picture of one moment."""

    revision: int
    status: dict[str, Any]
    map: MapView
    functions: list[FunctionStats] = []
    buses: list[BusView] = []
