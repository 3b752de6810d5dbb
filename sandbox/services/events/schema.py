"""The tables of EventBridge."""

from __future__ import annotations

SCHEMA = """
CREATE TABLE IF NOT EXISTS events_buses (
    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
    description TEXT, created REAL NOT NULL, modified REAL NOT NULL, policy TEXT,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events_rules (
    account TEXT NOT NULL, region TEXT NOT NULL, bus TEXT NOT NULL, name TEXT NOT NULL,
    pattern TEXT, schedule TEXT, state TEXT NOT NULL, description TEXT, role TEXT,
    phase REAL NOT NULL, next_fire_at REAL,
    PRIMARY KEY (account, region, bus, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events_targets (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL, region TEXT NOT NULL, bus TEXT NOT NULL, rule TEXT NOT NULL, id TEXT NOT NULL,
    arn TEXT NOT NULL, document TEXT NOT NULL,
    UNIQUE (account, region, bus, rule, id)
);
CREATE INDEX IF NOT EXISTS events_targets_arn ON events_targets (account, region, arn);
CREATE TABLE IF NOT EXISTS events_tags (
    arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events_deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, next_at REAL NOT NULL, document BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS events_deliveries_due ON events_deliveries (next_at, id);
CREATE TABLE IF NOT EXISTS events_archives (
    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, bus TEXT NOT NULL,
    description TEXT, pattern TEXT, retention INTEGER NOT NULL, created REAL NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events_archived (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL, region TEXT NOT NULL, archive TEXT NOT NULL,
    at REAL NOT NULL, archived REAL NOT NULL, size INTEGER NOT NULL, document TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_archived_at ON events_archived (account, region, archive, at, id, size);
CREATE INDEX IF NOT EXISTS events_archived_age ON events_archived (account, region, archive, archived);
CREATE TABLE IF NOT EXISTS events_replays (
    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, archive TEXT NOT NULL, bus TEXT NOT NULL,
    next_at REAL, document BLOB NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events_connections (
    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, document BLOB NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events_destinations (
    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, document BLOB NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events_calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT, next_at REAL NOT NULL, document BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS events_calls_due ON events_calls (next_at, id);
"""
