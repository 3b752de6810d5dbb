"""The schema `faturamento`: each public method is one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
from database import Database
from psycopg import sql
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb
from validation import Cursor, Filtro, Item, fingerprint


class ChaveReutilizadaError(Exception):
    """An `Idempotency-Key` came back with another request than the one it was first used for."""


class NotaDesconhecidaError(Exception):
    """A message speaks of an invoice that does not exist here."""


@dataclass(frozen=True)
class Nota:
    """An invoice as it is stored; the fields after `items` are None until the saga gives them."""

    nota_fiscal_id: UUID
    status: str
    criada_em: datetime
    items: list[Item]
    reserva_id: UUID | None = None
    confirmada_em: datetime | None = None
    erro_codigo: str | None = None
    erro_mensagem: str | None = None
    erro_timestamp: datetime | None = None


@dataclass(frozen=True)
class Desfecho:
    """How the saga of one invoice ended, told by one event of the stock service."""

    evento_id: UUID
    tipo: str
    nota_fiscal_id: UUID
    reserva_id: UUID | None = None
    erro_codigo: str | None = None
    erro_mensagem: str | None = None


class NotasFiscais:
    """Invoices, their outbox, their idempotency keys and the messages already processed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def criar(self, items: list[Item], chave: str | None) -> UUID:
        """Store an invoice and its NotaFiscalCriada in one transaction; return its id.

        With a key that was used before, nothing is stored and the id of the first invoice is returned. Of two
        requests with one key at the same time, the second waits for the first at the key's unique index.

        Raises:
            ChaveReutilizadaError: the key belongs to another request.
        """
        nota_fiscal_id = uuid4()
        with self._database.transaction() as connection:
            if chave is not None:
                anterior = _claim(connection, chave, fingerprint(items), nota_fiscal_id)
                if anterior is not None:
                    return anterior
            _insert_nota(connection, nota_fiscal_id, items)
            _insert_evento(connection, nota_fiscal_id, items)
        return nota_fiscal_id

    def consultar(self, nota_fiscal_id: UUID) -> Nota | None:
        """Return one invoice, or None when there is none with this id."""
        with self._database.transaction() as connection:
            row = connection.execute(_SELECT + " WHERE n.nota_fiscal_id = %s", (nota_fiscal_id,)).fetchone()
        return _nota(row) if row else None

    def listar(self, filtro: Filtro) -> tuple[list[Nota], Cursor | None]:
        """Return one page, newest first, and where the next one begins (None at the end)."""
        conditions: list[LiteralString] = []
        values: list[Any] = []
        if filtro.status:
            conditions.append("n.status = %s")
            values.append(filtro.status)
        if filtro.de:
            conditions.append("n.criada_em >= %s")
            values.append(filtro.de)
        if filtro.ate:
            conditions.append("n.criada_em < %s")
            values.append(filtro.ate)
        if filtro.cursor:
            conditions.append("(n.criada_em, n.nota_fiscal_id) < (%s, %s)")
            values += [filtro.cursor.criada_em, filtro.cursor.nota_fiscal_id]
        where = (
            sql.SQL(" WHERE ") + sql.SQL(" AND ").join(map(sql.SQL, conditions))
            if conditions
            else sql.SQL("")
        )
        query = (
            sql.SQL(_SELECT) + where + sql.SQL(" ORDER BY n.criada_em DESC, n.nota_fiscal_id DESC LIMIT %s")
        )
        with self._database.transaction() as connection:
            rows = connection.execute(query, [*values, filtro.limit + 1]).fetchall()
        notas = [_nota(row) for row in rows[: filtro.limit]]
        more = len(rows) > filtro.limit
        return notas, Cursor(notas[-1].criada_em, notas[-1].nota_fiscal_id) if more else None

    def concluir(self, desfecho: Desfecho) -> bool:
        """Confirm or compensate an invoice, once per event and only from PENDING.

        Returns:
            Whether the invoice changed: not by an event seen before, nor by one that follows another outcome.

        Raises:
            NotaDesconhecidaError: there is no such invoice; the event is not recorded and may be retried.
        """
        with self._database.transaction() as connection:
            # Locking the invoice first puts every event about it in one order.
            nota = connection.execute(
                "SELECT status FROM faturamento.notas_fiscais WHERE nota_fiscal_id = %s FOR UPDATE",
                (desfecho.nota_fiscal_id,),
            ).fetchone()
            if nota is None:
                raise NotaDesconhecidaError(f"no invoice {desfecho.nota_fiscal_id}")
            aplicada = nota["status"] == "PENDING"
            new = connection.execute(
                "INSERT INTO faturamento.mensagens_processadas (evento_id, tipo, nota_fiscal_id, aplicada)"
                " VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (desfecho.evento_id, desfecho.tipo, desfecho.nota_fiscal_id, aplicada),
            ).rowcount
            if not (new and aplicada):
                return False
            _apply(connection, desfecho)
        return True

    def ping(self) -> None:
        """Ask the database for a row.

        Raises:
            psycopg.OperationalError: it does not answer.
        """
        with self._database.transaction() as connection:
            connection.execute("SELECT 1").fetchone()


