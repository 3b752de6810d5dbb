"""Keeping as many environments of a function ready as it asks for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sandbox.model.awserror import AwsError
from sandbox.model.ports import FunctionSpec
from sandbox.runtime.environment import Environment
from sandbox.runtime.pool import Pool


class Provisions:
    """Starts provisioned environments until there are enough.

    Args:
        start: starts one, which then rests in its pool.
        notice: tells a user something.
        stopping: whether the runtime is stopping.
    """

    def __init__(
        self,
        start: Callable[[FunctionSpec, Pool], Awaitable[None]],
        notice: Callable[[str], None],
        stopping: Callable[[], bool],
    ) -> None:
        self._start = start
        self._notice = notice
        self._stopping = stopping

    def ask(self, pool: Pool, count: int) -> list[Environment]:
        """Sets how many a pool keeps.

        Returns:
            Those it keeps no more and that rest now: they are to rest on like any other.
        """
        pool.wanted = count
        spare = pool.kept[count:]
        for environment in spare:
            environment.provisioned = False
        return [environment for environment in spare if pool.leave(environment)]

    async def replenish(self, spec: FunctionSpec, pool: Pool) -> None:
        """Starts what is missing.

        Raises:
            AwsError: one cannot be started.
        """
        while len(pool.kept) < pool.wanted and not self._stopping():
            await self._start(spec, pool)

    async def replace(self, spec: FunctionSpec, pool: Pool) -> None:
        """Starts what is missing after one has died; where that cannot be done it is told, once."""
        try:
            await self.replenish(spec, pool)
        except AwsError as error:
            pool.wanted = len(pool.kept)
            self._notice(f"{spec.name} has fewer provisioned environments: {error.message}")
