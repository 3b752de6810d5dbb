"""The function's one PostgreSQL connection, kept from invocation to invocation.

A Lambda environment runs one invocation at a time, so one connection is all it needs. It is opened on first
use, not at import: a database that is down must not break the start of the function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

#: Seconds allowed for opening a connection.
CONNECT_TIMEOUT = 5

#: A frozen or killed environment leaves no lock behind for longer than this, nor waits longer for one.
SESSION_OPTIONS = "-c idle_in_transaction_session_timeout=60s -c lock_timeout=15s"


class Database:
    """Transactions on a connection that is reused and, when the server has dropped it, replaced.

    Args:
        settings: the environment (`DB_HOST`, `DB_PORT`, `DB_NAME`, `DB_USER`, `DB_PASSWORD`), read when
            connecting.
        on_reconnect: told the error each time a lost connection is replaced.
    """

    def __init__(
        self, settings: Mapping[str, str], on_reconnect: Callable[[Exception], None] | None = None
    ) -> None:
        self._settings = settings
        self._on_reconnect = on_reconnect
        self._connection: psycopg.Connection[DictRow] | None = None

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[DictRow]]:
        """Give a connection inside a transaction: committed at the end, rolled back on an exception.

        A connection lost since the last use shows at BEGIN, before anything was done: it is replaced there,
        once. A connection lost later is the caller's error, because the work may have been committed.

        Raises:
            psycopg.OperationalError: the database cannot be reached, or was lost during the transaction.
        """
        with ExitStack() as stack:
            connection = self._current()
            try:
                stack.enter_context(connection.transaction())
            except psycopg.OperationalError as lost:
                if self._on_reconnect is not None:
                    self._on_reconnect(lost)
                self.close()
                connection = self._current()
                stack.enter_context(connection.transaction())
            yield connection

    def close(self) -> None:
        """Close the connection; the next transaction opens a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _current(self) -> psycopg.Connection[DictRow]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(**self._parameters(), autocommit=True, row_factory=dict_row)
        return self._connection

    def _parameters(self) -> dict[str, Any]:
        settings = self._settings
        return {
            "host": settings["DB_HOST"],
            "port": settings["DB_PORT"],
            "dbname": settings["DB_NAME"],
            "user": settings["DB_USER"],
            "password": settings["DB_PASSWORD"],
            "connect_timeout": CONNECT_TIMEOUT,
            "application_name": settings.get("AWS_LAMBDA_FUNCTION_NAME", "nfe"),
            "options": SESSION_OPTIONS,
        }
