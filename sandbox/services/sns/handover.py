"""One try at handing a message to a subscription, and what follows when it is the last: each is a hop."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from sandbox.model.arn import parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.delivering import classify
from sandbox.model.hops import HopKind
from sandbox.model.ports import FaultPoint, Recorder
from sandbox.model.sns_subscriptions import dead_letter_queue
from sandbox.services.sns.endpoints import Endpoints
from sandbox.services.sns.pending import Pending
from sandbox.services.sns.subscriptions import Subscription, SubscriptionStore

SERVICE = "sns"


class HandOver:
    """Hands messages over.

    Args:
        subscriptions: what they are like now.
        endpoints: reaches them.
        recorder: the journal.
        faults: has endpoints refuse messages.
    """

    def __init__(
        self,
        subscriptions: SubscriptionStore,
        endpoints: Endpoints,
        recorder: Recorder,
        faults: FaultPoint,
    ) -> None:
        self._subscriptions = subscriptions
        self._endpoints = endpoints
        self._recorder = recorder
        self._faults = faults

    async def attempt(self, pending: Pending) -> float | None:
        """Tries once.

        Returns:
            Seconds until the next try; None when the delivery is over: taken, dead-lettered, or dropped.
        """
        subscription = self._subscriptions.find(pending.subscription)
        if subscription is None or (pending.confirmation and subscription.token is None):
            return None
        hop = self._recorder.reserve(pending.cause)
        failure = await self._tried(self._deliver(pending, subscription, hop))
        if failure is None:
            self._record(HopKind.DELIVERED, pending, subscription, hop, pending.cause, subscription.endpoint)
            return None
        pending.attempts += 1
        self._record(
            HopKind.DELIVERY_FAILED,
            pending,
            subscription,
            hop,
            pending.cause,
            subscription.endpoint,
            str(failure),
        )
        delay = subscription.delay(pending.attempts) if classify(failure).retryable else None
        if delay is None:
            await self._give_up(pending, subscription, hop)
        return delay

    async def _deliver(self, pending: Pending, subscription: Subscription, hop: int) -> None:
        if self._faults.planned("fail-delivery"):
            fault = self._faults.check(
                "fail-delivery",
                subscription.topic.scope,
                service=SERVICE,
                cause=hop,
                resource=str(subscription.topic),
                target=subscription.endpoint,
            )
            if fault is not None:
                raise AwsError(fault.settings["code"], "Injected fault", status=fault.settings["status"])
        await self._endpoints.deliver(pending, subscription, hop)

    async def _give_up(self, pending: Pending, subscription: Subscription, cause: int) -> None:
        """Sends the message to the subscription's dead-letter queue, or drops it when there is none."""
        policy = subscription.attributes.get("RedrivePolicy")
        if not policy or pending.confirmation:
            return
        target = dead_letter_queue(policy)
        hop = self._recorder.reserve(cause)
        problem = await self._tried(self._endpoints.dead_letter(pending, subscription, target, hop))
        if problem is None:
            self._record(HopKind.DEAD_LETTERED, pending, subscription, hop, cause, str(target))
        else:
            error = f"the message is lost, its dead-letter queue refused it: {problem}"
            self._record(HopKind.DELIVERY_FAILED, pending, subscription, hop, cause, str(target), error)

    async def _tried(self, delivery: Awaitable[object]) -> AwsError | None:
        try:
            await delivery
        except AwsError as error:
            return error
        except Exception as error:  # a defect of an endpoint is no reason to lose the message
            return AwsError("InternalError", f"{type(error).__name__}: {error}", status=500)
        return None

    def _record(
        self,
        kind: HopKind,
        pending: Pending,
        subscription: Subscription,
        hop: int,
        cause: int | None,
        resource: str,
        error: str = "",
    ) -> None:
        published = pending.published
        detail: dict[str, Any] = {
            "topic": published.topic,
            "subscription": str(subscription.arn),
            "attempt": pending.attempts + (not error),
        }
        self._recorder.record(
            kind,
            parse_arn(published.topic).scope,
            SERVICE,
            hop=hop,
            cause=cause,
            resource=resource,
            status="error" if error else "ok",
            error=error,
            event_id=published.message_id,
            trace=published.trace,
            detail=detail,
        )
