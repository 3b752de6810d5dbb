"""Publishes an outcome right after its commit; what fails here is left to the outbox function.

The row stays locked while EventBridge is called, and whoever finds it locked passes by: this function and the
outbox function never publish a row both at once. If the environment dies in between, the lock goes with its
connection, and the row is published again under the same `eventoId`, which consumers recognise.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError
from database import Database
from psycopg.rows import DictRow

SOURCE = "nfe.estoque"


class Publisher:
    """Publishes the unpublished outcome of an invoice."""

    def __init__(
        self, database: Database, events: Callable[[], Any], bus_name: Callable[[], str], logger: Logger
    ) -> None:
        self._database = database
        self._events = events
        self._bus_name = bus_name
        self._logger = logger

    def publish(self, nota_fiscal_id: UUID) -> None:
        """Publish the outcome of this invoice, unless that is done or under way; failures are only logged."""
        try:
            with self._database.transaction() as connection:
                row = connection.execute(
                    "SELECT evento_id, tipo, payload FROM estoque.eventos_outbox"
                    " WHERE nota_fiscal_id = %s AND NOT publicado FOR UPDATE SKIP LOCKED",
                    (nota_fiscal_id,),
                ).fetchone()
                if row is not None:
                    self._publish(connection, row)
        except psycopg.OperationalError:
            # The reservation is committed: its event waits in the outbox.
            self._logger.exception("outcome not published", extra={"notaFiscalId": str(nota_fiscal_id)})

    def _publish(self, connection: psycopg.Connection[DictRow], row: DictRow) -> None:
        eventbridge_id, error = self._put(row)
        if error is not None:
            self._logger.error("outcome not published: %s", error, extra={"eventoId": str(row["evento_id"])})
        connection.execute(
            "UPDATE estoque.eventos_outbox"
            " SET tentativas = tentativas + 1, ultima_tentativa_em = clock_timestamp(),"
            " publicado = %(id)s::text IS NOT NULL, eventbridge_id = %(id)s, ultimo_erro = %(erro)s,"
            " publicado_em = CASE WHEN %(id)s::text IS NOT NULL THEN clock_timestamp() END"
            " WHERE evento_id = %(evento)s",
            {"id": eventbridge_id, "erro": error, "evento": row["evento_id"]},
        )

    def _put(self, row: DictRow) -> tuple[str | None, str | None]:
        """Return the id that EventBridge gave to the event, or why it gave none."""
        entry = {
            "EventBusName": self._bus_name(),
            "Source": SOURCE,
            "DetailType": row["tipo"],
            "Detail": json.dumps(row["payload"], ensure_ascii=False),
        }
        try:
            (result,) = self._events().put_events(Entries=[entry])["Entries"]
        except (BotoCoreError, ClientError) as error:
            return None, str(error)
        if result.get("EventId"):
            return str(result["EventId"]), None
        return None, f"{result.get('ErrorCode')}: {result.get('ErrorMessage')}"
