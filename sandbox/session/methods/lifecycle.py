"""The sandbox itself: status, stop, deploy, and what its services do."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.control.protocol import Progress, StatusView
from sandbox.control.server import Method
from sandbox.deploy.given import with_given
from sandbox.deploy.system import find_system
from sandbox.session.services import service_views
from sandbox.session.views import status_view

if TYPE_CHECKING:
    from sandbox.session.session import Session


class Lifecycle:
    """Methods about the sandbox as a whole."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def table(self) -> dict[str, Method]:
        """Name of each method -> what answers it."""
        return {
            "status": self.status,
            "stop": self.stop,
            "deploy": self.deploy,
            "services": self.services,
        }

    async def status(self) -> StatusView:
        """What is running."""
        return status_view(self._session)

    async def stop(self, keep: bool = False) -> int:
        """Begins to stop the sandbox, and answers the pid that will end.

        Args:
            keep: leave the engine's containers.

        Raises:
            UsageError: it has none.
        """
        if keep:
            self._session.engine.keep()
        asyncio.get_running_loop().call_soon(self._session.ask_to_stop)
        return os.getpid()

    async def services(self, names: list[str]) -> list[dict[str, Any]]:
        """What each service does: see `sandbox services`."""
        return service_views(self._session.gateway, names, self._session.engine.notes)

    async def deploy(
        self, systems: list[str], cwd: str, seed: bool, parameters: dict[str, str] | None = None
    ) -> AsyncIterator[Progress]:
        """Deploys systems, telling every step.

        Args:
            parameters: values for parameters of their templates (`SYSTEM.NAME`: of one), instead of those of
                `sandbox.toml`; they hold for later deployments too.
        """
        named = [system for name in systems if (system := find_system(name, Path(cwd)))]
        found = with_given(named, parameters or {})
        channel: asyncio.Queue[Progress | None] = asyncio.Queue()

        async def work() -> None:
            try:
                await self._session.deployment.up(found, seed=seed, report=channel.put_nowait)
                await self._session.find_database()
                self._session.warm()
                await self._session.database.committed()
            finally:
                channel.put_nowait(None)

        task = asyncio.create_task(work())
        try:
            while (progress := await channel.get()) is not None:
                yield progress
            await task
        finally:
            task.cancel()
