"""One execution environment: a worker, its Runtime API, its identity and its log, from start to end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sandbox.clock import Clock
from sandbox.model.arn import Arn, is_arn, parse_arn
from sandbox.model.call import Caller
from sandbox.model.ports import Doom, FunctionSpec, InvocationRequest
from sandbox.runtime.alarm import Alarm
from sandbox.runtime.api import RESPONSE_LIMIT, NextPoll, Refusal, RuntimeApi
from sandbox.runtime.environ import Credentials
from sandbox.runtime.launch import Launcher, Worker
from sandbox.runtime.logs import LogPipe
from sandbox.runtime.memory import MemoryMeter, MemoryWatch, to_megabytes
from sandbox.runtime.report import (
    EXIT_ERROR,
    OUT_OF_MEMORY,
    TIMED_OUT,
    TOO_LARGE,
    TOO_LARGE_MESSAGE,
    describe_exit,
    error_document,
    timeout_text,
)

#: Event-loop turns an exit waits, so that what the worker sent before it died is read first.
_SETTLING_TURNS = 3


class EndKind(StrEnum):
    """How an initialisation or an invocation ended."""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"
    CRASH = "crash"
    MEMORY = "memory"
    INIT_ERROR = "init-error"


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of an initialisation or an invocation.

    Attributes:
        payload: the answer, or the error document of the runtime.
        error_type, message: of the environment itself where it failed; empty where the handler raised.
        duration_ms: real milliseconds.
    """

    kind: EndKind
    payload: bytes
    error_type: str
    duration_ms: float
    message: str = ""


