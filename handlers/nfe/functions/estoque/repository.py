"""The schema `estoque`: each public method is one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
from database import Database
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb
from rules import Falta, Pedido, erro, faltas
from validation import NovoProduto, Pagina

TIPO_PEDIDO = "NotaFiscalCriada"


class ProdutoExistenteError(Exception):
    """A product with this id exists already."""


@dataclass(frozen=True)
class Produto:
    """A product and what is in stock of it now."""

    produto_id: UUID
    nome: str | None
    quantidade: int


class Estoque:
    """Products, reservations, their outbox and the messages already processed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def criar(self, novo: NovoProduto) -> Produto:
        """Store a product.

        Raises:
            ProdutoExistenteError: its id is taken.
        """
        with self._database.transaction() as connection:
            stored = connection.execute(
                "INSERT INTO estoque.produtos (produto_id, nome, quantidade) VALUES (%s, %s, %s)"
                " ON CONFLICT (produto_id) DO NOTHING",
                (novo.produto_id, novo.nome, novo.quantidade),
            ).rowcount
        if not stored:
            raise ProdutoExistenteError(str(novo.produto_id))
        return Produto(novo.produto_id, novo.nome, novo.quantidade)

    def consultar(self, produto_id: UUID) -> Produto | None:
        """Return one product, or None when there is none with this id."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT produto_id, nome, quantidade FROM estoque.produtos WHERE produto_id = %s",
                (produto_id,),
            ).fetchone()
        return Produto(**row) if row else None

    def listar(self, pagina: Pagina) -> tuple[list[Produto], UUID | None]:
        """Return one page by product id, and the product the next one begins after (None at the end)."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT produto_id, nome, quantidade FROM estoque.produtos"
                " WHERE %(depois)s::uuid IS NULL OR produto_id > %(depois)s::uuid"
                " ORDER BY produto_id LIMIT %(limite)s",
                {"depois": pagina.depois_de, "limite": pagina.limit + 1},
            ).fetchall()
        produtos = [Produto(**row) for row in rows[: pagina.limit]]
        return produtos, produtos[-1].produto_id if len(rows) > pagina.limit else None

    def reservar(self, pedido: Pedido) -> bool:
        """Reserve what an invoice asks for, or refuse it, and store the event that says so: one transaction.

        Returns:
            Whether anything was done: False when this event, or this invoice, was answered before.
        """
        with self._database.transaction() as connection:
            # A duplicate that arrives at the same time waits here for the first one's commit.
            new = connection.execute(
                "INSERT INTO estoque.mensagens_processadas (evento_id, tipo, nota_fiscal_id, aplicada)"
                " VALUES (%s, %s, %s, true) ON CONFLICT DO NOTHING",
                (pedido.evento_id, TIPO_PEDIDO, pedido.nota_fiscal_id),
            ).rowcount
            if not new:
                return False
            problemas = faltas(pedido.quantidades, _lock(connection, pedido))
            if problemas:
                _store_event(connection, pedido, "ReservaFalhou", _refusal(problemas))
            else:
                _store_event(
                    connection, pedido, "ReservaConfirmada", {"reservaId": str(_take(connection, pedido))}
                )
        return True

    def ping(self) -> None:
        """Ask the database for a row.

        Raises:
            psycopg.OperationalError: it does not answer.
        """
        with self._database.transaction() as connection:
            connection.execute("SELECT 1").fetchone()


def _lock(connection: psycopg.Connection[DictRow], pedido: Pedido) -> dict[UUID, int]:
    """Lock the products and return what is in stock.

    Always in the order of their ids: invoices with products in common wait for each other and never deadlock.
    """
    rows = connection.execute(
        "SELECT produto_id, quantidade FROM estoque.produtos WHERE produto_id = ANY(%s)"
        " ORDER BY produto_id FOR UPDATE",
        (list(pedido.quantidades),),
    ).fetchall()
    return {row["produto_id"]: row["quantidade"] for row in rows}


def _take(connection: psycopg.Connection[DictRow], pedido: Pedido) -> UUID:
    """Move the quantities of locked products from stock into a reservation; return its id."""
    reserva_id = uuid4()
    produtos, quantidades = list(pedido.quantidades), list(pedido.quantidades.values())
    taken = connection.execute(
        "UPDATE estoque.produtos p SET quantidade = p.quantidade - t.quantidade"
        " FROM unnest(%s::uuid[], %s::int[]) AS t (produto_id, quantidade)"
        " WHERE p.produto_id = t.produto_id AND p.quantidade >= t.quantidade",
        (produtos, quantidades),
    ).rowcount
    if taken != len(produtos):
        raise RuntimeError(f"{taken} of {len(produtos)} locked products had the stock that was read")
    connection.execute(
        "INSERT INTO estoque.reservas (reserva_id, nota_fiscal_id, produto_id, quantidade_reservada)"
        " SELECT %s, %s, produto_id, quantidade"
        " FROM unnest(%s::uuid[], %s::int[]) AS t (produto_id, quantidade)",
        (reserva_id, pedido.nota_fiscal_id, produtos, quantidades),
    )
    return reserva_id


def _refusal(problemas: list[Falta]) -> dict[str, Any]:
    return {
        "erro": erro(problemas),
        "itens": [
            {
                "produtoId": str(problema.produto_id),
                "motivo": problema.motivo,
                "solicitado": problema.solicitado,
                "disponivel": problema.disponivel,
            }
            for problema in problemas
        ],
    }


def _store_event(
    connection: psycopg.Connection[DictRow], pedido: Pedido, tipo: str, facts: dict[str, Any]
) -> None:
    evento_id = uuid4()
    payload = {"eventoId": str(evento_id), "notaFiscalId": str(pedido.nota_fiscal_id), **facts}
    connection.execute(
        "INSERT INTO estoque.eventos_outbox (evento_id, nota_fiscal_id, tipo, payload)"
        " VALUES (%s, %s, %s, %s)",
        (evento_id, pedido.nota_fiscal_id, tipo, Jsonb(payload)),
    )
