"""The tables of EventBridge Scheduler."""

from __future__ import annotations

SCHEMA = """
CREATE TABLE IF NOT EXISTS scheduler_groups (
    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
    created REAL NOT NULL, modified REAL NOT NULL, token TEXT, tags TEXT NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS scheduler_schedules (
    account TEXT NOT NULL, region TEXT NOT NULL, grp TEXT NOT NULL, name TEXT NOT NULL,
    fires_at REAL, document BLOB NOT NULL,
    PRIMARY KEY (account, region, grp, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS scheduler_deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, next_at REAL NOT NULL, document BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS scheduler_deliveries_due ON scheduler_deliveries (next_at, id);
"""
