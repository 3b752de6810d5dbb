"""Migrations: a folder of `NNNN_name.sql` files, applied to a PostgreSQL database in order, each once.

What was applied is recorded in the database itself, in a schema of its own, with the checksum of its text.
Each file runs in a transaction together with its record.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.clock import Clock
from sandbox.deploy.errors import MigrationError

if TYPE_CHECKING:
    import psycopg

_FILE = re.compile(r"(\d{4})_[A-Za-z0-9_-]+\.sql")
_TABLE = """
    CREATE SCHEMA IF NOT EXISTS sandbox;
    CREATE TABLE IF NOT EXISTS sandbox.sandbox_migrations (
        name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL
    );
"""
#: Holds off a second sandbox that migrates the same database (any number will do).
_LOCK = 0x5A4D0001


@dataclass(frozen=True, slots=True)
class Migration:
    """One file; `checksum` is the SHA-256 of its text."""

    name: str
    file: Path
    sql: str
    checksum: str


OnMigration = Callable[[Migration, str, float], None]


def read_migrations(folder: Path) -> list[Migration]:
    """The migrations of a folder, in order.

    Raises:
        MigrationError: a file is not named `NNNN_name.sql`, a number occurs twice, or a file is not text.
    """
    found: list[Migration] = []
    for file in sorted(folder.iterdir()):
        if file.suffix != ".sql":
            continue
        if not _FILE.fullmatch(file.name):
            raise MigrationError(
                f"{file} is not named like a migration",
                "its order would not be clear",
                "name it with four digits and a name: 0001_tables.sql",
            )
        if found and found[-1].name[:4] == file.name[:4]:
            raise MigrationError(
                f"two migrations have the number {file.name[:4]}",
                f"{found[-1].name} and {file.name}",
                "give one of them the next number",
            )
        try:
            sql = file.read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise MigrationError(f"{file} cannot be read", str(error), "save it as UTF-8") from error
        checksum = hashlib.sha256(sql.replace("\r\n", "\n").encode()).hexdigest()
        found.append(Migration(file.name.removesuffix(".sql"), file, sql, checksum))
    return found


def pending(migrations: list[Migration], applied: dict[str, str]) -> list[Migration]:
    """Those that still have to be applied.

    Args:
        applied: checksums of what was applied, by name.

    Raises:
        MigrationError: an applied migration was changed or removed, or one was put before it.
    """
    by_name = {migration.name: migration for migration in migrations}
    for name, checksum in sorted(applied.items()):
        if name not in by_name:
            raise MigrationError(
                f"the migration {name} is gone",
                "the database has it applied",
                "put the file back, or begin empty with `sandbox up --fresh`",
            )
        if by_name[name].checksum != checksum:
            raise MigrationError(
                f"{by_name[name].file} was changed after it had been applied",
                "the database has the tables that its earlier text made",
                "undo the change and write a new migration, or begin empty with `sandbox up --fresh`",
            )
    new = [migration for migration in migrations if migration.name not in applied]
    last = max(applied, default="")
    for migration in new:
        if migration.name < last:
            raise MigrationError(
                f"{migration.file} comes before {last}, which is applied already",
                "migrations are applied in order",
                f"give it a number after {last[:4]}, or begin empty with `sandbox up --fresh`",
            )
    return new


async def apply_migrations(
    folder: Path, dsn: str, clock: Clock, on_migration: OnMigration
) -> list[Migration]:
    """Applies what is pending.

    Args:
        dsn: connection string of the database.
        clock: stamps the record (wall-clock time: the database lives in real time).
        on_migration: told `(migration, phase, real seconds)` at the start and the end of each.

    Returns:
        The migrations applied now, in order.

    Raises:
        MigrationError: one failed and left nothing, or the folder does not fit the database.
    """
    import psycopg

    migrations = read_migrations(folder)
    try:
        connection = await psycopg.AsyncConnection.connect(dsn, autocommit=True, connect_timeout=30)
    except psycopg.OperationalError as error:
        raise MigrationError(
            "the database of the migrations cannot be reached", str(error).strip(), "see `sandbox status`"
        ) from error
    async with connection:
        await connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        await connection.execute(_TABLE)
        rows = await (
            await connection.execute("SELECT name, checksum FROM sandbox.sandbox_migrations")
        ).fetchall()
        new = pending(migrations, dict(rows))
        for migration in new:
            began = clock.elapsed()
            on_migration(migration, "start", 0.0)
            await _apply(connection, migration, clock.real_now())
            on_migration(migration, "done", clock.elapsed() - began)
    return new


async def _apply(connection: psycopg.AsyncConnection[Any], migration: Migration, now: float) -> None:
    import psycopg
    from psycopg.pq import TransactionStatus

    try:
        async with connection.transaction():
            # No parameters: the simple protocol takes a file of many statements.
            await connection.execute(migration.sql.encode())
            if connection.info.transaction_status is not TransactionStatus.INTRANS:
                raise MigrationError(
                    f"{migration.file} ends the transaction it runs in",
                    "it holds a COMMIT or ROLLBACK, so a failure could leave half of it",
                    "remove these statements, and begin empty with `sandbox up --fresh`",
                )
            await connection.execute("RESET ALL")
            await connection.execute(
                "INSERT INTO sandbox.sandbox_migrations VALUES (%s, %s, %s)",
                (migration.name, migration.checksum, datetime.fromtimestamp(now, UTC)),
            )
    except psycopg.Error as error:
        raise _failure(migration, error) from error


def _failure(migration: Migration, error: psycopg.Error) -> MigrationError:
    position = error.diag.statement_position
    line = migration.sql.count("\n", 0, int(position) - 1) + 1 if position else None
    message = error.diag.message_primary or str(error)
    details = "".join(f"; {text}" for text in (error.diag.message_detail, error.diag.message_hint) if text)
    return MigrationError(
        f"{migration.file}{f':{line}' if line else ''} could not be applied",
        f"PostgreSQL says: {message}{details}" + (f" ({error.sqlstate})" if error.sqlstate else ""),
        "correct the file and deploy again: nothing of it was kept",
    )
