"""Summaries: how many orders a customer has in every state, and what they are worth.

A stream delivers at least once and in order. The summary remembers the last sequence number that went into
it, so a batch that comes again changes nothing: the condition of its update fails, and that is all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aws_lambda_powertools import Logger

#: Sequence numbers are whole numbers of growing length: padded, they compare as texts.
_DIGITS = 40


@dataclass(slots=True)
class Delta:
    """What the changes of one batch add to a customer's summary.

    Attributes:
        first: sequence number of the first change, where the batch is resumed if this one fails.
    """

    first: str
    last: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    total: int = 0


class Projection:
    """Adds up changes, customer by customer.

    Args:
        client: a DynamoDB client.
        table: the table's name.
    """

    def __init__(self, client: Any, table: str, logger: Logger) -> None:
        self._client = client
        self._table = table
        self._logger = logger

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Project one batch; the answer names the change from which it is to be delivered again."""
        failed: list[str] = []
        for cliente, delta in _deltas(event["Records"]).items():
            try:
                self._add(cliente, delta)
            except Exception:
                self._logger.exception("summary failed", extra={"clienteId": cliente})
                failed.append(delta.first)
        if not failed:
            return {"batchItemFailures": []}
        return {"batchItemFailures": [{"itemIdentifier": min(failed, key=int)}]}

    def _add(self, cliente: str, delta: Delta) -> None:
        names = {f"#{status}": status for status in delta.counts}
        values: dict[str, Any] = {f":{status}": {"N": str(count)} for status, count in delta.counts.items()}
        additions = ", ".join(["totalCentavos :total", *(f"#{status} :{status}" for status in delta.counts)])
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": f"CLIENTE#{cliente}"}, "sk": {"S": "RESUMO"}},
                UpdateExpression=f"SET ultimaMudanca = :ultima ADD {additions}",
                ConditionExpression="attribute_not_exists(ultimaMudanca) OR ultimaMudanca < :primeira",
                **({"ExpressionAttributeNames": names} if names else {}),
                ExpressionAttributeValues={
                    **values,
                    ":total": {"N": str(delta.total)},
                    ":ultima": {"S": delta.last.zfill(_DIGITS)},
                    ":primeira": {"S": delta.first.zfill(_DIGITS)},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            self._logger.info("summary left alone: the changes are in it", extra={"clienteId": cliente})


def _deltas(records: list[Mapping[str, Any]]) -> dict[str, Delta]:
    """What the records add, by customer, in the order of their first changes."""
    deltas: dict[str, Delta] = {}
    for record in records:
        change = record["dynamodb"]
        new, old = change.get("NewImage"), change.get("OldImage")
        image = new or old
        if image is None:
            continue
        number = change["SequenceNumber"]
        delta = deltas.setdefault(image["clienteId"]["S"], Delta(number))
        delta.last = number
        if old is not None:
            delta.counts[old["status"]["S"]] -= 1
        if new is not None:
            delta.counts[new["status"]["S"]] += 1
        delta.total += _worth(new) - _worth(old)
    return deltas


def _worth(image: Mapping[str, Any] | None) -> int:
    """Cents of an order; what is cancelled is worth nothing."""
    if image is None or image["status"]["S"] == "CANCELADO":
        return 0
    return int(image["totalCentavos"]["N"])
