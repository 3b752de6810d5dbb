"""EventBridge Scheduler alone: a manual clock, targets and an API that keep what they get, hops in a list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.model.arn import Arn, function_arn, queue_arn
from sandbox.model.call import Call
from sandbox.model.ports import Delivery
from sandbox.services.base import Kit
from sandbox.services.scheduler.service import SchedulerService
from sandbox.wire.incoming import Target
from tests.support.shapes import wire
from tests.support.world import HERE, START
from tests.support.world import World as OneService

ROLE = "arn:aws:iam::000000000000:role/agenda"
#: What the API behind universal targets has.
NATIVE = {("sqs", "SendMessage"), ("lambda", "Invoke"), ("events", "PutEvents")}


@dataclass
class Targets:
    """A deliverer and an API that keep what they are given, or answer with the errors they were told to."""

    taken: list[Delivery] = field(default_factory=list)
    called: list[tuple[str, str, Mapping[str, Any], Call | None]] = field(default_factory=list)
    tried: int = 0
    errors: dict[str, Exception] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)

    async def deliver(self, delivery: Delivery) -> int:
        self.tried += 1
        if (error := self.errors.get(delivery.target.name)) is not None:
            raise error
        self.taken.append(delivery)
        return self.tried

    def supports(self, target: Arn) -> bool:
        return target.service in ("sqs", "lambda", "logs")

    async def call(
        self, service: str, operation: str, params: Mapping[str, Any], call: Call | None = None
    ) -> dict[str, Any]:
        self.tried += 1
        if (error := self.errors.get(operation)) is not None:
            raise error
        self.called.append((service, operation, params, call))
        answer: dict[str, Any] = self.answers.get(operation, {})
        return answer

    def to(self, name: str) -> list[Delivery]:
        return [delivery for delivery in self.taken if delivery.target.name == name]


class World(OneService[SchedulerService]):
    """A scheduler and its surroundings."""

    def __init__(self, path: Path | None = None, *, start: float = START) -> None:
        self.targets = Targets()
        self.targets.answers["PutEvents"] = {"Entries": [{"EventId": "e"}], "FailedEntryCount": 0}
        super().__init__(self._make, path, start=start)

    def _make(self, kit: Kit) -> SchedulerService:
        return SchedulerService(
            kit, self.targets, self.targets, lambda service, operation: (service, operation) in NATIVE
        )

    def call(self, operation: str, **params: Any) -> dict[str, Any]:
        answer = super().call(operation, **params)
        # What is answered must be in the shape that clients know.
        wire().answer(Target("scheduler", operation, "rest-json"), answer, "r")
        return answer

    def create(self, expression: str = "rate(1 minute)", name: str = "agenda", **members: Any) -> str:
        """A schedule with a queue as its target; returns its ARN."""
        return str(self.call("CreateSchedule", **self.request(expression, name, **members))["ScheduleArn"])

    def request(
        self, expression: str = "rate(1 minute)", name: str = "agenda", **members: Any
    ) -> dict[str, Any]:
        return {
            "Name": name,
            "ScheduleExpression": expression,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": target(),
            **members,
        }

    def get(self, name: str = "agenda", **members: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.call("GetSchedule", Name=name, **members)
        return answer

    def bodies(self, name: str = "fila") -> list[str]:
        return [delivery.body for delivery in self.targets.to(name)]


def target(arn: str = "", **members: Any) -> dict[str, Any]:
    return {"Arn": arn or str(queue_arn(HERE, "fila")), "RoleArn": ROLE, "Input": "olá", **members}


def function(name: str = "conta", **members: Any) -> dict[str, Any]:
    return target(str(function_arn(HERE, name)), **{"Input": json.dumps({"n": 1}), **members})
