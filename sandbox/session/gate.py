"""Stands before the front door: counts the requests that are served, and keeps new ones waiting on demand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sandbox.gateway.arrival import Application, Arrival
from sandbox.model.http import HttpResponse

_TURNED_AWAY = HttpResponse(
    503,
    [("content-type", "application/json")],
    b'{"message": "The sandbox was taken back to an earlier state meanwhile. Ask again."}',
)


class Gate:
    """An application that passes requests on to another.

    Args:
        app: serves the requests.

    Attributes:
        epoch: how often everything behind it was replaced by another state.
    """

    def __init__(self, app: Application) -> None:
        self._app = app
        self._serving: set[asyncio.Task[Any]] = set()
        self._open = asyncio.Event()
        self._open.set()
        self.epoch = 0
        self._changed: asyncio.Future[None] | None = None

    @property
    def serving(self) -> int:
        """How many requests are served now."""
        return len(self._serving)

    async def __call__(self, arrival: Arrival) -> HttpResponse:
        """Serves one request, as soon as the gate is open."""
        while not self._open.is_set():
            epoch = self.epoch
            await self._open.wait()
            if epoch != self.epoch:
                # It was meant for a world that is gone, maybe by a function that is dead.
                return _TURNED_AWAY
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            return await self._app(arrival)
        finally:
            self._serving.discard(task)
            self._tell()

    @asynccontextmanager
    async def closed(self) -> AsyncIterator[None]:
        """Keeps new requests waiting."""
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    def new_epoch(self) -> None:
        """Turns away the requests that wait now: what they were meant for has been replaced."""
        self.epoch += 1

    async def end_all(self) -> None:
        """Cuts off the requests that are still served."""
        for task in tuple(self._serving):
            task.cancel()
        if self._serving:
            await asyncio.wait(self._serving)

    async def change(self) -> None:
        """Waits until a request has been served."""
        if self._changed is None:
            self._changed = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._changed)

    def _tell(self) -> None:
        changed, self._changed = self._changed, None
        if changed is not None:
            changed.set_result(None)
