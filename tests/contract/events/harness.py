"""EventBridge alone: a manual clock, targets that keep what they get, hops in a list."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from sandbox.clock import Clock
from sandbox.faults.plan import FaultPlan
from sandbox.model.arn import Arn, queue_arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.ids import Ids
from sandbox.model.ports import Delivery
from sandbox.model.scope import Scope
from sandbox.services.base import Kit
from sandbox.services.events.calling import Web
from sandbox.services.events.service import EventsService
from sandbox.wire.incoming import Target
from tests.support.shapes import wire
from tests.support.world import Stage, turns

#: 2023-11-14T22:13:20Z
START = 1_700_000_000.0
SCOPE = Scope()
T = TypeVar("T")


@dataclass
class KeptDeliveries:
    """A deliverer that keeps what it is given, or answers with the errors it was told to."""

    clock: Clock
    taken: list[tuple[float, Delivery]] = field(default_factory=list)
    tried: list[float] = field(default_factory=list)
    errors: dict[str, Exception] = field(default_factory=dict)

    async def deliver(self, delivery: Delivery) -> int:
        self.tried.append(self.clock.now() - START)
        error = self.errors.get(delivery.target.name)
        if error is not None:
            raise error
        self.taken.append((self.clock.now(), delivery))
        return len(self.taken)

    def supports(self, target: Arn) -> bool:
        return target.service in ("sqs", "lambda")

    def to(self, name: str) -> list[Delivery]:
        return [delivery for _, delivery in self.taken if delivery.target.name == name]

    def bodies(self, name: str) -> list[Any]:
        return [json.loads(delivery.body) for delivery in self.to(name)]


@dataclass
class KeptCalls:
    """HTTP servers that keep what they are asked, and answer as they were told to; an API beside them."""

    asked: list[tuple[str, HttpRequest]] = field(default_factory=list)
    answers: dict[str, list[HttpResponse | Exception]] = field(default_factory=dict)
    apis: list[tuple[str, str, HttpRequest]] = field(default_factory=list)

    async def send(self, url: str, request: HttpRequest, *, seconds: float) -> HttpResponse:
        self.asked.append((url, request))
        waiting = self.answers.get(url.split("?")[0], [])
        answer = waiting.pop(0) if len(waiting) > 1 else (waiting or [HttpResponse(200)])[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def handle(self, api_id: str, stage: str, request: HttpRequest, endpoint: str) -> HttpResponse:
        self.apis.append((api_id, stage, request))
        return HttpResponse(502 if api_id == "quebrada" else 200)

    def to(self, url: str) -> list[HttpRequest]:
        return [request for asked, request in self.asked if asked.split("?")[0] == url]


class World(Stage[EventsService]):
    """One EventBridge over one database.

    Args:
        path: the database's file, None for memory.
        start: virtual time to begin at.
    """

    turns_after = 0

    def __init__(self, path: Path | None = None, *, start: float = START) -> None:
        super().__init__(path, Clock(start=start, speed=0, settle=turns))
        self.targets = KeptDeliveries(self.clock)
        self.faults = FaultPlan(self.database, self.hops, Ids(seed=5))
        kit = Kit(self.database, self.clock, self.hops, self.faults, Ids(seed=int(start)))
        self.web = KeptCalls()
        web = Web(self.web, lambda: self.web, lambda: "http://127.0.0.1:4566")
        self.events = EventsService(kit, self.targets, web)
        self.open(self.events)

    def call(self, operation: str, *, scope: Scope = SCOPE, trace: str | None = None, **params: Any) -> Any:
        context = Call(scope=scope, request_id="r", hop=self.hops.reserve(), trace=trace)
        answer = self.run(lambda: self.events.call(operation, context, params))
        # What is answered must be in the shape that clients know.
        wire().answer(Target("events", operation, "json"), answer, "r")
        return answer

    def refused(self, operation: str, *, scope: Scope = SCOPE, **params: Any) -> tuple[str, str]:
        with pytest.raises(AwsError) as caught:
            self.call(operation, scope=scope, **params)
        return caught.value.code, caught.value.message

    # --- what most tests need ----------------------------------------------------------------------------
    def rule(
        self,
        name: str = "regra",
        pattern: Any = None,
        *,
        bus: str = "default",
        queue: str = "fila",
        **target: Any,
    ) -> str:
        """A rule with a queue as its target; returns the rule's ARN."""
        text = json.dumps(pattern or {"source": ["nfe"]})
        arn = self.call("PutRule", Name=name, EventPattern=text, EventBusName=bus)["RuleArn"]
        self.call("PutTargets", Rule=name, EventBusName=bus, Targets=[self.target(queue, **target)])
        return str(arn)

    def schedule(self, expression: str, name: str = "agenda", **target: Any) -> str:
        """A scheduled rule with a queue as its target; returns the rule's ARN."""
        arn = self.call("PutRule", Name=name, ScheduleExpression=expression)["RuleArn"]
        self.call("PutTargets", Rule=name, Targets=[self.target("fila", **target)])
        return str(arn)

    def target(self, queue: str = "fila", **members: Any) -> dict[str, Any]:
        return {"Id": queue, "Arn": str(queue_arn(SCOPE, queue)), **members}

    def put(self, *, trace: str | None = None, scope: Scope = SCOPE, **entry: Any) -> dict[str, Any]:
        """Puts one event and returns its entry of the answer."""
        whole = {"Source": "nfe", "DetailType": "Nota", "Detail": '{"n": 1}', **entry}
        answer = self.call("PutEvents", scope=scope, trace=trace, Entries=[whole])
        (result,) = answer["Entries"]
        assert answer["FailedEntryCount"] == ("ErrorCode" in result)
        return dict(result)


def arn(queue: str) -> str:
    return str(queue_arn(SCOPE, queue))
