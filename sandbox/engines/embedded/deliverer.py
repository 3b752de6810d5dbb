"""Delivers to an ARN, whichever service owns it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from sandbox.model.arn import Arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.lambda_names import function_of
from sandbox.model.ports import Delivery
from sandbox.services.events.service import EventsService
from sandbox.services.lambda_.service import LambdaService
from sandbox.services.sns.service import SnsService
from sandbox.services.sqs.service import SqsService

Door = Callable[[Delivery], Awaitable[int]]


class Switchboard:
    """Implements the port `Deliverer`; services are plugged in by the service part of their ARNs."""

    def __init__(self) -> None:
        self._doors: dict[str, Door] = {}

    def plug(self, doors: Mapping[str, Door]) -> None:
        """Adds services that can be delivered to."""
        self._doors.update(doors)

    async def deliver(self, delivery: Delivery) -> int:
        """Hands over; see `Deliverer.deliver`."""
        door = self._doors.get(delivery.target.service)
        if door is None:
            raise AwsError(
                "InvalidTarget", f"sandbox cannot deliver to {delivery.target.service} ({delivery.target})"
            )
        return await door(delivery)

    def supports(self, target: Arn) -> bool:
        """Whether targets of this kind are implemented at all."""
        return target.service in self._doors


class Destinations:
    """The queues, topics and functions that there are; implements the port that S3 has for them."""

    def __init__(self, sqs: SqsService, sns: SnsService, functions: LambdaService) -> None:
        self._sqs = sqs
        self._sns = sns
        self._functions = functions

    def exists(self, target: Arn) -> bool:
        """Whether a destination is there now."""
        if target.service == "sqs":
            return self._sqs.exists(target)
        if target.service == "sns":
            return self._sns.topics.find(target) is not None
        return self._functions.functions.find(function_of(target)) is not None


class BusDoor:
    """Puts event documents of other services on buses: results of functions, changes of buckets."""

    def __init__(self, events: EventsService) -> None:
        self._events = events

    async def deliver(self, delivery: Delivery) -> int:
        """Puts the event that the body is on the bus that is the target.

        Raises:
            AwsError: EventBridge does not take it.
        """
        event = msgspec.json.decode(delivery.body)
        entry = {
            "EventBusName": str(delivery.target),
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": msgspec.json.encode(event["detail"]).decode(),
            "Resources": event["resources"],
            "Time": event.get("time"),
        }
        call = Call(scope=delivery.target.scope, hop=delivery.cause, trace=delivery.trace)
        taken = await self._events.put_own(call, entry)
        if "ErrorCode" in taken:
            raise AwsError(taken["ErrorCode"], taken["ErrorMessage"])
        return delivery.cause or 0
