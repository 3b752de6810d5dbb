"""PartiQL: ExecuteStatement, BatchExecuteStatement, ExecuteTransaction.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.dynamodb.errors import constraint, validation
from sandbox.model.dynamodb.partiql.grammar import parse_statement
from sandbox.model.dynamodb.partiql.nodes import Change, Exists, Insert, Removal, Select, Statement
from sandbox.services.base import Answer, Kit, Params, operation
from sandbox.services.dynamodb.capacity import Consumption, reports, wants_capacity
from sandbox.services.dynamodb.core import required
from sandbox.services.dynamodb.item_operations import returned
from sandbox.services.dynamodb.pace import USUAL, Pace
from sandbox.services.dynamodb.partiql_plans import Plans
from sandbox.services.dynamodb.partiql_reads import Get, StatementReads, get_of
from sandbox.services.dynamodb.partiql_writes import write_of
from sandbox.services.dynamodb.transaction_operations import MAX_ACTIONS, TransactionOperations, digest_of
from sandbox.services.dynamodb.writing import Write

_LONGEST = 8192
_MAX_STATEMENTS = 25
#: Codes of errors as the answers of a batch have them.
_CODES = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "DuplicateItemException": "DuplicateItem",
    "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
    "ResourceNotFoundException": "ResourceNotFound",
    "ThrottlingException": "ThrottlingError",
    "ValidationException": "ValidationError",
}

_Writing = Insert | Change | Removal | Exists


@dataclass(frozen=True, slots=True)
class _Action:
    """A statement of a batch: the one item that it reads or writes, and what a write returns of it."""

    target: Get | Write
    returning: str | None
    consistent: bool


class PartiQlOperations(StatementReads, TransactionOperations):
    """Statements: one, several each for itself, several all or nothing."""

    def __init__(self, kit: Kit, pace: Pace = USUAL) -> None:
        super().__init__(kit, pace)
        self._plans = Plans(self.tables)

    @operation(
        "ExecuteStatement",
        "Statement Parameters ConsistentRead NextToken ReturnConsumedCapacity Limit "
        "ReturnValuesOnConditionCheckFailure",
    )
    def execute_statement(self, call: Call, params: Params) -> Answer:
        """Carries out one statement."""
        wanted = wants_capacity(params)
        asked = self._asked(call, params)
        if isinstance(asked, Select):
            return self.select(call, asked, params)
        answer, consumed = self._carry_out(call, *asked)
        if wanted:
            answer["ConsumedCapacity"] = consumed.report(wanted)
        return answer

    @operation("BatchExecuteStatement", "Statements ReturnConsumedCapacity")
    def batch_execute_statement(self, call: Call, params: Params) -> Answer:
        """Carries out up to 25 statements on single items, each for itself: all read, or all write."""
        wanted = wants_capacity(params)
        requests = params.get("Statements") or ()
        _check_count(requests, "statements", _MAX_STATEMENTS)
        actions = [self._prepared(call, request) for request in requests]
        targets = [action.target for action in actions if isinstance(action, _Action)]
        if len({isinstance(target, Get) for target in targets}) > 1:
            raise validation("Read and write requests together in the same batch is not supported.")
        if len({(one.table.id, one.place) for one in targets}) != len(targets):
            raise validation("Provided list of item keys contains duplicates")
        consumed: list[Consumption] = []
        responses = [self._batched(call, action, consumed) for action in actions]
        answer: Answer = {"Responses": responses}
        if wanted:
            answer["ConsumedCapacity"] = reports(consumed, wanted)
        return answer

    def _prepared(self, call: Call, request: Mapping[str, Any]) -> _Action | AwsError:
        """One statement of a batch, or what is wrong with it."""
        try:
            asked = self._asked(call, request)
            if not isinstance(asked, Select):
                return _Action(*asked, consistent=False)
            table = self.tables.get(call.scope, asked.table)
            target = get_of(table, asked, "Only single item select is supported")
        except AwsError as error:
            return error
        return _Action(target, None, bool(request.get("ConsistentRead")))

    def _asked(self, call: Call, request: Mapping[str, Any]) -> Select | tuple[Write, str | None]:
        """What a statement by itself asks for: a read, or a write and what it returns.

        Raises:
            AwsError: ValidationException, ResourceNotFoundException.
        """
        planned = self._plans.write(call.scope, request)
        if planned is not None:
            return planned
        statement = _parsed(request)
        if isinstance(statement, Exists):
            raise validation("EXISTS can only be used in ExecuteTransaction write requests.")
        if isinstance(statement, Select):
            return statement
        write = self._write_of(call, statement, request)
        if isinstance(statement, Change):
            self._plans.learn(call.scope, write.table, request)
        return write, statement.returning if isinstance(statement, Change | Removal) else None

    def _batched(self, call: Call, action: _Action | AwsError, consumed: list[Consumption]) -> Answer:
        """The response to one statement of a batch; what it consumed is added to `consumed`."""
        if isinstance(action, AwsError):
            return {"Error": _shown(action)}
        target = action.target
        response: Answer = {"TableName": target.table.name}
        try:
            if isinstance(target, Get):
                shown, units = self.get(target, consistent=action.consistent)
            else:
                answer, units = self._carry_out(call, target, action.returning)
                shown = {"Item": answer["Items"][0]} if answer["Items"] else {}
        except AwsError as error:
            return {**response, "Error": _shown(error)}
        consumed.append(units)
        return {**response, **shown}

    @operation("ExecuteTransaction", "TransactStatements ClientRequestToken ReturnConsumedCapacity")
    def execute_transaction(self, call: Call, params: Params) -> Answer:
        """Carries out up to 100 statements on single items, or none of them: all read, or all write."""
        wanted = wants_capacity(params)
        requests = params.get("TransactStatements") or ()
        _check_count(requests, "transactStatements", MAX_ACTIONS)
        statements = [_parsed(request) for request in requests]
        if len({isinstance(statement, Select) for statement in statements}) > 1:
            raise validation(
                "ExecuteTransaction API does not support both read and write operations in the same request."
            )
        targets = [
            self._numbered(call, number, statement, request)
            for number, (statement, request) in enumerate(zip(statements, requests, strict=True))
        ]
        responses: list[Answer] = []
        writes = [target for target in targets if isinstance(target, Write)]
        consumed = self._write_once(call, writes, params) if writes else []
        for target in targets:
            if isinstance(target, Get):
                found, units = self.get(target, consistent=True, factor=2)
                responses.append(found)
                consumed.append(units)
        answer: Answer = {"Responses": responses}
        if wanted and consumed:
            answer["ConsumedCapacity"] = reports(consumed, wanted)
        return answer

    def _write_once(self, call: Call, writes: Sequence[Write], params: Params) -> list[Consumption]:
        """Carries out a transaction, unless this very request was before."""
        token, digest = params.get("ClientRequestToken"), digest_of(params["TransactStatements"])
        if token is not None and self.seen(call, token, digest):
            return []
        consumed = self.write_all(writes, call.hop)
        if token is not None:
            self.remember(call, token, digest)
        return consumed

    def _numbered(
        self, call: Call, number: int, statement: Statement, request: Mapping[str, Any]
    ) -> Get | Write:
        """A statement of a transaction as the write or read of one item; errors say which one it is."""
        try:
            if isinstance(statement, Change | Removal) and statement.returning is not None:
                raise validation("RETURNING clause is not supported in ExecuteTransaction.")
            if isinstance(statement, Select):
                refusal = (
                    "Select statements within ExecuteTransaction must specify the primary key in the where "
                    "clause."
                )
                return get_of(self.tables.get(call.scope, statement.table), statement, refusal)
            return self._write_of(call, statement, request)
        except AwsError as error:
            if error.code != "ValidationException":
                raise
            raise validation(f"Validation failed in TransactStatements[{number}]: {error.message}") from None

    def _write_of(self, call: Call, statement: _Writing, params: Mapping[str, Any]) -> Write:
        shown = params.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        return write_of(self.tables.get(call.scope, statement.table), statement, show_old=shown)

    def _carry_out(self, call: Call, write: Write, returning: str | None) -> tuple[Answer, Consumption]:
        planned, consumed = self.write(write, call.hop)
        shown = returned(returning, planned)
        return {"Items": [shown] if shown else []}, consumed


def _parsed(params: Mapping[str, Any]) -> Statement:
    """The statement of a request.

    Raises:
        AwsError: ValidationException.
    """
    required(params, "Statement")
    text = str(params["Statement"])
    if not 1 <= len(text) <= _LONGEST:
        bound = "greater than or equal to 1" if not text else f"less than or equal to {_LONGEST}"
        raise constraint(text, "statement", f"Member must have length {bound}")
    return parse_statement(text, params.get("Parameters") or ())


def _check_count(requests: Sequence[Any], member: str, most: int) -> None:
    if not 1 <= len(requests) <= most:
        bound = "greater than or equal to 1" if not requests else f"less than or equal to {most}"
        raise validation(
            f"1 validation error detected: Value at '{member}' failed to satisfy constraint: "
            f"Member must have length {bound}"
        )


def _shown(error: AwsError) -> Answer:
    """An error as the answer of a batch has it."""
    code = _CODES.get(error.code)
    if code is None:
        raise error
    return {"Code": code, "Message": error.message, **error.fields}
