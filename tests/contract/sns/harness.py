"""SNS alone, on a manual clock, with queues, functions and HTTP servers that keep what they get."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.model.arn import Arn, function_arn, queue_arn, topic_arn
from sandbox.model.awserror import AwsError
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.ports import Delivery
from sandbox.model.scope import Scope
from sandbox.services.base import Kit
from sandbox.services.sns.service import SnsService
from tests.support import world as support

ENDPOINT = "http://127.0.0.1:4566"
START = support.START


@dataclass
class Targets:
    """Takes every delivery, or refuses it as `refusals` says by the target's name."""

    taken: list[Delivery] = field(default_factory=list)
    refusals: dict[str, AwsError] = field(default_factory=dict)
    hop: int = 0

    async def deliver(self, delivery: Delivery) -> int:
        refusal = self.refusals.get(delivery.target.name)
        if refusal is not None:
            raise refusal
        self.taken.append(delivery)
        self.hop += 1
        return self.hop

    def supports(self, target: Arn) -> bool:
        return True

    def of(self, name: str) -> list[Delivery]:
        return [delivery for delivery in self.taken if delivery.target.name == name]


@dataclass
class Servers:
    """Answers every request, by default with 200."""

    answer: Callable[[str], HttpResponse] = lambda url: HttpResponse(200)
    sent: list[tuple[str, HttpRequest]] = field(default_factory=list)

    async def send(self, url: str, request: HttpRequest, *, seconds: float) -> HttpResponse:
        self.sent.append((url, request))
        return self.answer(url)

    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(request.body) for _, request in self.sent]


class World(support.World[SnsService]):
    """One SNS over one database."""

    def __init__(self, path: Path | None = None, *, start: float = START) -> None:
        self.targets = Targets()
        self.servers = Servers()

        def make(kit: Kit) -> SnsService:
            return SnsService(kit, self.targets, self.servers, lambda: ENDPOINT)

        super().__init__(make, path, start=start)

    def topic(self, name: str = "notas", **attributes: str) -> str:
        fifo = {"FifoTopic": "true"} if name.endswith(".fifo") else {}
        arn: str = self.call("CreateTopic", Name=name, Attributes={**fifo, **attributes})["TopicArn"]
        return arn

    def subscribe(self, topic: str, endpoint: Arn | str, **attributes: Any) -> str:
        """Subscribes a queue, a function or a URL; attributes that are no text are written as JSON."""
        protocol = endpoint.service if isinstance(endpoint, Arn) else endpoint.partition(":")[0]
        given = {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in attributes.items()
        }
        answer = self.call(
            "Subscribe",
            TopicArn=topic,
            Protocol=protocol,
            Endpoint=str(endpoint),
            Attributes=given,
            ReturnSubscriptionArn=True,
        )
        arn: str = answer["SubscriptionArn"]
        return arn

    def publish(self, topic: str, message: str = "oi", **params: Any) -> dict[str, Any]:
        return self.call("Publish", TopicArn=topic, Message=message, **params)


def queue(name: str = "estoque") -> Arn:
    return queue_arn(Scope(), name)


def function(name: str = "avisa") -> Arn:
    return function_arn(Scope(), name)


def topic(name: str = "notas") -> Arn:
    return topic_arn(Scope(), name)


def text(value: str, kind: str = "String") -> dict[str, str]:
    return {"DataType": kind, "StringValue": value}
