"""The decision of the stock service: reserve everything an invoice asks for, or nothing. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

ESTOQUE_INSUFICIENTE = "ESTOQUE_INSUFICIENTE"
PRODUTO_INEXISTENTE = "PRODUTO_INEXISTENTE"


@dataclass(frozen=True)
class Pedido:
    """What the event of a new invoice asks for: quantities by product, the lines of one product summed."""

    evento_id: UUID
    nota_fiscal_id: UUID
    quantidades: Mapping[UUID, int]


@dataclass(frozen=True)
class Falta:
    """One product that cannot be reserved; `disponivel` is None when there is no such product."""

    produto_id: UUID
    solicitado: int
    disponivel: int | None

    @property
    def motivo(self) -> str:
        """The error code of this product."""
        return PRODUTO_INEXISTENTE if self.disponivel is None else ESTOQUE_INSUFICIENTE


def somar(linhas: list[tuple[UUID, int]]) -> dict[UUID, int]:
    """Return the quantity per product, in the order of the product ids."""
    total: Counter[UUID] = Counter()
    for produto_id, quantidade in linhas:
        total[produto_id] += quantidade
    return dict(sorted(total.items()))


def faltas(quantidades: Mapping[UUID, int], disponiveis: Mapping[UUID, int]) -> list[Falta]:
    """Return every product that keeps the reservation from being made; none means that it can be made."""
    return [
        Falta(produto_id, solicitado, disponiveis.get(produto_id))
        for produto_id, solicitado in quantidades.items()
        if disponiveis.get(produto_id, -1) < solicitado
    ]


def erro(problemas: list[Falta]) -> str:
    """Return the code of a refused reservation: a product that does not exist outweighs a scarce one."""
    motivos = {problema.motivo for problema in problemas}
    return PRODUTO_INEXISTENTE if PRODUTO_INEXISTENTE in motivos else ESTOQUE_INSUFICIENTE
