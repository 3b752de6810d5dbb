"""One try at a delivery, and what follows when it is the last: each recorded as a hop.

Rules and schedules deliver alike: to a target, again after failures that may pass, and to a dead-letter queue
in the end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from sandbox.model.arn import parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.delivering import AGE_EXHAUSTED, ATTEMPTS_EXHAUSTED, Failure
from sandbox.model.hops import HopKind
from sandbox.model.ports import Deliverer, Delivery, Recorder
from sandbox.model.scope import Scope


class Deliverable(Protocol):
    """A delivery on its way.

    Attributes:
        target, dead_letter: ARNs.
        attempts: how many have failed; `failure` is code and message of the last one.
        max_retries: attempts after the first one. max_age: seconds.
        wait: seconds that the target asked to be left alone for.
        unusable: why there is nothing to deliver, where that is so.
    """

    target: str
    dead_letter: str | None
    attempts: int
    failure: tuple[str, str]
    max_retries: int
    max_age: int
    wait: float
    unusable: str
    cause: int | None
    trace: str | None
    event_id: str

    @property
    def scope(self) -> Scope:
        """Of the rule or schedule."""
        ...

    @property
    def source(self) -> str:
        """ARN of the rule or schedule."""
        ...

    @property
    def letter(self) -> str:
        """What a dead-letter queue gets."""
        ...

    @property
    def deadline(self) -> float:
        """Virtual time after which it is not tried any more."""
        ...

    @property
    def facts(self) -> Mapping[str, Any]:
        """What a hop tells of it."""
        ...


P = TypeVar("P", bound=Deliverable)


@dataclass(frozen=True, slots=True)
class Manners(Generic[P]):
    """How a service delivers.

    Attributes:
        service: its name in the journal.
        deliver: tries once; the number is the hop that causes what the target does.
        classify: what the service makes of a target's answer.
        attributes: message attributes of a dead letter: of the delivery, its failure, how many retries there
            were, and the condition that ended them, if one did.
        injected: the failure that is planned for a try, if one is.
    """

    service: str
    deliver: Callable[[P, int], Awaitable[None]]
    classify: Callable[[AwsError], Failure]
    attributes: Callable[[P, Failure, int, str | None], Mapping[str, Mapping[str, Any]]]
    injected: Callable[[P, int], Failure | None] = lambda _, __: None


class HandOver(Generic[P]):
    """Hands deliveries over.

    Args:
        manners: how.
        letters: delivers to dead-letter queues.
        recorder: the journal.
    """

    def __init__(self, manners: Manners[P], letters: Deliverer, recorder: Recorder) -> None:
        self._manners = manners
        self._letters = letters
        self._recorder = recorder

    async def attempt(self, pending: P) -> bool:
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
        pending.wait = failure.wait
        if not failure.retryable:
            await self._give_up(pending, failure, hop, None)
            return True
        if pending.attempts > pending.max_retries:
            await self._give_up(pending, failure, hop, ATTEMPTS_EXHAUSTED)
            return True
        return False

    def refuse(self, pending: P, why: str) -> None:
        """Records that a delivery is not tried; nothing is dead-lettered."""
        hop = self._recorder.reserve(pending.cause)
        self._record(HopKind.DELIVERY_FAILED, pending, hop, pending.cause, pending.target, why)

    async def expire(self, pending: P) -> None:
        """Gives up a delivery that has become too old between two attempts."""
        code, message = pending.failure
        hop = self._recorder.reserve(pending.cause)
        self._failed(pending, hop, Failure(code, f"given up after {pending.max_age} s: {message}", False))
        await self._give_up(pending, Failure(code, message, False), hop, AGE_EXHAUSTED)

    async def _give_up(self, pending: P, failure: Failure, cause: int, exhausted: str | None) -> None:
        """Sends it to the dead-letter queue of the target, or drops it when there is none."""
        if pending.dead_letter is None:
            return
        hop = self._recorder.reserve(cause)
        retries = max(0, pending.attempts - 1)
        letter = Delivery(
            target=parse_arn(pending.dead_letter),
            body=pending.letter,
            cause=hop,
            trace=pending.trace,
            attributes=self._manners.attributes(pending, failure, retries, exhausted),
            event_id=pending.event_id,
            source=pending.source,
        )
        problem = await self._tried(self._letters.deliver(letter))
        if problem is None:
            self._record(HopKind.DEAD_LETTERED, pending, hop, cause, pending.dead_letter)
        else:
            error = f"the event is lost, its dead-letter queue refused it: {problem.code}: {problem.message}"
            self._record(HopKind.DELIVERY_FAILED, pending, hop, cause, pending.dead_letter, error)

    async def _to_target(self, pending: P, hop: int) -> Failure | None:
        if pending.unusable:
            return Failure("INVALID_JSON", pending.unusable, retryable=False)
        if failure := self._manners.injected(pending, hop):
            return failure
        return await self._tried(self._manners.deliver(pending, hop))

    async def _tried(self, delivery: Awaitable[object]) -> Failure | None:
        try:
            await delivery
        except AwsError as error:
            return self._manners.classify(error)
        except Exception as error:  # a defect of a target is no reason to lose what it is to get
            return Failure("ERROR_FROM_TARGET", f"{type(error).__name__}: {error}", retryable=True)
        return None

    def _failed(self, pending: P, hop: int, failure: Failure) -> None:
        error = f"{failure.code}: {failure.message}"
        self._record(HopKind.DELIVERY_FAILED, pending, hop, pending.cause, pending.target, error)

    def _record(
        self, kind: HopKind, pending: P, hop: int, cause: int | None, resource: str, error: str = ""
    ) -> None:
        self._recorder.record(
            kind,
            pending.scope,
            self._manners.service,
            hop=hop,
            cause=cause,
            resource=resource,
            status="error" if error else "ok",
            error=error,
            event_id=pending.event_id,
            trace=pending.trace,
            detail=pending.facts,
        )