class Environment:
    """Runs the invocations of one function, one after the other.

    Args:
        id: its id; also the unique part of its log stream's name.
        spec: the function.
        credentials: its identity.
        log_stream: its log stream.
        clock: measures durations.
        on_end: called once when the worker has ended, however it came.
    """

    def __init__(
        self,
        *,
        id: str,
        spec: FunctionSpec,
        credentials: Credentials,
        log_stream: str,
        clock: Clock,
        on_end: Callable[[Environment], None],
    ) -> None:
        self.id = id
        self.spec = spec
        self.credentials = credentials
        self.log_stream = log_stream
        self.invocations = 0
        self.hop: int | None = None
        self.retired = False
        self.provisioned = False
        self.busy = False
        self.log = LogPipe()
        self.api: RuntimeApi | None = None
        self._clock = clock
        self._on_end = on_end
        self._launcher: Launcher | None = None
        self._worker: Worker | None = None
        self._meter: MemoryMeter | None = None
        self._watch: MemoryWatch | None = None
        self._poll: NextPoll | None = None
        self._request: InvocationRequest | None = None
        self._on_start: Callable[[], None] = lambda: None
        self._waiting: asyncio.Future[Ending] | None = None
        self._initialising = True
        self._current = ""
        self._limit = 0.0
        self._began = clock.elapsed()
        self._deadline = Alarm(self._out_of_time)
        self._doom: EndKind | None = None
        #: How the invocation in progress is made to end.
        self._fate: Doom | None = None
        self.ended = False

    # --- life --------------------------------------------------------------------------------------------
    async def listen(self) -> str:
        """Opens the Runtime API and returns its address."""
        self.api = await RuntimeApi.open(self)
        return self.api.address

    def mark_launch(self) -> None:
        """The initialisation is measured from here."""
        self._began = self._clock.elapsed()

    def adopt(self, launcher: Launcher, worker: Worker) -> None:
        """Takes charge of the worker that was started for this environment."""
        self._launcher = launcher
        self._worker = worker
        self._meter = MemoryMeter(worker.pid)
        self._watch = MemoryWatch(self._meter, self.spec.memory, self._out_of_memory)
        self.log.close_writer()
        worker.ended.add_done_callback(lambda _: self._settle_exit(_SETTLING_TURNS))

    async def initialise(self, limit: float) -> Ending:
        """Waits until the runtime asks for its first invocation.

        Args:
            limit: seconds it may take.
        """
        self.busy = True
        return await self._wait_for_end(limit)

    async def invoke(
        self, request: InvocationRequest, limit: float, on_start: Callable[[], None]
    ) -> Ending | None:
        """Runs one invocation.

        Args:
            limit: seconds it may take.
            on_start: called when the worker takes the request.

        Returns:
            How it ended, or None when the worker was found dead before it took the request.
        """
        if self.ended:
            return None
        self._request = request
        self._on_start = on_start
        self._fate = request.doom
        self._current = request.request_id
        self._limit = limit
        self._began = self._clock.elapsed()
        self.busy = True
        self.hop = request.hop
        self._hand_over(limit)
        ending = await self._wait_for_end(limit)
        if ending.kind is EndKind.CRASH and self._request is not None:
            self._request = None
            return None
        self._request = None
        return ending

    async def end(self) -> None:
        """Kills the worker and everything it started, and waits until they are gone."""
        self.retired = True
        if self._worker is not None and self._launcher is not None and not self._worker.ended.done():
            self._launcher.kill(self.id, self._worker)
            await self._worker.ended
        self._close()

    def _close(self) -> None:
        if self.ended:
            return
        self.ended = True
        self._deadline.close()
        if self._watch is not None:
            self._watch.close()
        if self._meter is not None:
            self._meter.close()
        if self.api is not None:
            self.api.close()
        self._on_end(self)

    def discard_log(self) -> None:
        """Frees the log pipe; nothing more will be read from it."""
        self.log.close()

    # --- what others see ---------------------------------------------------------------------------------
    @property
    def pid(self) -> int | None:
        """The worker's process, while it lives."""
        return None if self._worker is None or self._worker.ended.done() else self._worker.pid

    def caller(self) -> Caller:
        """Who a call signed with this environment's key comes from."""
        role = parse_arn(self.spec.role).name if is_arn(self.spec.role) else self.spec.name
        arn = Arn("sts", "", self.spec.scope.account, f"assumed-role/{role}/{self.spec.name}")
        return Caller(self.credentials.access_key, str(arn), self.spec.function, self.id, self.hop)

    @property
    def ready(self) -> bool:
        """Whether it has been initialised."""
        return not self._initialising

    def memory_mb(self) -> int:
        """The highest resident memory until now, in MB."""
        return 0 if self._meter is None or self.ended else to_megabytes(self._meter.peak())

    def max_memory_mb(self) -> int:
        """The highest resident memory seen by the end of the last invocation, in MB."""
        if self._meter is None:
            return 0
        seen = self._meter.seen
        return (
            min(to_megabytes(seen), self.spec.memory) if self._doom is EndKind.MEMORY else to_megabytes(seen)
        )

    # --- the course of an invocation ---------------------------------------------------------------------
    def _hand_over(self, limit: float) -> None:
        if self._request is None or self._poll is None:
            return
        poll, request = self._poll, self._request
        if not poll.open:
            return
        self._poll = None
        deadline = int((self._clock.real_now() + limit) * 1000)
        headers = {
            "Lambda-Runtime-Aws-Request-Id": request.request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": request.invoked or self.spec.arn,
            "Lambda-Runtime-Trace-Id": request.trace,
        }
        if request.client_context:
            headers["Lambda-Runtime-Client-Context"] = request.client_context
        self.invocations += 1
        self._request = None
        self._on_start()
        self._began = self._clock.elapsed()
        if self._fate is not None and self._fate.at == "start":
            asyncio.get_running_loop().call_soon(self._meet_fate, self._fate)
            return
        poll.answer(headers, request.event)
        if self._watch is not None:
            self._watch.start()

    async def _wait_for_end(self, limit: float) -> Ending:
        self._limit = limit
        self._waiting = asyncio.get_running_loop().create_future()
        self._deadline.set(limit)
        try:
            return await self._waiting
        finally:
            self._deadline.clear()
            self._waiting = None
            self._current = ""
            if self._watch is not None:
                self._watch.stop()

    def _finish(self, kind: EndKind, payload: bytes, error_type: str = "", message: str = "") -> None:
        if self._waiting is not None and not self._waiting.done():
            duration = (self._clock.elapsed() - self._began) * 1000
            self._waiting.set_result(Ending(kind, payload, error_type, duration, message))

    def _finish_in_memory(self, kind: EndKind, payload: bytes) -> None:
        # A burst between two looks of the watch still counts: the kernel remembers the peak.
        if self._meter is not None and to_megabytes(self._meter.peak()) > self.spec.memory:
            self._out_of_memory()
        else:
            self._finish(kind, payload)

    def _read_memory(self) -> None:
        if self._meter is not None:
            self._meter.peak()

    def _out_of_time(self) -> None:
        self._doom = EndKind.TIMEOUT
        self._read_memory()
        self._finish(EndKind.TIMEOUT, b"", TIMED_OUT, timeout_text(self._limit))

    def _out_of_memory(self) -> None:
        self._doom = EndKind.MEMORY
        self._finish(EndKind.MEMORY, b"", OUT_OF_MEMORY, describe_exit(-signal.SIGKILL))

    def _meet_fate(self, fate: Doom) -> None:
        if fate.kind == "timeout":
            self._out_of_time()
        else:
            self._finish(EndKind.CRASH, b"", EXIT_ERROR, describe_exit(-signal.SIGKILL))

    def _settle_exit(self, turns: int) -> None:
        if turns > 0:
            asyncio.get_running_loop().call_soon(self._settle_exit, turns - 1)
            return
        assert self._worker is not None  # only a worker that ended leads here
        self._finish(EndKind.CRASH, b"", EXIT_ERROR, describe_exit(self._worker.ended.result()))
        self._close()

    # --- the runtime's side ------------------------------------------------------------------------------
    def runtime_wants_next(self, connection: NextPoll) -> Refusal | None:
        """The runtime is ready for an invocation."""
        self._poll = connection
        if self._initialising:
            self._initialising = False
            self._read_memory()
            self._finish(EndKind.OK, b"")
        else:
            self._hand_over(self._limit)
        return None

    def runtime_responded(self, request_id: str, body: bytes) -> Refusal | None:
        """The handler returned."""
        if request_id != self._current:
            return _unknown(request_id)
        if self._fate is not None:
            self._meet_fate(self._fate)
            return None
        if len(body) > RESPONSE_LIMIT:
            self._finish(EndKind.ERROR, error_document(TOO_LARGE, TOO_LARGE_MESSAGE))
            return Refusal(413, "RequestEntityTooLarge", TOO_LARGE_MESSAGE)
        self._finish_in_memory(EndKind.OK, body)
        return None

    def runtime_failed(self, request_id: str, body: bytes, error_type: str) -> Refusal | None:
        """The handler raised."""
        if request_id != self._current:
            return _unknown(request_id)
        if self._fate is not None:
            self._meet_fate(self._fate)
            return None
        self._finish_in_memory(EndKind.ERROR, body or error_document(error_type or "Unhandled", ""))
        return None

    def runtime_failed_init(self, body: bytes, error_type: str) -> Refusal | None:
        """The function could not be loaded."""
        self._read_memory()
        if not self._initialising:
            return Refusal(403, "InvalidStateTransition", "the initialisation has ended")
        self._finish(EndKind.INIT_ERROR, body, error_type or "Runtime.Unknown")
        return None


def _unknown(request_id: str) -> Refusal:
    return Refusal(400, "InvalidRequestID", f"{request_id} is not the invocation in progress")
