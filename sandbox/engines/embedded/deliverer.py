"""Delivers to an ARN, whichever service owns it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from sandbox.model.arn import Arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.ports import Delivery
from sandbox.services.events.service import EventsService

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


class BusDoor:
    """Puts event documents of other services on buses (a function's destination, for one)."""

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
        }
        call = Call(scope=delivery.target.scope, hop=delivery.cause, trace=delivery.trace)
        answer = await self._events.call("PutEvents", call, {"Entries": [entry]})
        (taken,) = answer["Entries"]
        if "ErrorCode" in taken:
            raise AwsError(taken["ErrorCode"], taken["ErrorMessage"])
        return delivery.cause or 0
