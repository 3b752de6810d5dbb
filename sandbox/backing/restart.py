"""Keeps a server running: restarts it when it exits, with bounded pauses, until that is hopeless."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sandbox.backing.process import SupervisedProcess
from sandbox.errors import SandboxError, ServerStartError

#: Real seconds before the 1st, 2nd, … restart in a row that does not last.
PAUSES = (0.0, 0.1, 0.3, 1.0, 3.0, 5.0)
#: Real seconds after which a run counts as a success, and the pauses begin anew.
_LASTS = 10.0

Report = Callable[[str], None]


class KeptRunning:
    """A server that is started again whenever it exits by itself.

    Args:
        name: what messages call it.
        start: starts one run of it and returns when that is ready.
        report: is told, in one sentence, of every exit and restart.
        pause: waits real seconds; tests give their own.
    """

    def __init__(
        self,
        name: str,
        start: Callable[[], Awaitable[SupervisedProcess]],
        *,
        report: Report = lambda _: None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._name = name
        self._start = start
        self._report = report
        self._pause = pause
        self._watch: asyncio.Task[None] | None = None
        self._stopping = False
        self._changed = asyncio.Event()
        self.process: SupervisedProcess | None = None
        #: Why it is not kept running any more, once it was given up.
        self.failure: SandboxError | None = None
        self.restarts = 0

    async def start(self) -> None:
        """Starts it, and keeps it running from then on.

        Raises:
            ServerStartError: the first start failed; it is not tried again.
        """
        self._stopping = False
        self.failure = None
        self.process = await self._start()
        self._watch = asyncio.create_task(self._keep(), name=f"keep {self._name}")

    async def stop(self) -> None:
        """Ends it for good."""
        self._stopping = True
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None
        if self.process is not None:
            await self.process.stop()
            self.process = None

    async def restarted(self, count: int) -> None:
        """Waits until it was restarted `count` times, or was given up."""
        while self.restarts < count and self.failure is None:
            self._changed.clear()
            await self._changed.wait()

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        short_runs = 0
        while self.process is not None and not self._stopping:
            began = loop.time()
            status = await self.process.wait()
            await self.process.stop()
            short_runs = 0 if loop.time() - began > _LASTS else short_runs + 1
            if not await self._again(status, short_runs):
                return
            self.restarts += 1
            self._changed.set()

    async def _again(self, status: int, attempt: int) -> bool:
        """Tries to start it until it works; False when it is given up."""
        self._report(f"{self._name} exited with {status}; restarting it")
        error: SandboxError | None = None
        for pause in PAUSES[min(attempt, len(PAUSES)) - 1 if attempt else 0 :]:
            await self._pause(pause)
            try:
                self.process = await self._start()
            except (ServerStartError, OSError) as failed:
                error = _explained(self._name, failed)
                self._report(f"{self._name} could not be restarted: {error.why}")
            else:
                self._report(f"{self._name} runs again")
                return True
        self.process = None
        self.failure = error
        self._changed.set()
        self._report(f"{self._name} was given up after {len(PAUSES)} attempts")
        return False


def _explained(name: str, error: SandboxError | OSError) -> SandboxError:
    if isinstance(error, SandboxError):
        return error
    remedy = "free some space in the state folder, then start the sandbox again"
    return ServerStartError(f"{name} could not be restarted", str(error), remedy)
