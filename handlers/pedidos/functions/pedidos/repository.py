"""Orders in a single table. Its stream makes them known: what is stored is processed (`functions/envio`).

| item | pk | sk | |
|---|---|---|---|
| order | `PEDIDO#<id>` | `PEDIDO` | in the index `por-cliente` by `CLIENTE#<id>`, newest last |
| idempotency key | `CHAVE#<customer>#<key>` | `CHAVE` | gone after a day (`expiraEm`) |
| summary of a customer | `CLIENTE#<id>` | `RESUMO` | written by the projection |
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError
from validation import Item, NovoPedido, Pagina

#: Seconds that an Idempotency-Key is remembered.
LEMBRADA = 24 * 3600


class ChaveReutilizadaError(Exception):
    """The Idempotency-Key came with another request before."""


class NaoCancelavelError(Exception):
    """The order is settled.

    Attributes:
        status: what it is.
    """

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Pedido:
    """An order; moments are ISO 8601 in UTC."""

    pedido_id: str
    cliente_id: str
    itens: tuple[Item, ...]
    criado_em: str
    status: str = "RECEBIDO"
    processado_em: str | None = None
    cancelado_em: str | None = None

    @property
    def total_centavos(self) -> int:
        """The price of all items, in cents."""
        return sum(item.quantidade * item.preco_centavos for item in self.itens)


def agora() -> str:
    """The moment now."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Pedidos:
    """The orders of a table.

    Args:
        client: a DynamoDB client.
        table: the table's name.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def criar(self, novo: NovoPedido, chave: str | None) -> Pedido:
        """Store an order, once for each key of a customer, and return it (the first one, when repeated).

        Raises:
            ChaveReutilizadaError: the key came with another request.
        """
        pedido = Pedido(str(uuid4()), novo.cliente_id, novo.itens, agora())
        put = {
            "TableName": self._table,
            "Item": _as_item(pedido),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if chave is None:
            self._client.put_item(**put)
            return pedido
        lembranca = {
            "pk": {"S": f"CHAVE#{novo.cliente_id}#{chave}"},
            "sk": {"S": "CHAVE"},
            "pedidoId": {"S": pedido.pedido_id},
            "impressao": {"S": _impressao(novo)},
            "expiraEm": {"N": str(int(datetime.now(UTC).timestamp()) + LEMBRADA)},
        }
        remember = {
            "TableName": self._table,
            "Item": lembranca,
            # What has expired may still be there: time to live deletes when it gets to it.
            "ConditionExpression": "attribute_not_exists(pk) OR expiraEm < :agora",
            "ExpressionAttributeValues": {":agora": {"N": str(int(datetime.now(UTC).timestamp()))}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        try:
            self._client.transact_write_items(TransactItems=[{"Put": remember}, {"Put": put}])
        except ClientError as error:
            return self._repeated(error, novo)
        return pedido

    def _repeated(self, error: ClientError, novo: NovoPedido) -> Pedido:
        """The order that a key belongs to."""
        response: Mapping[str, Any] = error.response
        known = (response.get("CancellationReasons") or [{}])[0].get("Item")
        if not known:
            raise error
        if known["impressao"]["S"] != _impressao(novo):
            raise ChaveReutilizadaError from error
        pedido = self.consultar(known["pedidoId"]["S"])
        if pedido is None:
            raise error
        return pedido

    def consultar(self, pedido_id: str) -> Pedido | None:
        """Return an order, or None."""
        answer = self._client.get_item(TableName=self._table, Key=_key(pedido_id), ConsistentRead=True)
        item = answer.get("Item")
        return None if item is None else _as_pedido(item)

    def listar(self, pagina: Pagina) -> tuple[list[Pedido], str | None]:
        """Return a page of a customer's orders, newest first, and the token of the next one."""
        wanted: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": "por-cliente",
            "KeyConditionExpression": "clientePk = :cliente",
            "ExpressionAttributeValues": {":cliente": {"S": f"CLIENTE#{pagina.cliente_id}"}},
            "ScanIndexForward": False,
            "Limit": pagina.limite,
        }
        if pagina.inicio is not None:
            wanted["ExclusiveStartKey"] = pagina.inicio
        answer = self._client.query(**wanted)
        last = answer.get("LastEvaluatedKey")
        token = urlsafe_b64encode(json.dumps(last).encode()).decode() if last else None
        return [_as_pedido(item) for item in answer["Items"]], token

    def cancelar(self, pedido_id: str) -> Pedido | None:
        """Cancel an order that is not processed yet; again is no error. Return it, or None if there is none.

        Raises:
            NaoCancelavelError: it is processed.
        """
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=_key(pedido_id),
                UpdateExpression="SET #status = :cancelado, canceladoEm = :agora",
                ConditionExpression="#status = :recebido",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":cancelado": {"S": "CANCELADO"},
                    ":recebido": {"S": "RECEBIDO"},
                    ":agora": {"S": agora()},
                },
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            item = error.response.get("Item")
            if not item:
                return None
            pedido = _as_pedido(item)
            if pedido.status != "CANCELADO":
                raise NaoCancelavelError(pedido.status) from error
            return pedido
        return _as_pedido(answer["Attributes"])


def _key(pedido_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"PEDIDO#{pedido_id}"}, "sk": {"S": "PEDIDO"}}


def _impressao(novo: NovoPedido) -> str:
    """What makes two requests the same."""
    itens = [[item.sku, item.quantidade, item.preco_centavos] for item in novo.itens]
    return hashlib.sha256(json.dumps([novo.cliente_id, itens]).encode()).hexdigest()


def _as_item(pedido: Pedido) -> dict[str, Any]:
    return {
        **_key(pedido.pedido_id),
        "clientePk": {"S": f"CLIENTE#{pedido.cliente_id}"},
        "clienteSk": {"S": f"{pedido.criado_em}#{pedido.pedido_id}"},
        "pedidoId": {"S": pedido.pedido_id},
        "clienteId": {"S": pedido.cliente_id},
        "status": {"S": pedido.status},
        "criadoEm": {"S": pedido.criado_em},
        "totalCentavos": {"N": str(pedido.total_centavos)},
        "itens": {
            "L": [
                {
                    "M": {
                        "sku": {"S": item.sku},
                        "quantidade": {"N": str(item.quantidade)},
                        "precoCentavos": {"N": str(item.preco_centavos)},
                    }
                }
                for item in pedido.itens
            ]
        },
    }


def _as_pedido(item: Mapping[str, Any]) -> Pedido:
    itens = tuple(
        Item(line["sku"]["S"], int(line["quantidade"]["N"]), int(line["precoCentavos"]["N"]))
        for line in (entry["M"] for entry in item["itens"]["L"])
    )
    pedido = Pedido(
        item["pedidoId"]["S"], item["clienteId"]["S"], itens, item["criadoEm"]["S"], item["status"]["S"]
    )
    processado, cancelado = item.get("processadoEm"), item.get("canceladoEm")
    return replace(
        pedido,
        processado_em=processado["S"] if processado else None,
        cancelado_em=cancelado["S"] if cancelado else None,
    )
