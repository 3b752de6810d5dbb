"""Events of buckets on their way to destinations: at once where possible, tried again by the clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox.model.arn import parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.delivering import DEFAULT_AGE, DEFAULT_ATTEMPTS, Failure, classify
from sandbox.model.ports import Deliverer, Delivery, FaultPoint
from sandbox.model.scope import Scope
from sandbox.services.base import Kit
from sandbox.services.dispatching import Dispatcher, Waiting
from sandbox.services.handover import HandOver, Manners
from sandbox.services.s3.documents import SUBJECT, bucket_arn

SERVICE = "s3"
_TABLE = "s3_deliveries"


class Pending(msgspec.Struct, kw_only=True):
    """A delivery; implements `Deliverable`. S3 has no dead-letter queues: what is given up is lost.

    Attributes:
        account, region: of the bucket.
        event: `s3:ObjectCreated:Put`. key: of the object.
        target: ARN of a queue, topic, function or bus. body: what it gets.
        accepted: virtual time of the event.
        attempts: how many have failed; `failure` is code and message of the last one.
    """

    account: str
    region: str
    bucket: str
    event: str
    key: str
    target: str
    body: str
    cause: int | None
    trace: str | None
    accepted: float
    attempts: int = 0
    failure: tuple[str, str] = ("", "")
    wait: float = 0.0
    dead_letter: str | None = None
    max_retries: int = DEFAULT_ATTEMPTS
    max_age: int = DEFAULT_AGE
    unusable: str = ""
    event_id: str = ""

    @property
    def scope(self) -> Scope:
        """Of the bucket."""
        return Scope(self.account, self.region)

    @property
    def source(self) -> str:
        """ARN of the bucket."""
        return str(bucket_arn(self.bucket))

    @property
    def letter(self) -> str:
        """What a dead-letter queue would get."""
        return self.body

    @property
    def deadline(self) -> float:
        """Virtual time after which it is not tried any more."""
        return self.accepted + self.max_age

    @property
    def facts(self) -> Mapping[str, Any]:
        """What a hop tells of it."""
        return {"bucket": self.bucket, "key": self.key, "event": self.event, "attempt": self.attempts + 1}


def deliveries(kit: Kit, deliverer: Deliverer) -> Dispatcher[Pending]:
    """What delivers the events of buckets.

    Args:
        deliverer: reaches queues, topics, functions and buses.
    """

    async def deliver(pending: Pending, hop: int) -> None:
        await deliverer.deliver(
            Delivery(
                target=parse_arn(pending.target),
                body=pending.body,
                cause=hop,
                trace=pending.trace,
                source=pending.source,
                subject=SUBJECT,
            )
        )

    manners: Manners[Pending] = Manners(
        service=SERVICE,
        deliver=deliver,
        classify=classify,
        attributes=lambda *_: {},
        injected=lambda pending, hop: _injected(kit.faults, pending, hop),
    )
    waiting = Waiting(kit.database, _TABLE, Pending)
    return Dispatcher(kit, SERVICE, waiting, HandOver(manners, deliverer, kit.recorder))


def _injected(faults: FaultPoint, pending: Pending, hop: int) -> Failure | None:
    if not faults.planned("fail-delivery"):
        return None
    fault = faults.check(
        "fail-delivery",
        pending.scope,
        service=SERVICE,
        cause=hop,
        target=pending.target,
    )
    if fault is None:
        return None
    return classify(AwsError(fault.settings["code"], "Injected fault", status=fault.settings["status"]))
