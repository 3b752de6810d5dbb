"""One try at handing an event to a target, and what follows when it is the last: each recorded as a hop."""

from __future__ import annotations

from collections.abc import Awaitable

from sandbox.model.arn import parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.event_patterns import decode
from sandbox.model.hops import HopKind
from sandbox.model.ports import Delivery, FaultPoint, Recorder
from sandbox.services.events.outlets import Outlets
from sandbox.services.events.pending import Pending
from sandbox.services.events.retrying import (
    AGE_EXHAUSTED,
    ATTEMPTS_EXHAUSTED,
    Failure,
    classify,
    dead_letter_attributes,
)


class HandOver:
    """Hands events over.

    Args:
        outlets: deliver to every kind of target.
        recorder: the journal.
        faults: has targets refuse events.
    """

    def __init__(self, outlets: Outlets, recorder: Recorder, faults: FaultPoint) -> None:
        self._outlets = outlets
        self._recorder = recorder
        self._faults = faults

    async def attempt(self, pending: Pending) -> bool:
        """Tries once.

        Returns:
            Whether the delivery is over: taken by the target, dead-lettered, or dropped.
        """
        hop = self._recorder.reserve(pending.cause)
        failure = await self._to_target(pending, hop)
        if failure is None:
            self._record(HopKind.DELIVERED, pending, hop, pending.cause, pending.target)
            return True
        self._failed(pending, hop, failure)
        pending.attempts += 1
        pending.failure = (failure.code, failure.message)
        if not failure.retryable:
            await self._give_up(pending, failure, hop, None)
            return True
        if pending.attempts > pending.max_retries:
            await self._give_up(pending, failure, hop, ATTEMPTS_EXHAUSTED)
            return True
        return False

    def refuse(self, pending: Pending, why: str) -> None:
        """Records that a delivery is not tried; nothing is dead-lettered."""
        hop = self._recorder.reserve(pending.cause)
        self._record(HopKind.DELIVERY_FAILED, pending, hop, pending.cause, pending.target, why)

    async def expire(self, pending: Pending) -> None:
        """Gives up a delivery that has become too old between two attempts."""
        code, message = pending.failure
        hop = self._recorder.reserve(pending.cause)
        self._failed(pending, hop, Failure(code, f"given up after {pending.max_age} s: {message}", False))
        await self._give_up(pending, Failure(code, message, False), hop, AGE_EXHAUSTED)

    async def _give_up(self, pending: Pending, failure: Failure, cause: int, exhausted: str | None) -> None:
        """Sends the event to the dead-letter queue of the target, or drops it when there is none."""
        if pending.dead_letter is None:
            return
        hop = self._recorder.reserve(cause)
        retries = max(0, pending.attempts - 1)
        letter = Delivery(
            target=parse_arn(pending.dead_letter),
            body=pending.event,
            cause=hop,
            trace=pending.trace,
            attributes=dead_letter_attributes(pending.rule, pending.target, failure, retries, exhausted),
            event_id=pending.event_id,
            source=pending.rule,
        )
        problem = await self._tried(self._outlets.others.deliver(letter))
        if problem is None:
            self._record(HopKind.DEAD_LETTERED, pending, hop, cause, pending.dead_letter)
        else:
            error = f"the event is lost, its dead-letter queue refused it: {problem.code}: {problem.message}"
            self._record(HopKind.DELIVERY_FAILED, pending, hop, cause, pending.dead_letter, error)

    async def _to_target(self, pending: Pending, hop: int) -> Failure | None:
        if pending.unusable:
            return Failure("INVALID_JSON", pending.unusable, retryable=False)
        if self._faults.planned("fail-delivery") and (failure := self._injected(pending, hop)):
            return failure
        return await self._tried(self._outlets.deliver(pending, hop))

    def _injected(self, pending: Pending, hop: int) -> Failure | None:
        fault = self._faults.check(
            "fail-delivery",
            pending.scope,
            service="events",
            cause=hop,
            rule=pending.rule,
            target=pending.target,
            event=str(decode(pending.event)["detail-type"]),
        )
        if fault is None:
            return None
        return classify(AwsError(fault.settings["code"], "Injected fault", status=fault.settings["status"]))

    async def _tried(self, delivery: Awaitable[object]) -> Failure | None:
        try:
            await delivery
        except AwsError as error:
            return classify(error)
        except Exception as error:  # a defect of a target is no reason to lose the event
            return Failure("ERROR_FROM_TARGET", f"{type(error).__name__}: {error}", retryable=True)
        return None

    def _failed(self, pending: Pending, hop: int, failure: Failure) -> None:
        error = f"{failure.code}: {failure.message}"
        self._record(HopKind.DELIVERY_FAILED, pending, hop, pending.cause, pending.target, error)

    def _record(
        self, kind: HopKind, pending: Pending, hop: int, cause: int | None, resource: str, error: str = ""
    ) -> None:
        self._recorder.record(
            kind,
            pending.scope,
            "events",
            hop=hop,
            cause=cause,
            resource=resource,
            status="error" if error else "ok",
            error=error,
            event_id=pending.event_id,
            trace=pending.trace,
            detail=pending.facts,
        )
