"""What becomes of an order: RECEBIDO → PROCESSADO, once.

The condition on the status makes it idempotent: an order that is processed or cancelled stays as it is, and
its message is done with. A message that names no order fails until its queue gives it to the dead-letter
queue.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext


class MensagemInvalidaError(Exception):
    """The message cannot be understood; after its last receive it is kept in the dead-letter queue."""


class PedidoDesconhecidoError(Exception):
    """There is no order of that id."""


class Processor:
    """Processes orders; reports each failed message by itself.

    Args:
        client: a DynamoDB client.
        table: the table's name.
    """

    def __init__(self, client: Any, table: str, logger: Logger) -> None:
        self._client = client
        self._table = table
        self._logger = logger

    def handle(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Process one batch; the answer lists the messages to be delivered again."""
        # A batch of which every message fails is answered as any other: each goes its own way.
        processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        return dict(process_partial_response(event, self._record, processor, context))

    def _record(self, record: SQSRecord) -> None:
        try:
            pedido_id = parse_pedido_id(record.body)
            processed = self.processar(pedido_id)
        except Exception:
            self._logger.exception("message failed", extra={"messageId": record.message_id})
            raise
        self._logger.info(
            "order processed" if processed else "order left alone: it was settled before",
            extra={"pedidoId": pedido_id},
        )

    def processar(self, pedido_id: str) -> bool:
        """Process an order; False when it was settled before.

        Raises:
            PedidoDesconhecidoError: there is none.
        """
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": f"PEDIDO#{pedido_id}"}, "sk": {"S": "PEDIDO"}},
                UpdateExpression="SET #status = :processado, processadoEm = :agora",
                ConditionExpression="#status = :recebido",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":processado": {"S": "PROCESSADO"},
                    ":recebido": {"S": "RECEBIDO"},
                    ":agora": {"S": _agora()},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            if not error.response.get("Item"):
                raise PedidoDesconhecidoError(pedido_id) from error
            return False
        return True


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
