"""New orders on their way to be processed: what is stored is sent, whatever happens in between.

The table is the outbox: an order is written once, by one call, and its stream says so here. A batch that
fails in part is delivered again from the first order that could not be sent, so the queue may get an order
twice; the worker processes it once.

Page: https://docs.aws.amazon.com/prescriptive-guidance/latest/cloud-design-patterns/transactional-outbox.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aws_lambda_powertools import Logger

#: Messages of one SendMessageBatch, at most.
MAX_ENTRIES = 10


class Fila:
    """The queue of orders that are to be processed.

    Args:
        client: an SQS client.
        url: the queue's URL.
    """

    def __init__(self, client: Any, url: str, logger: Logger) -> None:
        self._client = client
        self._url = url
        self._logger = logger

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Send one batch in order; the answer names the order from which it is to be delivered again."""
        changes = [record["dynamodb"] for record in event["Records"]]
        for start in range(0, len(changes), MAX_ENTRIES):
            part = changes[start : start + MAX_ENTRIES]
            failed = self._send(part)
            if failed is not None:
                return {"batchItemFailures": [{"itemIdentifier": part[failed]["SequenceNumber"]}]}
        self._logger.info("orders sent", extra={"quantos": len(changes)})
        return {"batchItemFailures": []}

    def _send(self, changes: Sequence[Mapping[str, Any]]) -> int | None:
        """Sends a few orders in one call; the place of the first that was not taken, or None."""
        entries = [
            {"Id": str(place), "MessageBody": message(change["NewImage"])}
            for place, change in enumerate(changes)
        ]
        try:
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
        except Exception:
            self._logger.exception("orders not sent")
            return 0
        failed = answer.get("Failed") or ()
        for entry in failed:
            self._logger.error("order not sent", extra={"codigo": entry["Code"]})
        return min((int(entry["Id"]) for entry in failed), default=None)


def message(image: Mapping[str, Any]) -> str:
    """The message about a new order."""
    return json.dumps({"pedidoId": image["pedidoId"]["S"], "clienteId": image["clienteId"]["S"]})
