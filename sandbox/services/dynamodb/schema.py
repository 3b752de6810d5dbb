"""The tables of DynamoDB. All times are virtual seconds since the epoch."""

from __future__ import annotations

#: `pk` and `sk` are keys as sortable bytes (`model.dynamodb.keys`), `item` is MessagePack. `entry` is the
#: item of a place in a secondary index (`idx`: its table's id and its own number); `tie` tells items with the
#: same index key apart. Items that expire have `expires`, so that TTL costs the others nothing.
SCHEMA = """
CREATE TABLE IF NOT EXISTS dynamodb_tables (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    definition BLOB NOT NULL,
    tags TEXT NOT NULL,
    created REAL NOT NULL,
    UNIQUE (account, region, name)
);
CREATE TABLE IF NOT EXISTS dynamodb_items (
    id INTEGER PRIMARY KEY,
    tbl INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    pk BLOB NOT NULL,
    sk BLOB NOT NULL,
    size INTEGER NOT NULL,
    expires REAL,
    item BLOB NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS dynamodb_items_key ON dynamodb_items (tbl, bucket, pk, sk);
CREATE INDEX IF NOT EXISTS dynamodb_items_expiry ON dynamodb_items (expires) WHERE expires IS NOT NULL;
CREATE TABLE IF NOT EXISTS dynamodb_entries (
    idx INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    pk BLOB NOT NULL,
    sk BLOB NOT NULL,
    tie BLOB NOT NULL,
    entry INTEGER NOT NULL,
    PRIMARY KEY (idx, bucket, pk, sk, tie)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dynamodb_totals (
    id INTEGER PRIMARY KEY,
    items INTEGER NOT NULL,
    bytes INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS dynamodb_streams (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    view TEXT NOT NULL,
    keys TEXT NOT NULL,
    created REAL NOT NULL,
    closed REAL,
    UNIQUE (account, region, name, label)
);
CREATE TABLE IF NOT EXISTS dynamodb_stream_records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    stream INTEGER NOT NULL,
    at REAL NOT NULL,
    hop INTEGER,
    record BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS dynamodb_stream_records_order ON dynamodb_stream_records (stream, seq);
CREATE TABLE IF NOT EXISTS dynamodb_transactions (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    token TEXT NOT NULL,
    digest BLOB NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (account, region, token)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS dynamodb_transactions_age ON dynamodb_transactions (at);
"""
