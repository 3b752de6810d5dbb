"""Summaries: how many orders a customer has in every state, and what they are worth.

A stream delivers at least once and in order, but not always in the same batches. The summary remembers the
last sequence number that went into it, so what comes again is told from what is new, and nothing is added
twice. Many summaries are written in one call: batches are large, so that a busy customer's summary is
written once for many orders.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger

#: Actions of one TransactWriteItems, at most.
MAX_ACTIONS = 100
#: Sequence numbers are whole numbers of growing length: padded, they compare as texts.
_DIGITS = 40


@dataclass(frozen=True, slots=True)
class Change:
    """What one change adds to a customer's summary.

    Attributes:
        number: its sequence number. before, after: the order's status; None: there was or is no order.
        worth: cents.
    """

    number: str
    before: str | None
    after: str | None
    worth: int

    @property
    def place(self) -> str:
        """The sequence number in the form that summaries remember."""
        return self.number.zfill(_DIGITS)


#: A customer, and changes of one summary in order.
Part = tuple[str, list[Change]]


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
        parts = list(_by_customer(event["Records"]).items())
        failed: list[str] = []
        for start in range(0, len(parts), MAX_ACTIONS):
            chosen = parts[start : start + MAX_ACTIONS]
            try:
                self._add(chosen)
            except Exception:
                self._logger.exception("summaries failed", extra={"clientes": [name for name, _ in chosen]})
                failed += [changes[0].number for _, changes in chosen]
        if not failed:
            return {"batchItemFailures": []}
        return {"batchItemFailures": [{"itemIdentifier": min(failed, key=int)}]}

    def _add(self, parts: Sequence[Part]) -> None:
        """Adds to many summaries in one call; again without what some of them have already."""
        while parts:
            try:
                self._client.transact_write_items(
                    TransactItems=[{"Update": self._update(cliente, changes)} for cliente, changes in parts]
                )
            except self._client.exceptions.TransactionCanceledException as error:
                reasons = error.response["CancellationReasons"]
                if not {reason.get("Code") for reason in reasons} <= {"None", "ConditionalCheckFailed"}:
                    raise
                parts = self._missing(parts, reasons)
            else:
                return

    def _missing(self, parts: Sequence[Part], reasons: Sequence[Mapping[str, Any]]) -> list[Part]:
        """What is in no summary yet, by what the table says that they have."""
        missing: list[Part] = []
        for (cliente, changes), reason in zip(parts, reasons, strict=True):
            known = reason.get("Item", {}).get("ultimaMudanca", {}).get("S", "")
            new = [change for change in changes if change.place > known]
            if len(new) < len(changes):
                self._logger.info("changes left out: they are in the summary", extra={"clienteId": cliente})
            if new:
                missing.append((cliente, new))
        return missing

    def _update(self, cliente: str, changes: Sequence[Change]) -> dict[str, Any]:
        counts: Counter[str] = Counter()
        for change in changes:
            if change.before is not None:
                counts[change.before] -= 1
            if change.after is not None:
                counts[change.after] += 1
        return {
            "TableName": self._table,
            "Key": {"pk": {"S": f"CLIENTE#{cliente}"}, "sk": {"S": "RESUMO"}},
            "UpdateExpression": "SET ultimaMudanca = :ultima ADD "
            + ", ".join(["totalCentavos :total", *(f"#{status} :{status}" for status in counts)]),
            "ConditionExpression": "attribute_not_exists(ultimaMudanca) OR ultimaMudanca < :primeira",
            "ExpressionAttributeNames": {f"#{status}": status for status in counts},
            "ExpressionAttributeValues": {
                **{f":{status}": {"N": str(count)} for status, count in counts.items()},
                ":total": {"N": str(sum(change.worth for change in changes))},
                ":ultima": {"S": changes[-1].place},
                ":primeira": {"S": changes[0].place},
            },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }


def _by_customer(records: Sequence[Mapping[str, Any]]) -> dict[str, list[Change]]:
    """The changes of each customer's orders, customers in the order of their first changes."""
    found: dict[str, list[Change]] = {}
    for record in records:
        change = record["dynamodb"]
        new, old = change.get("NewImage"), change.get("OldImage")
        image = new or old
        if image is None:
            continue
        found.setdefault(image["clienteId"]["S"], []).append(
            Change(
                change["SequenceNumber"],
                None if old is None else old["status"]["S"],
                None if new is None else new["status"]["S"],
                _worth(new) - _worth(old),
            )
        )
    return found


def _worth(image: Mapping[str, Any] | None) -> int:
    """Cents of an order; what is cancelled is worth nothing."""
    if image is None or image["status"]["S"] == "CANCELADO":
        return 0
    return int(image["totalCentavos"]["N"])
