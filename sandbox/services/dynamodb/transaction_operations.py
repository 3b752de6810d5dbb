"""Transactions: all or nothing.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.dynamodb.errors import validation
from sandbox.model.dynamodb.expressions.paths import project
from sandbox.model.dynamodb.keys import check_key
from sandbox.model.dynamodb.values import check_item
from sandbox.services.base import Answer, Params, operation
from sandbox.services.dynamodb.capacity import Consumption, reports, wants_capacity
from sandbox.services.dynamodb.core import DynamoDbCore, required
from sandbox.services.dynamodb.definitions import WRITE
from sandbox.services.dynamodb.projection import read_projection
from sandbox.services.dynamodb.writing import (
    CHECK,
    DELETE,
    PUT,
    UPDATE,
    Planned,
    Write,
    consumed_by,
    read_write,
)

MAX_ACTIONS = 100
_MAX_BYTES = 4 * 1024 * 1024
#: Seconds that a ClientRequestToken is remembered.
_REMEMBERED = 600.0
_KINDS = (PUT, UPDATE, DELETE, CHECK)
#: Codes of errors as cancellation reasons have them.
_REASONS = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "DuplicateItemException": "DuplicateItem",
    "ValidationException": "ValidationError",
    "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
    "ThrottlingException": "ThrottlingError",
}


class TransactionOperations(DynamoDbCore):
    """TransactWriteItems and TransactGetItems."""

    @operation(
        "TransactWriteItems",
        "TransactItems ReturnConsumedCapacity ReturnItemCollectionMetrics ClientRequestToken",
    )
    def transact_write_items(self, call: Call, params: Params) -> Answer:
        """Carries out up to 100 writes, or none of them."""
        actions = params.get("TransactItems") or ()
        check_actions(actions)
        wanted = wants_capacity(params)
        writes = [self._read(call, action) for action in actions]
        token = params.get("ClientRequestToken")
        digest = digest_of(params["TransactItems"])
        if token is not None and self.seen(call, token, digest):
            return {}
        consumed = self.write_all(writes, call.hop)
        if token is not None:
            self.remember(call, token, digest)
        return {"ConsumedCapacity": reports(consumed, wanted)} if wanted else {}

    @operation("TransactGetItems", "TransactItems ReturnConsumedCapacity")
    def transact_get_items(self, call: Call, params: Params) -> Answer:
        """Reads up to 100 items as they stand at one moment."""
        actions = params.get("TransactItems") or ()
        check_actions(actions)
        wanted = wants_capacity(params)
        responses: list[Answer] = []
        consumed: list[Consumption] = []
        for action in actions:
            get = action.get("Get") or {}
            required(get, "Key", "TableName")
            table = self.table_of(call, get)
            projection = read_projection(get, table.schema)
            key = check_item(get["Key"])
            check_key(table.schema, key)
            found, own = self.read(table, key, consistent=True, factor=2)
            consumed.append(own)
            if found is None:
                responses.append({})
            else:
                responses.append(
                    {"Item": found.item if projection is None else project(found.item, projection)}
                )
        answer: Answer = {"Responses": responses}
        if wanted:
            answer["ConsumedCapacity"] = reports(consumed, wanted)
        return answer

    def write_all(self, writes: Sequence[Write], hop: int | None) -> list[Consumption]:
        """Carries out all writes, or none.

        Raises:
            AwsError: TransactionCanceledException with a reason for each write, ValidationException.
        """
        places = [(write.table.id, write.place) for write in writes]
        if len(set(places)) != len(places):
            raise validation("Transaction request cannot include multiple operations on one item")
        planned: list[Planned] = []
        consumed: list[Consumption] = []
        reasons: list[Answer] = []
        for write in writes:
            try:
                self.limiter.check(write.table, WRITE, write.table.indexes)
                planned.append(self.writer.plan(write))
                consumed.append(consumed_by(planned[-1], 2.0))
                self.limiter.check_keys(consumed[-1], WRITE)
                reasons.append({"Code": "None"})
            except AwsError as error:
                reasons.append(_reason(error))
        if any(reason["Code"] != "None" for reason in reasons):
            raise _cancelled(reasons)
        if sum(plan.size for plan in planned) > _MAX_BYTES:
            raise validation("Transaction request is larger than 4 MB")
        with self.database.atomic():
            for plan in planned:
                self.writer.carry_out(plan, hop)
        self.limiter.take_all(consumed, WRITE)
        return consumed

    def _read(self, call: Call, action: Mapping[str, Any]) -> Write:
        given = {kind: action[kind] for kind in _KINDS if kind in action}
        if len(given) != 1:
            raise validation(
                "TransactItems can only contain one of Check, Put, Update or Delete"
                if given
                else "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"
            )
        ((kind, params),) = given.items()
        required(params, "TableName", "Item" if kind == PUT else "Key")
        return read_write(kind, self.table_of(call, params), params)

    def seen(self, call: Call, token: str, digest: bytes) -> bool:
        """Whether this very request was carried out before.

        Raises:
            AwsError: IdempotentParameterMismatchException: the token came with another request.
        """
        scope = call.scope
        row = self.database.row(
            "SELECT digest FROM dynamodb_transactions "
            "WHERE account = ? AND region = ? AND token = ? AND at > ?",
            (scope.account, scope.region, token, self.clock.now() - _REMEMBERED),
        )
        if row is not None and row["digest"] != digest:
            raise AwsError(
                "IdempotentParameterMismatchException",
                "The provided idempotency token was used with other parameters within 10 minutes",
            )
        return row is not None

    def remember(self, call: Call, token: str, digest: bytes) -> None:
        """Keeps that a request was carried out."""
        now = self.clock.now()
        self.database.execute("DELETE FROM dynamodb_transactions WHERE at <= ?", (now - _REMEMBERED,))
        self.database.execute(
            "INSERT INTO dynamodb_transactions (account, region, token, digest, at) VALUES (?, ?, ?, ?, ?)",
            (call.scope.account, call.scope.region, token, digest, now),
        )


def check_actions(actions: Sequence[Any]) -> None:
    """Refuses a transaction of no actions, or of too many.

    Raises:
        AwsError: ValidationException.
    """
    if not 1 <= len(actions) <= MAX_ACTIONS:
        bound = "greater than or equal to 1" if not actions else f"less than or equal to {MAX_ACTIONS}"
        raise validation(
            "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: "
            f"Member must have length {bound}"
        )


def digest_of(actions: Sequence[Any]) -> bytes:
    """What makes two requests the same."""
    return sha256(msgspec.msgpack.encode(actions)).digest()


def _reason(error: AwsError) -> Answer:
    code = _REASONS.get(error.code)
    if code is None:
        raise error
    return {"Code": code, "Message": error.message, **error.fields}


def _cancelled(reasons: list[Answer]) -> AwsError:
    shown = ", ".join(reason["Code"] for reason in reasons)
    return AwsError(
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{shown}]",
        fields={"CancellationReasons": reasons},
    )
