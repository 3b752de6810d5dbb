"""Notifications of buckets on a manual clock, over a moto of their own; targets keep what they get."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.backing.moto import DatabaseMotoLog, MotoServer
from sandbox.clock import Clock
from sandbox.gateway.foreign import ForeignCalls
from sandbox.model.arn import Arn, function_arn, queue_arn, topic_arn
from sandbox.model.awserror import AwsError
from sandbox.model.ports import Delivery
from sandbox.model.scope import Scope
from sandbox.services.base import Kit
from sandbox.services.s3.objects import Objects
from sandbox.services.s3.service import S3Service
from sandbox.services.s3.watching import WatchedBuckets
from tests.support import world as support

HERE = Scope()
QUEUE = str(queue_arn(HERE, "fila"))
TOPIC = str(topic_arn(HERE, "avisos"))
FUNCTION = str(function_arn(HERE, "miniatura"))


@dataclass
class Targets:
    """Takes every delivery, or refuses it as `refusals` says by the target's name."""

    taken: list[Delivery] = field(default_factory=list)
    refusals: dict[str, AwsError] = field(default_factory=dict)

    async def deliver(self, delivery: Delivery) -> int:
        if refusal := self.refusals.get(delivery.target.name):
            raise refusal
        self.taken.append(delivery)
        return len(self.taken)

    def supports(self, target: Arn) -> bool:
        return True

    def exists(self, target: Arn) -> bool:
        return target.name != "nenhum"


class World(support.World[S3Service]):
    """S3, whole."""

    def __init__(self, folder: Path) -> None:
        self.targets = Targets()
        self.folder = folder
        self.calls = ForeignCalls()
        clock = Clock(start=support.START, speed=0)

        def make(kit: Kit) -> S3Service:
            self.moto = MotoServer(folder, DatabaseMotoLog(kit.database), clock)
            objects = Objects(self.moto, page=3)
            service = S3Service(kit, self.targets, self.targets, objects)
            self.buckets = WatchedBuckets(self.moto, service, objects)
            return service

        super().__init__(make, clock=clock)

    def close(self) -> None:
        self.run(self.moto.stop)
        self.__exit__(None, None, None)

    def s3(self, operation: str, account: str = HERE.account, **params: Any) -> dict[str, Any]:
        """A call to S3, as the front door passes it on."""
        request = self.calls.request("s3", operation, params, Scope(account))

        async def forward() -> dict[str, Any]:
            response = await self.buckets.forward("s3", operation, request)
            return self.calls.output("s3", operation, response)

        return self.run(forward)

    def configure(self, bucket: str, **configuration: Any) -> None:
        """Has a bucket tell of its events; what that sends is forgotten."""
        self.call(
            "PutBucketNotificationConfiguration", Bucket=bucket, NotificationConfiguration=configuration
        )
        self.targets.taken.clear()

    def records(self) -> list[dict[str, Any]]:
        """The records that were delivered since they were asked for last."""
        found = [record for each in self.targets.taken for record in json.loads(each.body)["Records"]]
        self.targets.taken.clear()
        return found

    def names(self) -> list[tuple[str, str]]:
        """Event and key of what was delivered since it was asked for last."""
        return [(record["eventName"], record["s3"]["object"]["key"]) for record in self.records()]


def to_queue(*events: str, **more: Any) -> dict[str, Any]:
    return {"QueueArn": QUEUE, "Events": list(events or ("s3:ObjectCreated:*", "s3:ObjectRemoved:*")), **more}


def filtered(**values: str) -> Mapping[str, Any]:
    """A filter by `prefix` and `suffix`."""
    return {"Key": {"FilterRules": [{"Name": name, "Value": value} for name, value in values.items()]}}
