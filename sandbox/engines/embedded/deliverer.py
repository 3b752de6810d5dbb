"""Delivers to an ARN, whichever service owns it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from sandbox.model.arn import Arn
from sandbox.model.awserror import AwsError
from sandbox.model.ports import Delivery

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
