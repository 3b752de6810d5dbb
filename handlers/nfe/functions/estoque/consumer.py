"""The queue `estoque-reserva`: each message is the EventBridge event of a new invoice."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from publisher import Publisher
from repository import TIPO_PEDIDO, Estoque
from rules import Pedido, somar
from validation import is_quantidade, parse_uuid


class MensagemInvalidaError(Exception):
    """The message cannot be understood; after its last receive it is kept in the dead-letter queue."""


class Consumer:
    """Reserves stock for invoices; reports each failed message by itself."""

    def __init__(self, estoque: Estoque, publisher: Publisher, logger: Logger) -> None:
        self._estoque = estoque
        self._publisher = publisher
        self._logger = logger

    def handle(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Process one batch; the answer lists the messages to be delivered again."""
        processor = BatchProcessor(event_type=EventType.SQS)
        return dict(process_partial_response(event, self._record, processor, context))

    def _record(self, record: SQSRecord) -> None:
        try:
            pedido = parse_pedido(record.body)
            done = self._estoque.reservar(pedido)
        except Exception:
            self._logger.exception("message failed", extra={"messageId": record.message_id})
            raise
        self._logger.info(
            "invoice answered" if done else "invoice answered before",
            extra={"notaFiscalId": str(pedido.nota_fiscal_id)},
        )
        # After a duplicate too: the first delivery may have died between its commit and its event.
        self._publisher.publish(pedido.nota_fiscal_id)


def parse_pedido(body: str) -> Pedido:
    """Return what the event of a new invoice asks for.

    The sender's own `eventoId` identifies it: an outbox that publishes twice gets two event ids from
    EventBridge. An event without one is identified by the envelope.

    Raises:
        MensagemInvalidaError: the body is not such an event.
    """
    try:
        envelope = json.loads(body)
        tipo, detail = envelope["detail-type"], envelope["detail"]
        if tipo != TIPO_PEDIDO:
            raise MensagemInvalidaError(f"this service does not handle {tipo!r}")
        evento_id = _uuid(detail.get("eventoId", envelope.get("id")), "eventoId")
        nota_fiscal_id = _uuid(detail.get("notaFiscalId"), "notaFiscalId")
        linhas = [_linha(position, item) for position, item in enumerate(detail["items"])]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise MensagemInvalidaError(f"not the event of a new invoice: {error!r}") from error
    if not linhas:
        raise MensagemInvalidaError("items is empty")
    return Pedido(evento_id, nota_fiscal_id, somar(linhas))


def _linha(position: int, item: dict[str, Any]) -> tuple[UUID, int]:
    quantidade = item.get("quantidade")
    if not isinstance(quantidade, int) or not is_quantidade(quantidade, 1):
        raise MensagemInvalidaError(
            f"items[{position}].quantidade must be a positive number, is {quantidade!r}"
        )
    return _uuid(item.get("produtoId"), f"items[{position}].produtoId"), quantidade


def _uuid(value: object, name: str) -> UUID:
    identifier = parse_uuid(value)
    if identifier is None:
        raise MensagemInvalidaError(f"{name} must be a UUID, is {value!r}")
    return identifier
