"""The queues `faturamento-confirmacao` and `faturamento-compensacao`: how stock answered.

Each message is an EventBridge event. The event says what it means, not the queue it came through.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from repository import Desfecho, NotasFiscais
from validation import parse_uuid

#: What the user reads for each error code of the stock service.
MENSAGENS = {
    "ESTOQUE_INSUFICIENTE": "Estoque insuficiente",
    "PRODUTO_INEXISTENTE": "Produto inexistente",
}


class MensagemInvalidaError(Exception):
    """The message cannot be understood; after its last receive it is kept in the dead-letter queue."""


class Consumer:
    """Applies outcomes to invoices; reports each failed message by itself."""

    def __init__(self, notas: NotasFiscais, logger: Logger) -> None:
        self._notas = notas
        self._logger = logger

    def handle(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Process one batch; the answer lists the messages to be delivered again."""
        processor = BatchProcessor(event_type=EventType.SQS)
        return dict(process_partial_response(event, self._record, processor, context))

    def _record(self, record: SQSRecord) -> None:
        try:
            desfecho = parse_desfecho(record.body)
            applied = self._notas.concluir(desfecho)
        except Exception:
            self._logger.exception("message failed", extra={"messageId": record.message_id})
            raise
        self._logger.info(
            "outcome applied" if applied else "outcome ignored: seen before, or the invoice was settled",
            extra={"notaFiscalId": str(desfecho.nota_fiscal_id), "tipo": desfecho.tipo},
        )


def parse_desfecho(body: str) -> Desfecho:
    """Return the outcome that an EventBridge event carries.

    The sender's own `eventoId` identifies it: an outbox that publishes twice gets two event ids from
    EventBridge. An event without one is identified by the envelope.

    Raises:
        MensagemInvalidaError: the body is not such an event.
    """
    try:
        envelope = json.loads(body)
        tipo, detail = envelope["detail-type"], envelope["detail"]
        evento_id = _uuid(detail.get("eventoId", envelope.get("id")), "eventoId")
        nota_fiscal_id = _uuid(detail.get("notaFiscalId"), "notaFiscalId")
        if tipo == "ReservaConfirmada":
            reserva_id = _uuid(detail.get("reservaId"), "reservaId")
            return Desfecho(evento_id, tipo, nota_fiscal_id, reserva_id=reserva_id)
        if tipo == "ReservaFalhou":
            codigo = detail.get("erro")
            if not isinstance(codigo, str) or not codigo:
                raise MensagemInvalidaError("erro must be a text")
            mensagem = MENSAGENS.get(codigo, codigo)
            return Desfecho(evento_id, tipo, nota_fiscal_id, erro_codigo=codigo, erro_mensagem=mensagem)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise MensagemInvalidaError(f"not an event of the stock service: {error!r}") from error
    raise MensagemInvalidaError(f"this service does not handle {tipo!r}")


def _uuid(value: object, name: str) -> UUID:
    identifier = parse_uuid(value)
    if identifier is None:
        raise MensagemInvalidaError(f"{name} must be a UUID, is {value!r}")
    return identifier
