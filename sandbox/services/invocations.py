"""Invocations that somebody waits for, and that go on when nobody does any more."""

from __future__ import annotations

import asyncio
from typing import Any

from sandbox.model.arn import Arn
from sandbox.model.ports import Invoker, InvokeResult


class Invocations:
    """Invokes functions for clients that may leave or be answered with a timeout: Lambda knows nothing of
    either.

    Args:
        invoker: runs the functions.
    """

    def __init__(self, invoker: Invoker) -> None:
        self._invoker = invoker
        self._running: set[asyncio.Task[InvokeResult]] = set()

    async def invoke(
        self, function: Arn, event: bytes, *, cause: int | None, trace: str | None, timeout_ms: float
    ) -> InvokeResult:
        """Waits for a function.

        Args:
            timeout_ms: real milliseconds, because a client waits in real time.

        Raises:
            TimeoutError: it takes longer; it goes on.
            AwsError: it cannot be invoked.
        """
        loop = asyncio.get_running_loop()
        invocation = loop.create_task(self._invoker.invoke(function, event, cause=cause, trace=trace))
        self._running.add(invocation)
        over = loop.create_future()

        def ended(invocation: asyncio.Task[InvokeResult]) -> None:
            self._forget(invocation)
            _end(over)

        # As `asyncio.wait` does, which would cost several times as much for one task.
        invocation.add_done_callback(ended)
        timer = loop.call_later(timeout_ms / 1000, _end, over)
        try:
            await over
        finally:
            timer.cancel()
        if not invocation.done():
            raise TimeoutError
        return invocation.result()

    def accept(self, function: Arn, event: bytes, *, cause: int | None, trace: str | None) -> None:
        """Queues an asynchronous invocation.

        Raises:
            AwsError: it cannot be.
        """
        self._invoker.accept(function, event, cause=cause, trace=trace)

    async def stop(self) -> None:
        """Ends the invocations that nobody waits for any more."""
        running: tuple[asyncio.Task[Any], ...] = tuple(self._running)
        for invocation in running:
            invocation.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _forget(self, invocation: asyncio.Task[InvokeResult]) -> None:
        self._running.discard(invocation)
        if not invocation.cancelled():
            invocation.exception()  # looked at: who invoked may be gone


def _end(over: asyncio.Future[None]) -> None:
    if not over.done():
        over.set_result(None)
