"""How many items DynamoDB takes and gives; a put is stored, and in the journal, before it is acknowledged."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence

from tests.perf.bench import Bench, Round, Target
from tests.perf.errors import BenchError
from tests.perf.http import Line, dynamodb_request
from tests.perf.load import Load, ask_all, load_measures, loading, time_each
from tests.perf.report import OURS, Measure

#: Partitions that the requests go round, and items in each.
_PARTITIONS, _ITEMS = 200, 10
_CALLS = 200

_ATTRIBUTES: Mapping[str, object] = {
    "status": {"S": "RECEBIDO"},
    "total": {"N": "1299.90"},
    "itens": {"L": [{"M": {"sku": {"S": "caneta-azul"}, "quantidade": {"N": "3"}}}] * 3},
}

#: The requests of a load, from a target and its table.
_RequestsOf = Callable[[Target, str], Sequence[bytes]]


def dynamodb_put(bench: Bench) -> list[Measure]:
    """PutItem on 32 connections."""
    return _loaded(bench, "dynamodb-put", _puts)


def dynamodb_get(bench: Bench) -> list[Measure]:
    """GetItem on 32 connections."""
    return _loaded(bench, "dynamodb-get", _gets)


def dynamodb_query(bench: Bench) -> list[Measure]:
    """Query of a partition of ten items, one call after the other."""

    async def prepare(target: Target) -> Round[list[float]]:
        table = await _filled(target)
        parameters = {
            "TableName": table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": "cliente-7"}},
        }
        request = dynamodb_request(target.endpoint, "Query", parameters)
        line = Line(target.endpoint, kept=target.keeps_connections)
        found = json.loads(await line.ask(request))["Items"]
        if len(found) != _ITEMS:
            raise BenchError(f"the query found {len(found)} items, not {_ITEMS}")
        return lambda: time_each(line, request, _CALLS)

    with bench.targets(service="dynamodb") as targets:
        times = bench.by_turns(targets, prepare)
    return [
        Measure("dynamodb-query", "ms", [time for turn in turns for time in turn], engine=engine)
        for engine, turns in times.items()
    ]


def _loaded(bench: Bench, name: str, requests_of: _RequestsOf) -> list[Measure]:
    async def prepare(target: Target) -> Round[Load]:
        turn = itertools.cycle(requests_of(target, await _filled(target)))
        return loading(target, lambda line: line.ask(next(turn)))

    with bench.targets(service="dynamodb") as targets:
        loads = bench.by_turns(targets, prepare)
    times = [
        Measure(
            f"{name} times {engine}'s",
            "x",
            [ours.rate / theirs.rate for ours, theirs in zip(loads[OURS], others, strict=False)],
            more_is_better=True,
        )
        for engine, others in loads.items()
        if engine != OURS and others
    ]
    return [*load_measures(name, "items/s", loads), *times]


async def _filled(target: Target) -> str:
    """A new table with all items; its name."""
    table = target.furniture.table()
    await ask_all(target, _puts(target, table))
    return table


def _puts(target: Target, table: str) -> list[bytes]:
    return [
        dynamodb_request(target.endpoint, "PutItem", {"TableName": table, "Item": {**key, **_ATTRIBUTES}})
        for key in _keys()
    ]


def _gets(target: Target, table: str) -> list[bytes]:
    return [dynamodb_request(target.endpoint, "GetItem", {"TableName": table, "Key": key}) for key in _keys()]


def _keys() -> list[Mapping[str, object]]:
    return [
        {"pk": {"S": f"cliente-{partition}"}, "sk": {"N": str(number)}}
        for number in range(_ITEMS)
        for partition in range(_PARTITIONS)
    ]
