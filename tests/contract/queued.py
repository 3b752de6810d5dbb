"""Ten thousand things queued in one service, and the end of its process by `kill -9`.

`python -m tests.contract.queued NAME FOLDER` fills the service, says what was acknowledged, and kills itself.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.services.base import Kit, Service
from sandbox.services.logs.service import LogsService
from tests.contract.events import harness as events
from tests.contract.lambda_ import harness as lambda_
from tests.contract.lambda_.fakes import KeptDeliveries
from tests.contract.scheduler import harness as scheduler
from tests.contract.sns import harness as sns
from tests.support.world import World

COUNT = 10_000
DOWN = AwsError("ServiceUnavailable", "down", status=503)
_FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:alarme"


@dataclass(frozen=True)
class Case:
    """A service.

    Attributes:
        fill: queues things and returns the names of those that were acknowledged.
        drain: starts anew over the same folder; returns the names of what was delivered.
    """

    fill: Callable[[Path], list[str]]
    drain: Callable[[Path], list[str]]


def _state(folder: Path) -> Path:
    return folder / "state.db"


def _ask(world: Any, service: Service, operation: str, requests: Iterable[dict[str, Any]]) -> list[Any]:
    """The answers to many calls, each of them acknowledged as the front door does it."""

    async def ask() -> list[Any]:
        answers = []
        for number, params in enumerate(requests):
            answers.append(await service.call(operation, Call(request_id=f"r{number}"), params))
            await world.database.committed()
        return answers

    found: list[Any] = world.run(ask)
    return found


def _work_off(world: Any, service: Service, seconds: float) -> None:
    """Moves the clock, and waits until nothing is at work any more."""

    async def idle() -> None:
        while tasks := service.work():
            await asyncio.wait(tasks)

    world.advance(seconds)
    world.run(idle)


# --- EventBridge: retries --------------------------------------------------------------------------------
def _fill_events(folder: Path) -> list[str]:
    world = events.World(_state(folder))
    world.rule()
    world.targets.errors["fila"] = DOWN
    entry = {"Source": "nfe", "DetailType": "Nota", "Detail": "{}"}
    answers = _ask(world, world.events, "PutEvents", [{"Entries": [entry] * 10}] * (COUNT // 10))
    return [one["EventId"] for answer in answers for one in answer["Entries"]]


def _drain_events(folder: Path) -> list[str]:
    with events.World(_state(folder)) as world:
        _work_off(world, world.events, 2)
        return [body["id"] for body in world.targets.bodies("fila")]


# --- SNS: deliveries that are tried again ----------------------------------------------------------------
def _fill_sns(folder: Path) -> list[str]:
    world = sns.World(_state(folder))
    topic = world.topic()
    world.subscribe(topic, sns.queue())
    world.targets.refusals["estoque"] = DOWN
    entries = [{"Id": str(number), "Message": "oi"} for number in range(10)]
    request = {"TopicArn": topic, "PublishBatchRequestEntries": entries}
    answers = _ask(world, world.service, "PublishBatch", [request] * (COUNT // 10))
    return [one["MessageId"] for answer in answers for one in answer["Successful"]]


def _drain_sns(folder: Path) -> list[str]:
    with sns.World(_state(folder)) as world:
        _work_off(world, world.service, 60)
        return [json.loads(delivery.body)["MessageId"] for delivery in world.targets.of("estoque")]


# --- Scheduler: schedules that come due ------------------------------------------------------------------
def _fill_scheduler(folder: Path) -> list[str]:
    world = scheduler.World(_state(folder))
    names = [f"s{number}" for number in range(COUNT)]
    at = "at(2023-11-14T22:14:20)"
    requests = [world.request(at, name, Target=scheduler.target(Input=json.dumps(name))) for name in names]
    _ask(world, world.service, "CreateSchedule", requests)
    return names


def _drain_scheduler(folder: Path) -> list[str]:
    with scheduler.World(_state(folder)) as world:
        _work_off(world, world.service, 60)
        return [json.loads(delivery.body) for delivery in world.targets.taken]


# --- Lambda: the queue of asynchronous invocations -------------------------------------------------------
def _fill_lambda(folder: Path) -> list[str]:
    world = lambda_.World(folder, _state(folder))
    world.function()
    world.executor.hold("estoque")
    names = [f"e{number}" for number in range(COUNT)]
    common = {"FunctionName": "estoque", "InvocationType": "Event"}
    requests = [{**common, "Payload": json.dumps(name).encode()} for name in names]
    _ask(world, world.service, "Invoke", requests)
    return names


def _drain_lambda(folder: Path) -> list[str]:
    with lambda_.World(folder, _state(folder)) as world:
        while world.database.rows("SELECT 1 FROM lambda_events LIMIT 1"):
            _work_off(world, world.service, 60)
        return [str(event) for event in world.executor.events]


# --- Logs: subscription filters --------------------------------------------------------------------------
def _logs(folder: Path, targets: KeptDeliveries) -> World[LogsService]:
    def make(kit: Kit) -> LogsService:
        return LogsService(kit, targets)

    return World(make, _state(folder))


def _fill_logs(folder: Path) -> list[str]:
    world = _logs(folder, KeptDeliveries(refusal=DOWN))
    names: dict[str, Any] = {"logGroupName": "g", "logStreamName": "s"}
    world.call("CreateLogGroup", logGroupName="g")
    world.call("CreateLogStream", **names)
    world.call(
        "PutSubscriptionFilter",
        logGroupName="g",
        filterName="f",
        filterPattern="",
        destinationArn=_FUNCTION,
    )
    written = [f"m{number}" for number in range(COUNT)]
    now = world.clock.now_ms()
    events_of = [
        [{"timestamp": now, "message": one} for one in written[at : at + 100]] for at in range(0, COUNT, 100)
    ]
    _ask(world, world.service, "PutLogEvents", [{**names, "logEvents": some} for some in events_of])
    return written


def _drain_logs(folder: Path) -> list[str]:
    targets = KeptDeliveries()
    with _logs(folder, targets) as world:
        _work_off(world, world.service, 60)
        documents = [
            json.loads(gzip.decompress(base64.b64decode(json.loads(one.body)["awslogs"]["data"])))
            for one in targets.deliveries
        ]
        return [event["message"] for document in documents for event in document["logEvents"]]


CASES = {
    "events": Case(_fill_events, _drain_events),
    "sns": Case(_fill_sns, _drain_sns),
    "scheduler": Case(_fill_scheduler, _drain_scheduler),
    "lambda": Case(_fill_lambda, _drain_lambda),
    "logs": Case(_fill_logs, _drain_logs),
}


def main(name: str, folder: Path) -> None:
    """Fills a service and ends as `kill -9` ends a process."""
    acknowledged = CASES[name].fill(folder)
    (folder / "acknowledged.json").write_text(json.dumps(acknowledged))
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
