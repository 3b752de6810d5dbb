"""What a database says of sagas: the queries of a declaration, asked read-only and with a time limit.

Every answer is text, as PostgreSQL writes it; moments become seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.errors import SandboxError
from sandbox.model.saga.declaration import Invariant, Meaning, State
from sandbox.model.saga.progress import Row
from sandbox.model.views.sagas import Violation

if TYPE_CHECKING:
    import psycopg

#: Real seconds a statement may take.
TIMEOUT = 2
#: Rows of a violation that are shown.
SHOWN = 5
_OPTIONS = (
    f"-c statement_timeout={TIMEOUT * 1000} -c lock_timeout={TIMEOUT * 1000}"
    " -c default_transaction_read_only=on -c timezone=UTC -c datestyle=ISO"
)
_EVERYTHING = 2**31 - 1


class StateQueryError(SandboxError):
    """A query of a saga declaration could not be answered."""


class Table(msgspec.Struct, frozen=True):
    """What a query returned, as texts; None stands for NULL."""

    columns: list[str]
    rows: list[list[str | None]]


class Answers:
    """One read-only transaction: everything asked through it sees the same state of the database."""

    def __init__(self, saga: str, connection: psycopg.AsyncConnection[Any]) -> None:
        self._saga = saga
        self._connection = connection

    async def one(self, state: State, key: str) -> Row | None:
        """One saga, or None where the database has no such row.

        Raises:
            StateQueryError: the query failed, or lacks a column.
        """
        import psycopg

        try:
            async with self._connection.transaction():
                table = await self._ask("state.query", state.query, {"key": key})
        except StateQueryError as error:
            if isinstance(error.__cause__, psycopg.errors.InvalidTextRepresentation):
                return None  # not even of the key's type: no row can have it
            raise
        return next(iter(_state_rows(table, "state.query", key)), None)

    async def newest(self, state: State, limit: int) -> list[Row]:
        """The newest sagas.

        Raises:
            StateQueryError: the query failed, or lacks a column.
        """
        return _state_rows(await self._ask("state.list", state.newest, {"limit": limit}), "state.list", None)

    async def running(self, state: State) -> int:
        """How many sagas run.

        Raises:
            StateQueryError: the query failed.
        """
        ended = [status for status, meaning in state.values.items() if meaning is not Meaning.RUNNING]
        sql = f"SELECT count(*) FROM ({_bare(state.newest)}) AS saga WHERE NOT saga.status = ANY(%(ended)s)"
        table = await self._ask("state.list", sql, {"limit": _EVERYTHING, "ended": ended})
        return int(table.rows[0][0] or 0)

    async def violations(self, invariant: Invariant) -> Violation | None:
        """The rows that violate an invariant, or None; a query that fails is a violation that says so."""
        sql = (
            f"SELECT violation.*, count(*) OVER () FROM ({_bare(invariant.query)}) AS violation LIMIT {SHOWN}"
        )
        try:
            async with (
                self._connection.transaction()
            ):  # a failure leaves the other invariants their transaction
                table = await self._ask(f"invariants {invariant.name}", sql, None)
        except StateQueryError as error:
            return Violation(
                saga=self._saga,
                invariant=invariant.name,
                description=invariant.description,
                error=error.why,
            )
        if not table.rows:
            return None
        names = table.columns[:-1]
        return Violation(
            saga=self._saga,
            invariant=invariant.name,
            description=invariant.description,
            rows=[
                {name: "NULL" if value is None else value for name, value in zip(names, row, strict=False)}
                for row in table.rows
            ],
            count=int(table.rows[0][-1] or 0),
        )

    async def holds_rows(self, table: str) -> bool:
        """Whether a table (`schema.name`) holds anything; one that is not there holds nothing.

        Raises:
            StateQueryError: the query failed.
        """
        import psycopg

        name = ".".join('"' + part.replace('"', '""') + '"' for part in table.split("."))
        try:
            async with self._connection.transaction():
                answer = await self._ask(table, f"SELECT EXISTS (SELECT FROM {name})", None)
        except StateQueryError as error:
            if isinstance(error.__cause__, psycopg.errors.UndefinedTable | psycopg.errors.InvalidSchemaName):
                return False
            raise
        return answer.rows[0][0] == "t"

    async def _ask(self, what: str, sql: str, values: Mapping[str, Any] | None) -> Table:
        import psycopg

        try:
            # Prepared statements are single ones: nothing can end the read-only transaction in passing.
            cursor = await self._connection.execute(sql.encode(), values, prepare=True)
        except psycopg.Error as error:
            raise _failure(self._saga, what, error) from error
        result = cursor.pgresult
        if result is None or cursor.description is None:
            raise StateQueryError(
                f"{what} of the saga {self._saga} returns nothing", "it is not a SELECT", "correct saga.yaml"
            )
        return Table(
            [column.name for column in cursor.description],
            [
                [_text(result.get_value(row, column)) for column in range(result.nfields)]
                for row in range(result.ntuples)
            ],
        )


@asynccontextmanager
async def asking(saga: str, dsn: str) -> AsyncIterator[Answers]:
    """A read-only transaction on one state of the database.

    Args:
        saga: name of the saga, for errors.
        dsn: connection string.

    Raises:
        StateQueryError: the database cannot be reached.
    """
    import psycopg

    try:
        connection = await psycopg.AsyncConnection.connect(
            dsn, connect_timeout=TIMEOUT, options=_OPTIONS, application_name="sandbox saga"
        )
    except psycopg.Error as error:
        raise StateQueryError(
            f"the database of the saga {saga} cannot be reached", str(error).strip(), "see `sandbox status`"
        ) from error
    async with connection:
        await connection.set_read_only(True)
        await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
        async with connection.transaction():
            yield Answers(saga, connection)


def moment(text: str | None) -> float | None:
    """A moment as PostgreSQL writes it, in seconds since the epoch; one without an offset is UTC.

    Raises:
        ValueError: it is not a moment.
    """
    if text is None or text in ("infinity", "-infinity"):
        return None
    parsed = datetime.fromisoformat(text)
    return (parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)).timestamp()


def _state_rows(table: Table, what: str, key: str | None) -> list[Row]:
    wanted = ("status",) if key is not None else ("key", "status")
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise StateQueryError(
            f"{what} has no column {missing[0]}",
            f"its columns are {', '.join(table.columns)}",
            f"name one of them with `AS {missing[0]}` in saga.yaml",
        )
    rows = []
    for values in table.rows:
        row = dict(zip(table.columns, values, strict=True))
        try:
            started, ended = moment(row.get("started_at")), moment(row.get("ended_at"))
        except ValueError as error:
            raise StateQueryError(
                f"{what} answers no moment", str(error), "select timestamps as started_at and ended_at"
            ) from error
        rows.append(
            Row(
                key=key if key is not None else row["key"] or "",
                status=row["status"] or "",
                started_at=started,
                ended_at=ended,
                error=row.get("error") or "",
            )
        )
    return rows


def _bare(sql: str) -> str:
    """A query as a part of another one."""
    return sql.strip().rstrip(";")


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="replace")


def _failure(saga: str, what: str, error: psycopg.Error) -> StateQueryError:
    import psycopg

    if isinstance(error, psycopg.errors.QueryCanceled | psycopg.errors.LockNotAvailable):
        why = f"it took longer than {TIMEOUT} s"
        remedy = "make it cheaper: add an index, or ask for fewer rows"
    else:
        why = str(error.diag.message_primary or error).strip()
        remedy = "correct it in saga.yaml; the tables are those of the deployed migrations"
    return StateQueryError(f"{what} of the saga {saga} could not be answered", why, remedy)
