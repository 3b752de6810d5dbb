"""A stack waits for what takes DynamoDB a while on a large table."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from sandbox.deploy.resources.base import Context, Existing, LateError
from sandbox.deploy.resources.dynamodb import Table
from sandbox.model.awserror import AwsError
from tests.unit.deploy.test_names import context

_IN_USE = AwsError("ResourceInUseException", "Cannot delete table while indexes are being created")
_GONE = AwsError("ResourceNotFoundException", "Requested resource not found")


class Slow:
    """A DynamoDB whose answers are given, in order, by operation; the last one again and again."""

    def __init__(self, **answers: list[Any]) -> None:
        self.answers = answers
        self.calls: list[str] = []
        self.paused = 0.0

    async def aws(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        self.calls.append(operation)
        given = self.answers[operation]
        answer = given.pop(0) if len(given) > 1 else given[0]
        if isinstance(answer, AwsError):
            raise answer
        return dict(answer)

    async def pause(self, seconds: float) -> None:
        self.paused += seconds

    def context(self) -> Context:
        return replace(context("s", "It"), aws=self.aws, pause=self.pause)


def _described(table: str, index: str) -> dict[str, Any]:
    indexes = [{"IndexName": "por-cliente", "IndexStatus": index}]
    return {"Table": {"TableStatus": table, "TableArn": "arn", "GlobalSecondaryIndexes": indexes}}


def test_an_update_is_over_once_its_index_is_active() -> None:
    slow = Slow(
        UpdateTable=[{}],
        DescribeTable=[
            _described("UPDATING", "CREATING"),
            _described("ACTIVE", "CREATING"),
            _described("ACTIVE", "ACTIVE"),
        ],
    )
    index = {"IndexName": "por-cliente", "KeySchema": [], "Projection": {"ProjectionType": "ALL"}}
    after = {"GlobalSecondaryIndexes": [index]}
    asyncio.run(Table().update(slow.context(), Existing("pedidos", {}), after))
    assert slow.calls[:4] == ["UpdateTable", *["DescribeTable"] * 3]


def test_a_deletion_waits_for_the_indexes_and_for_the_last_item() -> None:
    slow = Slow(DeleteTable=[_IN_USE, _IN_USE, {}], DescribeTable=[_described("DELETING", "ACTIVE"), _GONE])
    asyncio.run(Table().delete(slow.context(), Existing("pedidos", {})))
    assert slow.calls == [*["DeleteTable"] * 3, *["DescribeTable"] * 2]


def test_a_table_that_never_goes_is_told_of() -> None:
    slow = Slow(DeleteTable=[{}], DescribeTable=[_described("DELETING", "ACTIVE")])
    with pytest.raises(LateError, match="the table pedidos is not gone after 600 s") as caught:
        asyncio.run(Table().delete(slow.context(), Existing("pedidos", {})))
    assert "then run the command again" in caught.value.remedy
    assert slow.paused == pytest.approx(600, abs=1)
