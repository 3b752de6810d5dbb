"""EventBridge among queues, topics, logs, functions, APIs and buckets, as the embedded engine wires them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sandbox.clock import Clock
from sandbox.engines.embedded.deliverer import BusDoor, Switchboard
from sandbox.model.arn import Arn, event_bus_arn, queue_arn
from sandbox.model.call import Call
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.ports import Delivery
from sandbox.model.scope import Scope
from sandbox.services.base import Kit, Service
from sandbox.services.events.calling import Web
from sandbox.services.events.service import EventsService
from sandbox.services.logs.service import LogsService
from sandbox.services.s3.objects import Objects
from sandbox.services.s3.service import S3Service
from sandbox.services.s3.watching import WatchedBuckets
from sandbox.services.sns.service import SnsService
from sandbox.services.sqs.service import SqsService
from tests.support.fakes import FakeSender
from tests.support.speaking import Speaker
from tests.support.world import World, turns

HERE = Scope()
ROLE = "arn:aws:iam::000000000000:role/regras"


class KeptApis:
    """Deployed APIs that keep their requests."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, HttpRequest]] = []

    async def handle(self, api_id: str, stage: str, request: HttpRequest, endpoint: str) -> HttpResponse:
        self.asked.append((api_id, stage, request))
        return HttpResponse(200)


class Buckets:
    """A long tail that has every bucket, and takes every object."""

    def refusal(self, service: str, operation: str) -> str | None:
        return None

    async def forward(self, service: str, operation: str, request: HttpRequest) -> HttpResponse:
        etag = hashlib.md5(request.body, usedforsecurity=False).hexdigest()
        return HttpResponse(200, [("etag", f'"{etag}"'), ("x-amzn-requestid", "pedido")])


class Anywhere:
    """Has every destination."""

    def exists(self, target: Arn) -> bool:
        return True


class BusWorld:
    """Several services over one database, spoken to through the wire; a context manager.

    `events`, `sqs`, `sns`, `logs` and `s3` are clients; what functions and APIs get is in `invoked` and
    `apis`.
    """

    def __init__(self) -> None:
        self._world: World[EventsService] = World(self._make)
        self.run = self._world.run
        self.clock: Clock = self._world.clock
        self.clock.settle = turns
        for service in self._beside:
            self.run(service.start)
        self.events = self.client("events", "json")
        self.sqs = self.client("sqs", "json")
        self.sns = self.client("sns", "query")
        self.logs = self.client("logs", "json")
        self.s3 = self.client("s3", "rest-xml")

    def __enter__(self) -> BusWorld:
        return self

    def __exit__(self, *_: object) -> None:
        for service in self._beside:
            self.run(service.stop)
        self._world.__exit__(None, None, None)

    def client(self, service: str, protocol: str, scope: Scope = HERE) -> Speaker:
        """A client of one of the services."""

        def call(operation: str, params: dict[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
            context = Call(scope=scope, request_id="r", hop=self._world.hops.reserve())
            return self.run(lambda: self._services[service].call(operation, context, params))

        return Speaker(service, protocol, call)

    def advance(self, seconds: float) -> None:
        """Moves the clock."""
        self.run(lambda: self.clock.advance(seconds))

    def put_object(self, bucket: str, key: str, body: bytes) -> None:
        """Puts an object into a bucket of the long tail."""
        request = HttpRequest("PUT", f"/{bucket}/{key}", body=body)
        self.run(lambda: self.buckets.forward("s3", "PutObject", request))

    # --- what most tests need ----------------------------------------------------------------------------
    def bus(self, kind: str, name: str = "pedidos") -> str:
        """The default bus, or a new one."""
        if kind == "default":
            return "default"
        self.events("CreateEventBus", Name=name)
        return name

    def queue(self, name: str = "fila") -> str:
        """The ARN of a new queue."""
        self.sqs("CreateQueue", QueueName=name)
        return str(queue_arn(HERE, name))

    def rule(
        self,
        name: str = "regra",
        pattern: Any = None,
        *,
        bus: str = "default",
        target: str = "",
        **members: Any,
    ) -> str:
        """A rule with one target, a queue of its own name where none is given; returns the rule's ARN."""
        text = json.dumps(pattern or {"source": ["loja"]})
        arn = self.events("PutRule", Name=name, EventBusName=bus, EventPattern=text)["RuleArn"]
        entry = {"Id": "alvo", "Arn": target or self.queue(name), **members}
        self.events("PutTargets", Rule=name, EventBusName=bus, Targets=[entry])
        return str(arn)

    def put(self, detail: Any = None, *, bus: str = "default", **entry: Any) -> str:
        """Puts an event that is accepted; returns its id."""
        whole = {
            "Source": "loja",
            "DetailType": "Pedido",
            "Detail": json.dumps({"n": 1} if detail is None else detail),
            "EventBusName": bus,
            **entry,
        }
        answer = self.events("PutEvents", Entries=[whole])
        assert answer["FailedEntryCount"] == 0, answer
        identity: str = answer["Entries"][0]["EventId"]
        return identity

    def texts(self, name: str = "regra") -> list[str]:
        """The bodies of the messages in a queue, received and deleted."""
        url = self.sqs("GetQueueUrl", QueueName=name)["QueueUrl"]
        return self.received(url)

    def received(self, url: str) -> list[str]:
        """The bodies of the messages behind a queue's URL, received and deleted."""
        found = []
        while messages := self.sqs("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(message["Body"])
                self.sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def bodies(self, name: str = "regra") -> list[Any]:
        """The same, decoded."""
        return [json.loads(text) for text in self.texts(name)]

    # --- inside ------------------------------------------------------------------------------------------
    def _make(self, kit: Kit) -> EventsService:
        self.invoked: list[Delivery] = []
        self.apis = KeptApis()
        switchboard = Switchboard()
        sqs, logs = SqsService(kit), LogsService(kit)
        sns = SnsService(kit, switchboard, FakeSender(), lambda: "http://127.0.0.1:4566")
        switchboard.plug(
            {"sqs": sqs.deliver, "sns": sns.deliver, "logs": logs.deliver, "lambda": self._invoke}
        )
        web = Web(FakeSender(), lambda: self.apis, lambda: "http://127.0.0.1:4566")
        events = EventsService(kit, switchboard, web)
        switchboard.plug({"events": BusDoor(events).deliver})
        objects = Objects(Buckets())
        s3 = S3Service(kit, switchboard, Anywhere(), objects)
        self.buckets = WatchedBuckets(Buckets(), s3, objects)
        self._beside: list[Service] = [logs, sqs, sns, s3]
        self._services: dict[str, Service] = {each.name: each for each in (*self._beside, events)}
        return events

    async def _invoke(self, delivery: Delivery) -> int:
        self.invoked.append(delivery)
        return delivery.cause or 0


def bus_arn(name: str) -> str:
    """The ARN of a bus."""
    return str(event_bus_arn(HERE, name))


def arn(service: str, resource: str) -> str:
    """An ARN of the default account and region."""
    return str(Arn(service, HERE.region, HERE.account, resource))
