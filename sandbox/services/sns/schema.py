"""The tables of SNS. All times are virtual seconds since the epoch."""

from __future__ import annotations

#: `sns_deliveries.lane` is what must stay in order: subscription and message group; empty for none.
#: The row of a deduplication is also the sequence number of its message.
SCHEMA = """
CREATE TABLE IF NOT EXISTS sns_topics (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    attributes TEXT NOT NULL,
    tags TEXT NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, region, name)
);
CREATE TABLE IF NOT EXISTS sns_subscriptions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    topic INTEGER NOT NULL,
    identity TEXT NOT NULL UNIQUE,
    protocol TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    owner TEXT NOT NULL,
    attributes TEXT NOT NULL,
    token TEXT,
    signed INTEGER NOT NULL DEFAULT 1,
    guarded INTEGER NOT NULL DEFAULT 0,
    UNIQUE (topic, protocol, endpoint)
);
CREATE TABLE IF NOT EXISTS sns_deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    next_at REAL NOT NULL,
    lane TEXT NOT NULL,
    document BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS sns_deliveries_next ON sns_deliveries (next_at, id);
CREATE INDEX IF NOT EXISTS sns_deliveries_lane ON sns_deliveries (lane, id);
CREATE TABLE IF NOT EXISTS sns_deduplications (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    topic INTEGER NOT NULL,
    scope TEXT NOT NULL,
    deduplication_id TEXT NOT NULL,
    until REAL NOT NULL,
    message_id TEXT NOT NULL,
    UNIQUE (topic, scope, deduplication_id)
);
"""
