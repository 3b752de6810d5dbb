"""Whether a table of 1,000,000 items, with an index, is as quick as one of 1,000."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from tests.perf.bench import OWN, Bench, Round, Target
from tests.perf.furniture import Furniture
from tests.perf.http import Line, dynamodb_request
from tests.perf.load import Load, loading, time_each
from tests.perf.report import OURS, Measure
from tests.perf.tables import INDEX, fill, item, key

FEW, MANY = 1_000, 1_000_000
#: Different requests that a load goes round, in no order: about what it gets through in a round of so many
#: real seconds.
_REQUESTS, _SECONDS = 8_000, 1.0
_CALLS = 50

#: Operation and parameters, by the number of an item.
_Call = Callable[[int], tuple[str, Mapping[str, object]]]


def dynamodb_large(bench: Bench) -> list[Measure]:
    """Puts, gets and queries on both tables turn by turn, DescribeTable, and a start with both."""
    with bench.sandbox(OWN) as sandbox:
        sandbox.up(fresh=True)
        furniture = Furniture(sandbox.endpoint)
        tables = {count: furniture.table(INDEX) for count in (FEW, MANY)}
        sandbox.down()
        fill(sandbox.state, {name: count for count, name in tables.items()})
        start = sandbox.up(fresh=False)
        target = Target(OURS, sandbox.view["pid"], sandbox.endpoint, Furniture(sandbox.endpoint))
        rows = [Measure("dynamodb-large start", "s", [start])]
        for name, call in _CALLS_OF.items():
            rows += _compared(bench, target, tables, name, call)
        described = bench.by_turns([target], lambda one: _describing(one, tables[MANY]))
    return [
        *rows,
        Measure("dynamodb-large describe", "ms", [time for turn in described[OURS] for time in turn]),
    ]


def _compared(
    bench: Bench, target: Target, tables: Mapping[int, str], name: str, call: _Call
) -> list[Measure]:
    """What a call costs on the large table, how many times that on the small one, and how long it takes."""

    async def prepare(one: Target) -> Round[Load]:
        count = int(one.engine.rpartition(" ")[2])
        requests = []
        for number in random.Random(11).choices(range(count), k=_REQUESTS):
            operation, parameters = call(number)
            asked = {"TableName": tables[count], **parameters}
            requests.append(dynamodb_request(one.endpoint, operation, asked))
        turn = itertools.cycle(requests)
        return loading(one, lambda line: line.ask(next(turn)), seconds=_SECONDS)

    loads = bench.by_turns([replace(target, engine=f"{OURS} {count}") for count in tables], prepare)
    few, many = loads[f"{OURS} {FEW}"], loads[f"{OURS} {MANY}"]
    pairs = zip(few, many, strict=True)
    name = f"dynamodb-large {name}"
    return [
        Measure(
            name,
            "items/s" if "query" not in name else "queries/s",
            [one.rate for one in many],
            more_is_better=True,
        ),
        Measure(f"{name} latency", "ms", [time for one in many for time in one.latencies]),
        Measure(f"{name} processor", "us", [one.cost for one in many]),
        Measure(f"{name} times 1,000's", "x", [large.cost / small.cost for small, large in pairs]),
    ]


async def _describing(target: Target, table: str) -> Round[list[float]]:
    asked = dynamodb_request(target.endpoint, "DescribeTable", {"TableName": table})
    return lambda: time_each(Line(target.endpoint), asked, _CALLS)


def _query(number: int) -> tuple[str, Mapping[str, object]]:
    return "Query", {
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": key(number)["pk"]},
    }


def _index_query(number: int) -> tuple[str, Mapping[str, object]]:
    return "Query", {
        "IndexName": INDEX["IndexName"],
        "KeyConditionExpression": "cliente = :cliente",
        "ExpressionAttributeValues": {":cliente": item(number)["cliente"]},
    }


_CALLS_OF: Mapping[str, _Call] = {
    "put": lambda number: ("PutItem", {"Item": item(number)}),
    "get": lambda number: ("GetItem", {"Key": key(number)}),
    "query": _query,
    "index query": _index_query,
}
