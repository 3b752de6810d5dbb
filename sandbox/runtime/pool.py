"""The execution environments of one function in one version of its code and configuration."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sandbox.model.ports import LogLines
from sandbox.runtime.alarm import Alarm
from sandbox.runtime.environment import Environment


@dataclass(slots=True)
class Pool:
    """Environments, and how long those that rest are kept.

    Attributes:
        idle: those that rest, as keys, in the order of their last use; the ones used last are used first.
        expiry: what ends those that are not provisioned.
        waiting: futures of requests that take the next one that is free; some may be done already.
        wanted: how many are provisioned. log: where they write while they start.
    """

    idle: dict[Environment, None] = field(default_factory=dict)
    all: set[Environment] = field(default_factory=set)
    expiry: dict[Environment, Alarm] = field(default_factory=dict)
    waiting: deque[asyncio.Future[Any]] = field(default_factory=deque)
    wanted: int = 0
    log: LogLines | None = None

    def take(self) -> Environment | None:
        """An environment that rests, provisioned ones first."""
        if not self.idle:
            return None
        found = last = next(reversed(self.idle))
        if self.wanted:
            found = next((one for one in reversed(self.idle) if one.provisioned), last)
        self.leave(found)
        return found

    def rest(self, environment: Environment, seconds: float, expire: Callable[[Environment], None]) -> None:
        """Keeps an environment for the next invocation, or gives it to the one that waits longest.

        Args:
            seconds: real seconds until `expire` is called, unless it is provisioned.
        """
        while self.waiting:
            waiter = self.waiting.popleft()
            if not waiter.done():
                waiter.set_result(environment)
                return
        environment.busy = False
        self.idle[environment] = None
        if not environment.provisioned:
            alarm = self.expiry.get(environment)
            if alarm is None:
                alarm = self.expiry[environment] = Alarm(partial(expire, environment))
            alarm.set(seconds)

    def leave(self, environment: Environment) -> bool:
        """Takes an environment out of those that rest; says whether it was one of them."""
        alarm = self.expiry.get(environment)
        if alarm is not None:
            alarm.clear()
        if environment not in self.idle:
            return False
        del self.idle[environment]
        return True

    def forget(self, environment: Environment) -> bool:
        """An environment has ended; says whether it rested."""
        self.all.discard(environment)
        rested = self.leave(environment)
        alarm = self.expiry.pop(environment, None)
        if alarm is not None:
            alarm.close()
        return rested

    @property
    def working(self) -> bool:
        """Whether one of them is at work, and so will be free."""
        return any(one.busy and one.ready and not one.retired for one in self.all)

    @property
    def kept(self) -> list[Environment]:
        """The provisioned ones."""
        return [environment for environment in self.all if environment.provisioned]

    @property
    def ready(self) -> int:
        """How many of the provisioned ones have been initialised and live."""
        return sum(not environment.ended and environment.ready for environment in self.kept)
