"""The tables of SQS. All times are virtual seconds since the epoch."""

from __future__ import annotations

from sandbox.services.sqs import attempts, deduplication, groups

#: `sqs_messages.id` is part of receipt handles, `receipt` the nonce of the latest receive (NULL before it);
#: `sequence` and `deduplication_id` are of FIFO queues only.
#: The index answers receives, in the order in which messages became visible, and counts, without the bodies.
_TABLES = """
CREATE TABLE IF NOT EXISTS sqs_queues (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    attributes TEXT NOT NULL,
    tags TEXT NOT NULL,
    created REAL NOT NULL,
    modified REAL NOT NULL,
    purged REAL,
    old_scope TEXT,
    old_scope_until REAL,
    UNIQUE (account, region, name)
);
CREATE TABLE IF NOT EXISTS sqs_deleted (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (account, region, name)
);
CREATE TABLE IF NOT EXISTS sqs_messages (
    id INTEGER PRIMARY KEY,
    queue INTEGER NOT NULL,
    visible_at REAL NOT NULL,
    sent REAL NOT NULL,
    message_id TEXT NOT NULL,
    md5 TEXT NOT NULL,
    sender TEXT NOT NULL,
    trace TEXT,
    group_id TEXT,
    sequence INTEGER,
    deduplication_id TEXT,
    source TEXT,
    hop INTEGER NOT NULL,
    receives INTEGER NOT NULL DEFAULT 0,
    in_flight INTEGER NOT NULL DEFAULT 0,
    receipt INTEGER,
    first_received REAL,
    last_received REAL,
    attributes BLOB,
    body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS sqs_moves (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT,
    rate INTEGER,
    status TEXT NOT NULL,
    failure TEXT,
    moved INTEGER NOT NULL DEFAULT 0,
    to_move INTEGER NOT NULL,
    started REAL NOT NULL,
    next_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS sqs_moves_source ON sqs_moves (source, status);
CREATE INDEX IF NOT EXISTS sqs_moves_due ON sqs_moves (status, next_at);
CREATE INDEX IF NOT EXISTS sqs_messages_ready ON sqs_messages (queue, visible_at, sent);
"""
SCHEMA = _TABLES + groups.SCHEMA + deduplication.SCHEMA + attempts.SCHEMA
