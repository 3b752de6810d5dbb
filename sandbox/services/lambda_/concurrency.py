"""The account of running invocations: each scope's limit, and what functions reserve of it.

No queue and no semaphore: who gets no slot is told so at once, and may ask to be called when one is free.
Reference: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from sandbox.model.lambda_errors import ACCOUNT_LIMIT, RESERVED_LIMIT, invalid
from sandbox.model.lambda_limits import CONCURRENCY, MIN_UNRESERVED
from sandbox.model.scope import Scope
from sandbox.services.lambda_.records import Function

_Key = tuple[Scope, str]


class Slot:
    """The right to run one invocation; give it back with `release`, once is enough."""

    __slots__ = ("_free",)

    def __init__(self, free: Callable[[], None]) -> None:
        self._free: Callable[[], None] | None = free

    def release(self) -> None:
        """Gives the slot back."""
        free, self._free = self._free, None
        if free is not None:
            free()


class Concurrency:
    """Counts what runs.

    Args:
        functions: the functions of a scope, for what they reserve.
        limit: concurrent invocations per account and region.
    """

    def __init__(self, functions: Callable[[Scope], Iterable[Function]], limit: int = CONCURRENCY) -> None:
        self._functions = functions
        self.limit = limit
        self._running: Counter[_Key] = Counter()
        self._waiting: dict[Callable[[], None], Scope] = {}

    def running(self, function: Function) -> int:
        """Invocations of the function that run now."""
        return self._running[function.scope, function.name]

    @property
    def total(self) -> int:
        """Invocations of every scope that run now."""
        return sum(self._running.values())

    def unreserved(self, scope: Scope) -> int:
        """How much of the scope's limit no function reserves or has provisioned."""
        return self.limit - sum(set_aside(function) for function in self._functions(scope))

    def refusal(self, function: Function) -> str | None:
        """Why no further invocation of the function may start now (AWS's `Reason`), or None."""
        if function.reserved is not None:
            return RESERVED_LIMIT if self.running(function) >= function.reserved else None
        shared = 0
        reserved = 0
        for other in self._functions(function.scope):
            if other.reserved is None:
                shared += self.running(other)
            else:
                reserved += other.reserved
        return ACCOUNT_LIMIT if shared >= self.limit - reserved else None

    def take(self, function: Function, waiter: Callable[[], None] | None = None) -> Slot | None:
        """A slot, or None when there is none (`refusal` says why).

        Args:
            waiter: who may have waited for it with `when_free`, and waits no longer once it has one.
        """
        if self.refusal(function) is not None:
            return None
        key = (function.scope, function.name)
        self._running[key] += 1
        if waiter is not None:
            self._waiting.pop(waiter, None)
        return Slot(lambda: self._release(key))

    def when_free(self, function: Function, wake: Callable[[], None]) -> None:
        """Calls `wake` whenever a slot may be free for the function, until it takes one or gives up.

        Those who wait longest are called first, and who had a slot stands behind the others: a busy queue
        does not starve a quiet one.
        """
        self._waiting.setdefault(wake, function.scope)

    def give_up(self, wake: Callable[[], None]) -> None:
        """No longer waits."""
        self._waiting.pop(wake, None)

    def changed(self, scope: Scope) -> None:
        """A slot was freed, or reservations changed: everybody who waits in the scope may look again."""
        for wake in [wake for wake, where in self._waiting.items() if where == scope]:
            wake()

    def check_reservation(self, function: Function, amount: int) -> None:
        """Checks that reserving `amount` leaves the account its minimum.

        Raises:
            AwsError: `InvalidParameterValueException`.
        """
        if self.unreserved(function.scope) + (function.reserved or 0) - amount < MIN_UNRESERVED:
            raise invalid(
                "Specified ReservedConcurrentExecutions for function decreases account's "
                f"UnreservedConcurrentExecution below its minimum value of [{MIN_UNRESERVED}]."
            )

    def check_provision(self, function: Function, amount: int) -> None:
        """Checks that providing `amount` environments in all leaves the account its minimum.

        Raises:
            AwsError: `InvalidParameterValueException`.
        """
        if amount > self.limit:
            raise invalid(
                "Specified ConcurrentExecutions for function is greater than account's unreserved "
                f"concurrency [{self.limit}]."
            )
        more = 0 if function.reserved is not None else amount - set_aside(function)
        if self.unreserved(function.scope) - more < MIN_UNRESERVED:
            raise invalid(
                "Specified ConcurrentExecutions for function decreases account's "
                f"UnreservedConcurrentExecution below its minimum value of [{MIN_UNRESERVED}]."
            )

    def reset(self) -> None:
        """Forgets what ran and who waits."""
        self._running.clear()
        self._waiting.clear()

    def _release(self, key: _Key) -> None:
        if self._running[key] > 1:
            self._running[key] -= 1
        else:
            self._running.pop(key, None)
        self.changed(key[0])


def set_aside(function: Function) -> int:
    """What a function takes of the account's limit whether it runs or not."""
    if function.reserved is not None:
        return function.reserved
    return sum(kept.count for kept in function.provisioned.values())
