"""Watches the containers in which functions run: whose address is whose, and what they print.

One thread waits for Docker's events, one more for each container reads its output; both hand what they find
to the event loop. Nothing polls.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from docker.errors import DockerException

from sandbox.clock import Clock
from sandbox.engines.base import FunctionView
from sandbox.engines.docker.containers import LABEL, ROLE
from sandbox.engines.docker.hearing import Hearing
from sandbox.engines.docker.invocations import Invocations
from sandbox.model.arn import function_arn
from sandbox.model.call import Caller
from sandbox.model.hops import HopKind
from sandbox.model.ports import Recorder
from sandbox.model.scope import Scope
from sandbox.services.logs.service import LogLine

_KEPT_LINES = 5_000
_KEPT_ADDRESSES = 512
_ANSWERED = re.compile(r"POST /_localstack_lambda/(\w+)/invocations/([0-9a-f-]{36})/(response|error) => 202")
_START = re.compile(r"START RequestId: ([0-9a-f-]{36}) ")
_UNSAID = "the function failed; its log says how"


@dataclass(slots=True)
class _Environment:
    id: str
    function: str
    address: str
    pid: int
    stream: str
    executor: str
    invocations: int = 0
    current: int | None = None


class FunctionWatch:
    """The functions' containers of one project; implements `LogReader`.

    Args:
        project: the value of their label.
        clock: stamps lines.
        recorder: the journal.
        invocations: what LocalStack runs.
        hearing: takes the lines of LocalStack's log that tell of its inner life.
    """

    def __init__(
        self,
        project: str,
        clock: Clock,
        recorder: Recorder,
        invocations: Invocations,
        hearing: Hearing,
    ) -> None:
        self._recorder = recorder
        self._invocations = invocations
        self._hearing = hearing
        self._project = project
        self._clock = clock
        self._client: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._events: Any = None
        self._alive: dict[str, _Environment] = {}
        self._by_address: dict[str, _Environment] = {}
        self._by_executor: dict[str, _Environment] = {}
        self._lines: deque[LogLine] = deque(maxlen=_KEPT_LINES)
        self._followers: set[Callable[[LogLine], None]] = set()

    # --- life --------------------------------------------------------------------------------------------
    def start(self, client: Any, localstack: Any, loop: asyncio.AbstractEventLoop) -> None:
        """Begins to watch; functions' containers that exist already belong to nobody (they were swept).

        Args:
            localstack: its container, whose log tells of the ends of invocations.
        """
        self._client, self._loop = client, loop
        filters = {"type": "container", "label": [f"{LABEL}={self._project}", f"{ROLE}=function"]}
        self._events = client.events(decode=True, filters=filters)
        threading.Thread(target=self._watch, name="containers", daemon=True).start()
        threading.Thread(target=self._lines_of, args=(localstack, self._localstack_said), daemon=True).start()

    def stop(self) -> None:
        """Ends the watch; the threads end with the connections."""
        self._loop = None
        if self._events is not None:
            with suppress(Exception):
                self._events.close()

    # --- who is who --------------------------------------------------------------------------------------
    def caller_at(self, address: str, trace: str) -> Caller | None:
        """Whose container has an address, or had it last, and which invocation a call of it belongs to.

        Args:
            trace: the X-Ray header of the call; its SDK sends that of the invocation it serves.
        """
        environment = self._by_address.get(address)
        if environment is None:
            return None
        arn = _arn(environment.function)
        hop = self._invocations.of_call(trace) if self._hearing.heard else None
        if hop is None:
            hop = environment.current or self._begun(environment, arn)
        return Caller("", arn, arn, environment.id, hop)

    def _begun(self, environment: _Environment, arn: str) -> int | None:
        """Where LocalStack tells nothing, a container's first call tells that an invocation began."""
        if self._hearing.heard:
            return None
        environment.current = self._recorder.record(
            HopKind.INVOKE_START,
            Scope(),
            "lambda",
            resource=arn,
            function=arn,
            detail={"environment": environment.id},
        )
        return environment.current

    def environments(self) -> list[FunctionView]:
        """The containers that are alive."""
        return [
            FunctionView(
                env.id, str(function_arn(Scope(), env.function)), env.pid, "running", env.invocations, 0.0
            )
            for env in self._alive.values()
        ]

    # --- logs --------------------------------------------------------------------------------------------
    def follow(self, receive: Callable[[LogLine], None]) -> Callable[[], None]:
        """Calls `receive` with every line from now on; see `LogReader.follow`."""
        self._followers.add(receive)
        return lambda: self._followers.discard(receive)

    def newest(self, scope: Scope, groups: Sequence[str], limit: int) -> list[LogLine]:
        """The newest of the last few thousand lines; see `LogReader.newest`."""
        found = [line for line in self._lines if line.scope == scope and (not groups or line.group in groups)]
        return found[-limit:]

    def lines_caused_by(self, hop: int) -> list[str]:
        """Those of the last few thousand lines that an invocation wrote; see `LogReader.lines_caused_by`."""
        return [line.message for line in self._lines if line.cause == hop]

    def settle(self) -> None:
        """Nothing is held back here, and nothing stored; see `LogReader.settle`."""

    # --- in threads --------------------------------------------------------------------------------------
    def _watch(self) -> None:
        with suppress(Exception):  # the connection was closed: the engine ends
            for event in self._events:
                if event["Action"] == "start":
                    self._started(event["id"])
                elif event["Action"] == "die":
                    self._tell(self._ended, event["id"])

    def _started(self, container_id: str) -> None:
        try:
            container = self._client.containers.get(container_id)
        except DockerException:
            return  # it has ended already
        given = dict(pair.partition("=")[::2] for pair in container.attrs["Config"]["Env"])
        networks = container.attrs["NetworkSettings"]["Networks"].values()
        environment = _Environment(
            id=container.short_id,
            function=given.get("AWS_LAMBDA_FUNCTION_NAME", container.name),
            address=next((network["IPAddress"] for network in networks), ""),
            pid=container.attrs["State"]["Pid"],
            stream=given.get("AWS_LAMBDA_LOG_STREAM_NAME", container.short_id),
            executor=container.name.rpartition("-")[2],
        )
        self._tell(self._joined, container_id, environment)
        said = partial(self._printed, environment)
        threading.Thread(target=self._lines_of, args=(container, said), daemon=True).start()

    def _lines_of(self, container: Any, said: Callable[[str], None]) -> None:
        rest = b""
        with suppress(Exception):  # the container or the connection ended
            for chunk in container.logs(stream=True, follow=True):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._tell(said, line.decode(errors="replace"))

    def _tell(self, act: Callable[..., None], *args: Any) -> None:
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(act, *args)

    # --- on the loop -------------------------------------------------------------------------------------
    def _joined(self, container_id: str, environment: _Environment) -> None:
        self._alive[container_id] = environment
        self._by_executor[environment.executor] = environment
        self._by_address.pop(environment.address, None)
        while len(self._by_address) >= _KEPT_ADDRESSES:
            del self._by_address[next(iter(self._by_address))]
        self._by_address[environment.address] = environment

    def _ended(self, container_id: str) -> None:
        gone = self._alive.pop(container_id, None)
        if gone is not None:
            self._by_executor.pop(gone.executor, None)

    def _localstack_said(self, text: str) -> None:
        """LocalStack notes each answer of a function, with the id of its invocation."""
        if self._hearing.line(text):
            return
        found = _ANSWERED.search(text)
        environment = self._by_executor.get(found[1]) if found else None
        if found is None or environment is None:
            return
        environment.invocations += 1
        failed = found[3] == "error"
        known = self._invocations.known(found[2])
        if known is not None:
            # What a caller waits for is told with its answer.
            self._invocations.running(found[2], _facts(environment), self._clock.now())
            if known.operation == "Event":
                error = _UNSAID if failed else ""
                self._invocations.ended(found[2], self._clock.now(), error=error, payload="")
            return
        self._ended_unheard(environment, found[2], failed=failed)

    def _ended_unheard(self, environment: _Environment, request_id: str, *, failed: bool) -> None:
        arn = _arn(environment.function)
        self._recorder.record(
            HopKind.INVOKE_END,
            Scope(),
            "lambda",
            cause=environment.current,
            resource=arn,
            status="error" if failed else "ok",
            error=_UNSAID if failed else "",
            request_id=request_id,
            function=arn,
            detail=_facts(environment),
        )
        environment.current = None

    def _printed(self, environment: _Environment, text: str) -> None:
        start = _START.match(text)
        if start is not None:
            now = self._clock.now()
            environment.current = self._invocations.running(start[1], _facts(environment), now)
        line = LogLine(
            Scope(),
            f"/aws/lambda/{environment.function}",
            environment.stream,
            self._clock.now(),
            text,
            environment.current,
        )
        self._lines.append(line)
        for follower in tuple(self._followers):
            follower(line)


def _facts(environment: _Environment) -> dict[str, str]:
    return {"environment": environment.id, "log_stream": environment.stream}


def _arn(function: str) -> str:
    return str(function_arn(Scope(), function))
