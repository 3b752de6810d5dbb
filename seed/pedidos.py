"""Orders for the Pedidos system: the same twelve, with the same ids, every time.

Run as `python -m seed.pedidos` with AWS's variables and `STACK_OUTPUTS` (JSON, with `TableName`). It prints
one JSON object, `{"pedidos": [id, ...]}`. What is there already stays as it is.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any
from uuid import UUID, uuid5

import boto3

#: Namespace of the orders' ids.
NAMESPACE = UUID("8d0d8a6e-3a0f-5c37-9c52-4f6b1d2e7a10")
CLIENTES = ("ana", "bia", "caio")
NUMBER = 12


def pedido_id(number: int) -> str:
    """Return the id of a seeded order."""
    return str(uuid5(NAMESPACE, str(number)))


def item(number: int) -> dict[str, Any]:
    """Return a processed order of the past, as the service stores it."""
    identifier, cliente = pedido_id(number), CLIENTES[number % len(CLIENTES)]
    criado = f"2026-01-{number + 1:02d}T12:00:00.000Z"
    return {
        "pk": {"S": f"PEDIDO#{identifier}"},
        "sk": {"S": "PEDIDO"},
        "clientePk": {"S": f"CLIENTE#{cliente}"},
        "clienteSk": {"S": f"{criado}#{identifier}"},
        "pedidoId": {"S": identifier},
        "clienteId": {"S": cliente},
        "status": {"S": "PROCESSADO"},
        "criadoEm": {"S": criado},
        "processadoEm": {"S": criado.replace("12:00:00", "12:00:01")},
        "totalCentavos": {"N": str(1990 * (number + 1))},
        "itens": {
            "L": [
                {
                    "M": {
                        "sku": {"S": f"SKU-{number}"},
                        "quantidade": {"N": str(number + 1)},
                        "precoCentavos": {"N": "1990"},
                    }
                }
            ]
        },
    }


def seed(client: Any, table: str) -> list[str]:
    """Put the orders that are not there yet and return the ids of all, in order.

    Args:
        client: a DynamoDB client.
        table: the table's name.
    """
    for number in range(NUMBER):
        try:
            client.put_item(
                TableName=table, Item=item(number), ConditionExpression="attribute_not_exists(pk)"
            )
        except client.exceptions.ConditionalCheckFailedException:
            continue
    return [pedido_id(number) for number in range(NUMBER)]


def main() -> None:
    """Seed the table that the stack's outputs name and print the ids."""
    table = json.loads(os.environ["STACK_OUTPUTS"])["TableName"]
    ids = seed(boto3.client("dynamodb"), table)
    sys.stdout.write(json.dumps({"pedidos": ids}) + "\n")


if __name__ == "__main__":
    main()
