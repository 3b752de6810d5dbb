"""The notifications of S3's buckets.

Page: https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Protocol

from sandbox.model.arn import Arn, event_bus_arn, parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.ports import Deliverer, Delivery
from sandbox.model.scope import Scope, scope_of
from sandbox.services.base import Answer, Kit, Params, Service, operation
from sandbox.services.s3.buckets import SCHEMA, Buckets, Configured
from sandbox.services.s3.changes import Change
from sandbox.services.s3.configuration import BRIDGE, Rule, accepted, rules
from sandbox.services.s3.deliveries import Pending, deliveries
from sandbox.services.s3.documents import SUBJECT, Occasion, bucket_arn, bus_event, record, test_event
from sandbox.services.s3.errors import access_denied, invalid_argument, unreachable
from sandbox.services.s3.objects import Objects

_NAMES = {"sqs": "queue", "sns": "topic", "lambda": "Lambda"}


class Destinations(Protocol):
    """The queues, topics and functions that there are."""

    def exists(self, target: Arn) -> bool:
        """Whether a destination is there now."""
        ...


class S3Service(Service):
    """Configures notifications of buckets and sends them; buckets and objects are the long tail's.

    Args:
        kit: what every service needs.
        deliverer: reaches queues, topics, functions and buses.
        destinations: tells which of them there are.
        objects: looks into buckets.
    """

    name: ClassVar[str] = "s3"
    SCHEMA: ClassVar[str] = SCHEMA
    NOT_CHECKED: ClassVar[tuple[str, ...]] = (
        "policies of queues, topics and functions: S3 may notify all of them",
        "EventBridge is told of objects created and deleted, not of tags and access control lists",
        "s3:ObjectCreated:Post: may be asked for; uploads by HTML forms, which it would tell of, are refused",
    )

    def __init__(self, kit: Kit, deliverer: Deliverer, destinations: Destinations, objects: Objects) -> None:
        super().__init__(kit)
        self._deliverer = deliverer
        self._destinations = destinations
        self._objects = objects
        self._dispatcher = deliveries(kit, deliverer)
        self.buckets = Buckets(kit.database)

    async def start(self) -> None:
        """Goes on with deliveries that wait."""
        self._dispatcher.start()

    async def stop(self) -> None:
        """Ends deliveries under way; they stay stored."""
        await self._dispatcher.stop()

    def recall(self) -> None:
        """Sets the timer of deliveries anew; see `Service.recall`."""
        self._dispatcher.recall()

    def work(self) -> set[asyncio.Task[Any]]:
        """The task of deliveries; see `Service.work`."""
        return self._dispatcher.work()

    # --- configuring -------------------------------------------------------------------------------------
    @operation(
        "PutBucketNotificationConfiguration",
        "Bucket NotificationConfiguration ExpectedBucketOwner SkipDestinationValidation",
    )
    async def put_bucket_notification_configuration(self, call: Call, params: Params) -> Answer:
        """Has a bucket tell of its events, or of none where the configuration is empty.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
        """
        bucket = params["Bucket"]
        region = await self._region(call, params)
        document = accepted(params["NotificationConfiguration"], self.kit.ids.uuid)
        if not params.get("SkipDestinationValidation"):
            self._check_destinations(rules(document), region)
            await self._send_tests(call, bucket, rules(document))
        if document:
            self.buckets.put(Configured(bucket, scope_of(call.scope.account, region), document))
        else:
            self.buckets.remove(bucket)
        return {}

    @operation("GetBucketNotificationConfiguration", "Bucket ExpectedBucketOwner")
    async def get_bucket_notification_configuration(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html"""
        await self._region(call, params)
        found = self.buckets.find(params["Bucket"])
        return {} if found is None else dict(found.document)

    async def _region(self, call: Call, params: Params) -> str:
        """The region of the bucket that a call is about.

        Raises:
            AwsError: NoSuchBucket, AccessDenied.
        """
        if params.get("ExpectedBucketOwner") not in (None, call.scope.account):
            raise access_denied()
        return await self._objects.region(call.scope, params["Bucket"])

    def _check_destinations(self, found: Iterable[Rule], region: str) -> None:
        problems: dict[str, str] = {}
        for rule in found:
            target = parse_arn(rule.target)
            if target.region != region:
                raise invalid_argument(
                    "The notification destination service region is not valid for the bucket location "
                    "constraint",
                    rule.target,
                    target.region,
                )
            if problem := self._problem(target):
                name = f"{rule.target}, null" if target.service == "lambda" else rule.target
                problems[name] = problem
        if problems:
            raise unreachable(problems)

    def _problem(self, target: Arn) -> str:
        name = _NAMES[target.service]
        if target.service != "lambda" and target.resource.endswith(".fifo"):
            return f"S3 notifies no FIFO {name}s"
        return "" if self._destinations.exists(target) else f"The destination {name} does not exist"

    async def _send_tests(self, call: Call, bucket: str, found: Iterable[Rule]) -> None:
        body = test_event(bucket, self.clock.now(), call.request_id)
        problems: dict[str, str] = {}
        for target in (parse_arn(rule.target) for rule in found):
            if target.service == "lambda":
                continue
            try:
                await self._deliverer.deliver(
                    Delivery(target, body, call.hop, source=str(bucket_arn(bucket)), subject=SUBJECT)
                )
            except AwsError as error:
                problems[str(target)] = f"The destination {_NAMES[target.service]} refused the test: {error}"
        if problems:
            raise unreachable(problems)

    def notifying(self, scope: Scope) -> dict[str, list[str]]:
        """The buckets of an account and region that tell of their events: name -> ARNs of who is told."""
        return {
            one.bucket: list(dict.fromkeys(_destinations(one.scope, one.document)))
            for one in self.buckets.of(scope)
        }

    # --- telling -----------------------------------------------------------------------------------------
    async def tell(
        self, configured: Configured, change: Change, call: Call, address: str, request_id: str
    ) -> None:
        """Hands an event to every destination that asked for it, in the same turn where nothing must wait.

        Args:
            call: its hop led to the event; its scope is the caller's.
            address: of the caller. request_id: as the long tail answered it.
        """
        now = self.clock.now()
        occasion = Occasion(
            change=change,
            scope=configured.scope,
            bucket=configured.bucket,
            at=now,
            sequencer=self.buckets.sequencer(configured.bucket, now),
            requester=call.scope.account,
            address=address,
            request_id=request_id,
        )
        for target, body in _told(occasion, configured.document):
            await self._dispatcher.deliver(
                Pending(
                    account=configured.scope.account,
                    region=configured.scope.region,
                    bucket=configured.bucket,
                    event=change.event,
                    key=change.key,
                    target=target,
                    body=body,
                    cause=call.hop,
                    trace=call.trace,
                    accepted=now,
                )
            )


def _told(occasion: Occasion, document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Destinations of an event, and what each gets."""
    change = occasion.change
    for rule in rules(document):
        if rule.matches(change.event, change.key):
            yield rule.target, record(occasion, rule.id)
    if BRIDGE in document:
        yield _bus(occasion.scope), bus_event(occasion)


def _destinations(scope: Scope, document: Mapping[str, Any]) -> Iterator[str]:
    yield from (rule.target for rule in rules(document))
    if BRIDGE in document:
        yield _bus(scope)


def _bus(scope: Scope) -> str:
    return str(event_bus_arn(scope, "default"))
