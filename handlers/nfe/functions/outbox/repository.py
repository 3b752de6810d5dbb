"""The two outbox tables.

Rows are claimed by locking them, so a claim ends with its transaction, or with the process that held it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import DictRow


@dataclass(frozen=True)
class Outbox:
    """The outbox table of one service and the source its events are published under."""

    schema: str
    source: str

    def claim(self, connection: psycopg.Connection[DictRow], after: int, limit: int) -> list[Evento]:
        """Lock and return the next unpublished rows, oldest first; rows that another run holds are skipped.

        Args:
            connection: in a transaction; the rows stay claimed until it ends.
            after: only rows with a higher sequence, so that one run tries each row once.
            limit: how many rows at most.
        """
        rows = connection.execute(
            sql.SQL(
                "SELECT sequencia, evento_id, tipo, payload FROM {} WHERE NOT publicado AND sequencia > %s"
                " ORDER BY sequencia LIMIT %s FOR UPDATE SKIP LOCKED"
            ).format(self._table),
            (after, limit),
        ).fetchall()
        return [Evento(**row) for row in rows]

    def record(self, connection: psycopg.Connection[DictRow], results: list[Resultado]) -> None:
        """Store how each attempt ended: published only where EventBridge gave an id."""
        with connection.cursor() as cursor:
            cursor.executemany(
                sql.SQL(
                    "UPDATE {} SET tentativas = tentativas + 1, ultima_tentativa_em = clock_timestamp(),"
                    " publicado = %(id)s::text IS NOT NULL, eventbridge_id = %(id)s, ultimo_erro = %(erro)s,"
                    " publicado_em = CASE WHEN %(id)s::text IS NOT NULL THEN clock_timestamp() END"
                    " WHERE evento_id = %(evento)s"
                ).format(self._table),
                [
                    {"id": result.eventbridge_id, "erro": result.erro, "evento": result.evento_id}
                    for result in results
                ],
            )

    @property
    def _table(self) -> sql.Identifier:
        return sql.Identifier(self.schema, "eventos_outbox")


@dataclass(frozen=True)
class Evento:
    """An unpublished row."""

    sequencia: int
    evento_id: UUID
    tipo: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class Resultado:
    """How one attempt ended: with an EventBridge id, or with an error."""

    evento_id: UUID
    eventbridge_id: str | None
    erro: str | None


#: In the order of a run. Stock publishes its rows itself, and only what it left unpublished is recovered:
#: looked for first, or the run would race stock for its answers to the invoices that it has just published.
OUTBOXES = (Outbox("estoque", "nfe.estoque"), Outbox("faturamento", "nfe.faturamento"))
