"""How hops lie on disk.

Recording is on the way of every call, so a hop that begins a flow costs one row, and any other one an entry
of one index besides. What else is looked for (ids, which are random; beginnings) is written of many hops at a
time, by `lookup`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox.model.hops import Hop, HopKind

#: `hops_children` answers "what belongs to this flow" (its first hop is found by its id) and "what did this
#: hop cause"; the others are partial and small.
SCHEMA = """
CREATE TABLE IF NOT EXISTS hops (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, at REAL NOT NULL, real_at REAL NOT NULL,
    account TEXT NOT NULL, region TEXT NOT NULL, service TEXT NOT NULL, operation TEXT NOT NULL,
    resource TEXT NOT NULL, cause INTEGER, flow INTEGER NOT NULL, status TEXT NOT NULL, error TEXT NOT NULL,
    request_id TEXT NOT NULL, event_id TEXT NOT NULL, message_id TEXT NOT NULL, trace TEXT NOT NULL,
    function TEXT NOT NULL, duration_ms REAL, keys TEXT NOT NULL, detail TEXT NOT NULL, payload TEXT NOT NULL
);
DROP INDEX IF EXISTS hops_flow;
DROP INDEX IF EXISTS hops_event;
DROP INDEX IF EXISTS hops_message;
DROP INDEX IF EXISTS hops_request;
DROP INDEX IF EXISTS hops_roots;
CREATE INDEX IF NOT EXISTS hops_children ON hops (flow, cause) WHERE flow != id;
CREATE INDEX IF NOT EXISTS hops_failed ON hops (flow) WHERE status != 'ok';
CREATE INDEX IF NOT EXISTS hops_dead_letters ON hops (flow, kind) WHERE kind IN ('dead-lettered', 'redriven');
CREATE INDEX IF NOT EXISTS hops_puts ON hops (resource) WHERE kind = 'event-put';
CREATE TABLE IF NOT EXISTS links (hop INTEGER NOT NULL, cause INTEGER NOT NULL, kind TEXT NOT NULL,
    PRIMARY KEY (hop, cause)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS links_cause ON links (cause);
CREATE TABLE IF NOT EXISTS keys (name TEXT NOT NULL, value TEXT NOT NULL, account TEXT NOT NULL,
    flow INTEGER NOT NULL, hop INTEGER NOT NULL, PRIMARY KEY (value, name, account)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS keys_hop ON keys (hop);
CREATE INDEX IF NOT EXISTS keys_flow ON keys (flow);
CREATE TABLE IF NOT EXISTS mentioned (row INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL,
    oldest_flow INTEGER NOT NULL, newest_flow INTEGER NOT NULL, hops INTEGER NOT NULL,
    roots TEXT NOT NULL, names TEXT NOT NULL, ids BLOB NOT NULL);
"""

#: A row of `hops`, in the order of its columns.
Row = tuple[Any, ...]
COLUMNS = (
    "id", "kind", "at", "real_at", "account", "region", "service", "operation", "resource", "cause", "flow",
    "status", "error", "request_id", "event_id", "message_id", "trace", "function", "duration_ms", "keys",
    "detail", "payload",
)  # fmt: skip
ID, KIND, AT, RESOURCE, CAUSE, FLOW = (
    COLUMNS.index(name) for name in ("id", "kind", "at", "resource", "cause", "flow")
)
STATUS, ERROR, FUNCTION, DURATION, DETAIL, OPERATION = (
    COLUMNS.index(name) for name in ("status", "error", "function", "duration_ms", "detail", "operation")
)
REQUEST, EVENT, MESSAGE, TRACE = (
    COLUMNS.index(name) for name in ("request_id", "event_id", "message_id", "trace")
)

_VALUES = f"({', '.join('?' * len(COLUMNS))})"
INSERT_HOP = f"INSERT INTO hops VALUES {_VALUES}"
#: Hops that one statement inserts: far cheaper than one by one, also because a thread that inserts takes and
#: gives back the lock of Python for each statement.
TOGETHER = 512
#: For hops that may be there already: twice the work for SQLite, which looks for them in every index.
REPLACE_HOP = f"INSERT OR REPLACE INTO hops VALUES {_VALUES}"
INSERT_LINK = "INSERT OR REPLACE INTO links VALUES (?, ?, ?)"
INSERT_KEY = "INSERT OR IGNORE INTO keys (name, value, account, flow, hop) VALUES (?, ?, ?, ?, ?)"

_encode = msgspec.json.Encoder().encode


def insert_hops(count: int) -> str:
    """The statement that inserts so many hops."""
    return f"INSERT INTO hops VALUES {', '.join([_VALUES] * count)}"


def as_json(value: Mapping[str, Any] | None) -> str:
    """A mapping as it is stored; nothing for an empty one."""
    return _encode(value).decode() if value else ""


def hop_of(row: sqlite3.Row) -> Hop:
    """The hop that a row of `hops` holds, without its links."""
    values = dict(row)
    values["kind"] = HopKind(values["kind"])
    values["keys"] = msgspec.json.decode(values["keys"]) if values["keys"] else {}
    values["detail"] = msgspec.json.decode(values["detail"]) if values["detail"] else {}
    return Hop(**values)
