"""What becomes of orders: RECEBIDO → PROCESSADO, each once.

A batch of messages is a few calls: 25 conditional updates each, and every one of them succeeds or fails by
itself. The condition on the status makes it idempotent: an order that is processed or cancelled stays as it
is, and its message is done with. A message that names no order fails until its queue gives it to the
dead-letter queue.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

#: Statements of one BatchExecuteStatement, at most.
MAX_STATEMENTS = 25
#: The orders of a batch that were processed, and those that were settled before.
PROCESSED, SETTLED = "processed", "settled"


class MensagemInvalidaError(Exception):
    """The message cannot be understood; after its last receive it is kept in the dead-letter queue."""


class PedidoDesconhecidoError(Exception):
    """There is no order of that id."""


class NaoProcessadoError(Exception):
    """The table did not take the change; the message is delivered again."""


class Processor:
    """Processes orders; reports each failed message by itself.

    Args:
        client: a DynamoDB client.
        table: the table's name.
    """

    def __init__(self, client: Any, table: str, logger: Logger) -> None:
        self._client = client
        self._logger = logger
        self._statement = (
            f'UPDATE "{table}" SET "status" = ? SET processadoEm = ? WHERE pk = ? AND sk = ? AND "status" = ?'
        )

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Process one batch; the answer lists the messages to be delivered again."""
        failed: list[str] = []
        # An order that is named twice is asked for once: a batch takes no key twice.
        wanted: dict[str, list[str]] = {}
        for record in event["Records"]:
            message = record["messageId"]
            try:
                wanted.setdefault(parse_pedido_id(record["body"]), []).append(message)
            except MensagemInvalidaError as error:
                self._tell(error, messageId=message)
                failed.append(message)
        done: dict[str, list[str]] = {PROCESSED: [], SETTLED: []}
        for pedido_id, outcome in self.processar(list(wanted)).items():
            if isinstance(outcome, Exception):
                self._tell(outcome, pedidoId=pedido_id)
                failed += wanted[pedido_id]
            else:
                done[outcome].append(pedido_id)
        for outcome, pedidos in done.items():
            if pedidos:
                self._logger.info("orders %s", outcome, extra={"pedidos": pedidos})
        return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}

    def processar(self, pedidos: Sequence[str]) -> dict[str, str | Exception]:
        """Process orders, each for itself; what became of each: `PROCESSED`, `SETTLED`, or why it failed."""
        outcomes: dict[str, str | Exception] = {}
        for part in _parts(pedidos):
            try:
                answer = self._client.batch_execute_statement(Statements=[self._update(one) for one in part])
            except Exception as error:
                outcomes |= dict.fromkeys(part, error)
            else:
                outcomes |= dict(zip(part, map(_outcome, part, answer["Responses"]), strict=True))
        return outcomes

    def _update(self, pedido_id: str) -> dict[str, Any]:
        return {
            "Statement": self._statement,
            "Parameters": [
                {"S": "PROCESSADO"},
                {"S": _agora()},
                {"S": f"PEDIDO#{pedido_id}"},
                {"S": "PEDIDO"},
                {"S": "RECEBIDO"},
            ],
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _tell(self, error: Exception, **which: str) -> None:
        self._logger.error("message failed", extra=which, exc_info=error)


def _outcome(pedido_id: str, response: Mapping[str, Any]) -> str | Exception:
    error = response.get("Error")
    if error is None:
        return PROCESSED
    if error["Code"] != "ConditionalCheckFailed":
        return NaoProcessadoError(f"{error['Code']}: {error.get('Message', '')}")
    return SETTLED if error.get("Item") else PedidoDesconhecidoError(pedido_id)


def _parts(pedidos: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(pedidos), MAX_STATEMENTS):
        yield pedidos[start : start + MAX_STATEMENTS]


def _agora() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_pedido_id(body: str) -> str:
    """Return the id of the order that a message names.

    Raises:
        MensagemInvalidaError: it names none.
    """
    try:
        pedido_id = json.loads(body)["pedidoId"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MensagemInvalidaError(f"not a message of the orders API: {error!r}") from error
    if not isinstance(pedido_id, str) or not pedido_id:
        raise MensagemInvalidaError("pedidoId must be a text")
    return pedido_id
