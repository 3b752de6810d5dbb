"""Databases in files: what a snapshot says of them."""

from __future__ import annotations

import msgspec


class DumpedDatabase(msgspec.Struct, frozen=True, kw_only=True):
    """One database in a file.

    Attributes:
        file: name of the file. owner: its master user.
        tables: rows and a digest of each table, by `schema.table`.
    """

    file: str
    owner: str
    tables: dict[str, tuple[int, str]] = {}


class DatabaseDump(msgspec.Struct, frozen=True, kw_only=True):
    """Databases in files.

    Attributes:
        databases: by name.
        roles: what makes each role that they may name, by name.
        server: version of the server that wrote them.
    """

    databases: dict[str, DumpedDatabase] = {}
    roles: dict[str, str] = {}
    server: str = ""