_SELECT: LiteralString = """
    SELECT n.*, (
        SELECT json_agg(json_build_array(i.produto_id, i.quantidade) ORDER BY i.linha)
        FROM faturamento.notas_fiscais_itens i WHERE i.nota_fiscal_id = n.nota_fiscal_id
    ) AS items
    FROM faturamento.notas_fiscais n"""


def _claim(
    connection: psycopg.Connection[DictRow], chave: str, impressao: str, nota_fiscal_id: UUID
) -> UUID | None:
    """Take the key for this invoice, or return the invoice that has it already."""
    taken = connection.execute(
        "INSERT INTO faturamento.chaves_idempotencia (chave, impressao, nota_fiscal_id) VALUES (%s, %s, %s)"
        " ON CONFLICT (chave) DO NOTHING",
        (chave, impressao, nota_fiscal_id),
    ).rowcount
    if taken:
        return None
    row = connection.execute(
        "SELECT impressao, nota_fiscal_id FROM faturamento.chaves_idempotencia WHERE chave = %s", (chave,)
    ).fetchone()
    if row is None or row["impressao"] != impressao:
        raise ChaveReutilizadaError(chave)
    anterior: UUID = row["nota_fiscal_id"]
    return anterior


def _insert_nota(connection: psycopg.Connection[DictRow], nota_fiscal_id: UUID, items: list[Item]) -> None:
    connection.execute(
        "INSERT INTO faturamento.notas_fiscais (nota_fiscal_id) VALUES (%s)", (nota_fiscal_id,)
    )
    connection.execute(
        "INSERT INTO faturamento.notas_fiscais_itens (nota_fiscal_id, linha, produto_id, quantidade)"
        " SELECT %s, linha, produto_id, quantidade"
        " FROM unnest(%s::uuid[], %s::int[]) WITH ORDINALITY AS t (produto_id, quantidade, linha)",
        (nota_fiscal_id, [item.produto_id for item in items], [item.quantidade for item in items]),
    )


def _insert_evento(connection: psycopg.Connection[DictRow], nota_fiscal_id: UUID, items: list[Item]) -> None:
    evento_id = uuid4()
    payload = {
        "eventoId": str(evento_id),
        "notaFiscalId": str(nota_fiscal_id),
        "items": [{"produtoId": str(item.produto_id), "quantidade": item.quantidade} for item in items],
    }
    connection.execute(
        "INSERT INTO faturamento.eventos_outbox (evento_id, nota_fiscal_id, tipo, payload)"
        " VALUES (%s, %s, 'NotaFiscalCriada', %s)",
        (evento_id, nota_fiscal_id, Jsonb(payload)),
    )


def _apply(connection: psycopg.Connection[DictRow], desfecho: Desfecho) -> None:
    if desfecho.reserva_id is not None:
        connection.execute(
            "UPDATE faturamento.notas_fiscais"
            " SET status = 'CONFIRMADA', reserva_id = %s, confirmada_em = now()"
            " WHERE nota_fiscal_id = %s",
            (desfecho.reserva_id, desfecho.nota_fiscal_id),
        )
        return
    connection.execute(
        "UPDATE faturamento.notas_fiscais SET status = 'ERRO_ESTOQUE', erro_codigo = %s, erro_mensagem = %s,"
        " erro_timestamp = now() WHERE nota_fiscal_id = %s",
        (desfecho.erro_codigo, desfecho.erro_mensagem, desfecho.nota_fiscal_id),
    )


def _nota(row: DictRow) -> Nota:
    items = [Item(UUID(produto_id), quantidade) for produto_id, quantidade in row["items"] or []]
    return Nota(**{**row, "items": items})
