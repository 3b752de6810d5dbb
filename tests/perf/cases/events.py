"""From a bus to who waits for its events, and what many rules cost."""

from __future__ import annotations

import asyncio
import json
import time

from tests.perf.bench import Bench, Round, Target
from tests.perf.errors import BenchError
from tests.perf.furniture import event
from tests.perf.http import Line, events_request, sqs_request
from tests.perf.load import Load, loading
from tests.perf.report import OURS, Measure

_EVENTS = 40
#: Real seconds for a receive to be there before the event is published.
_PAUSE = 0.01
_WAIT_SECONDS = 10
_FEW, _MANY = 3, 300


def event_to_receiver(bench: Bench) -> list[Measure]:
    """PutEvents, a rule, a queue: until a receive that waits there has the event, one at a time."""
    with bench.targets("long polls") as targets:
        rounds = bench.by_turns(targets, _publishing)
    return [
        Measure("event-to-receiver", "ms", [time for one in found for time in one], engine=engine)
        for engine, found in rounds.items()
    ]


async def _publishing(target: Target) -> Round[list[float]]:
    url = target.furniture.queue()
    put = events_request(target.endpoint, "PutEvents", event(target.furniture.bus(_FEW, url)))
    receive = sqs_request(
        target.endpoint, "ReceiveMessage", QueueUrl=url, WaitTimeSeconds=_WAIT_SECONDS, MaxNumberOfMessages=1
    )
    publisher, receiver = Line(target.endpoint), Line(target.endpoint)

    async def publish() -> list[float]:
        times = []
        for _ in range(_EVENTS):
            waiting = asyncio.create_task(receiver.ask(receive))
            await asyncio.sleep(_PAUSE)
            before = time.perf_counter()
            published = asyncio.create_task(publisher.ask(put))
            messages = json.loads(await waiting).get("Messages")
            times.append((time.perf_counter() - before) * 1000)
            await published
            if not messages:
                raise BenchError("the event did not come to the queue")
            handle = messages[0]["ReceiptHandle"]
            await receiver.ask(
                sqs_request(target.endpoint, "DeleteMessage", QueueUrl=url, ReceiptHandle=handle)
            )
        return times

    return publish


def rules(bench: Bench) -> list[Measure]:
    """PutEvents to a bus with 300 rules and to one with 3, one of which matches, turn by turn."""
    with bench.targets() as targets:
        both = [_named(target, count) for target in targets for count in (_FEW, _MANY)]
        loads = bench.by_turns(both, _putting)
    rows = []
    for target in targets:
        pairs = zip(
            loads.get(f"{target.engine} {_FEW}", []), loads.get(f"{target.engine} {_MANY}", []), strict=False
        )
        times = [slow.cost / fast.cost for fast, slow in pairs]
        if times:
            rows.append(Measure("rules", "x", times, engine=target.engine))
    base = loads[f"{OURS} {_FEW}"]
    rows.append(Measure("put-events", "events/s", [one.rate for one in base], more_is_better=True))
    return rows


def _named(target: Target, count: int) -> Target:
    """The target again, under a name that says how many rules its bus has."""
    return Target(
        f"{target.engine} {count}", target.pid, target.endpoint, target.furniture, target.keeps_connections
    )


async def _putting(target: Target) -> Round[Load]:
    bus = target.furniture.bus(int(target.engine.rpartition(" ")[2]), target.furniture.queue())
    put = events_request(target.endpoint, "PutEvents", event(bus))
    return loading(target, lambda line: line.ask(put))
