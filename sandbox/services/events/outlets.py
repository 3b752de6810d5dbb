"""Where deliveries of rules go: to what EventBridge has itself, or through the port to other services.

Page: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sandbox.model.arn import Arn, parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.ports import Deliverer, Delivery
from sandbox.services.events.pending import Pending

BUS, DESTINATION, API = "event-bus", "api-destination", "execute-api"
#: Services whose targets EventBridge sees to itself.
_OWN = ("events", API)
Outlet = Callable[[Pending, int], Awaitable[None]]


class Outlets:
    """Delivers to every kind of target.

    Args:
        deliverer: delivers to other services.
    """

    def __init__(self, deliverer: Deliverer) -> None:
        self.others = deliverer
        self._own: dict[str, Outlet] = {}

    def plug(self, kind: str, outlet: Outlet) -> None:
        """Adds a kind of target that EventBridge sees to itself: a bus, an API destination, an API."""
        self._own[kind] = outlet

    async def deliver(self, pending: Pending, hop: int) -> None:
        """Tries a delivery once.

        Args:
            hop: the cause of what the target does.

        Raises:
            AwsError: what the target answered, or why there is none.
        """
        target = parse_arn(pending.target)
        if target.service in _OWN:
            outlet = self._own.get(_kind(target))
            if outlet is None:
                raise AwsError("InvalidTarget", f"{target} is no target of a rule")
            await outlet(pending, hop)
            return
        await self.others.deliver(
            Delivery(
                target=target,
                body=pending.body,
                cause=hop,
                trace=pending.trace,
                group_id=pending.group_id,
                event_id=pending.event_id,
                source=pending.rule,
            )
        )

    def supports(self, target: Arn) -> bool:
        """Whether targets of this kind are implemented."""
        return _kind(target) in self._own if target.service in _OWN else self.others.supports(target)


def is_bus(target: Arn) -> bool:
    """Whether a target is an event bus."""
    return target.service == "events" and _kind(target) == BUS


def _kind(target: Arn) -> str:
    return API if target.service == API else target.resource.partition("/")[0]
