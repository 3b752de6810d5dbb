"""Invoking functions, and running their code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import msgspec

from sandbox.model.arn import Arn, function_arn
from sandbox.model.call import Caller
from sandbox.model.hops import Link
from sandbox.model.scope import Scope


class InvokeResult(msgspec.Struct, frozen=True):
    """How an invocation ended.

    Attributes:
        payload: what the function returned, or the error document.
        function_error: `Unhandled` when the function failed, else None.
        log: the lines of the invocation, oldest first; empty where another program ran it.
        request_id: the invocation's id.
        hop: hop of the invocation's end.
        version: the version that ran.
    """

    payload: bytes
    function_error: str | None
    log: Sequence[str]
    request_id: str
    hop: int
    version: str = "$LATEST"


class Invoker(Protocol):
    """Invokes a function, whichever engine runs it (implemented by the Lambda service)."""

    async def invoke(
        self,
        function: Arn,
        payload: bytes,
        *,
        cause: int | None,
        links: Sequence[Link] = (),
        trace: str | None = None,
    ) -> InvokeResult:
        """Runs it and waits for the answer.

        Raises:
            AwsError: no such function, throttled, payload too large, …
        """
        ...

    def accept(self, function: Arn, payload: bytes, *, cause: int | None, trace: str | None = None) -> int:
        """Queues an asynchronous invocation durably and returns its hop.

        Raises:
            AwsError: no such function, payload too large.
        """
        ...


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """All the runtime needs to run a function. Equal specs may share execution environments.

    Attributes:
        arn: ARN of the function, with the version where it is a published one.
        name, version: as in `AWS_LAMBDA_FUNCTION_NAME` and `AWS_LAMBDA_FUNCTION_VERSION`.
        code: folder holding the unpacked deployment package.
        code_key: changes whenever the content of `code` or `layers` may have changed; a new key means new
            environments.
        dependencies: folders put on `sys.path` after the code and the layers (resolved requirements).
        layers: folders that together are `/opt`; later ones lie over earlier ones.
        environment: the function's own variables.
        timeout: seconds.
        memory: MB; the limit on resident memory.
        tmp_size: MB of `/tmp`.
        role: ARN of the execution role.
        log_format: `Text` or `JSON`; with JSON the levels say what is written, of the function's own records
            (`TRACE` … `FATAL`) and of Lambda's (`DEBUG`, `INFO`, `WARN`).
    """

    arn: str
    name: str
    version: str
    scope: Scope
    runtime: str
    handler: str
    code: str
    code_key: str
    dependencies: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    timeout: float = 3.0
    memory: int = 128
    tmp_size: int = 512
    role: str = ""
    log_group: str = ""
    tracing: str = "PassThrough"
    layers: tuple[str, ...] = ()
    log_format: str = "Text"
    log_level: str = "INFO"
    system_log_level: str = "INFO"

    @property
    def function(self) -> str:
        """ARN of the function, whichever version it is."""
        return _function(self.scope, self.name)


@lru_cache(maxsize=1024)
def _function(scope: Scope, name: str) -> str:
    return str(function_arn(scope, name))


@dataclass(frozen=True, slots=True)
class Doom:
    """How an invocation is made to end, whatever its handler does.

    Attributes:
        kind: `crash` (its process is killed) or `timeout`.
        at: `start`, before the handler has the event, or `end`, when it has answered.
    """

    kind: str
    at: str


class InvocationRequest(msgspec.Struct, frozen=True):
    """One invocation of a function, as the runtime gets it.

    Attributes:
        invoked: the function's ARN as the caller named it, with version or alias; empty for the spec's.
    """

    request_id: str
    event: bytes
    hop: int
    trace: str
    client_context: str | None = None
    invoked: str = ""
    doom: Doom | None = None


class Outcome(msgspec.Struct, frozen=True):
    """How an invocation ended in its execution environment.

    Attributes:
        payload: the function's answer, or the error document (`errorType`, `errorMessage`, `stackTrace`).
        error: None, or `Unhandled`.
        kind: `ok`, `error` (the handler raised), `timeout`, `crash` (exit, signal), `memory`, `init-error`.
        duration_ms: real milliseconds in the handler. init_ms: of the cold start, None when warm.
        max_memory_mb: highest resident memory seen.
        log: the lines of this invocation, oldest first, START/END/REPORT included; all of them were handed
            on while it ran.
    """

    payload: bytes
    error: str | None
    kind: str
    duration_ms: float
    billed_ms: int
    max_memory_mb: int
    init_ms: float | None
    environment: str
    log_stream: str
    log: tuple[str, ...]


#: Takes log lines while an invocation runs: the name of the log stream, and each line with its virtual time
#: in seconds.
LogLines = Callable[[str, Sequence[tuple[float, str]]], None]


class Executor(Protocol):
    """Runs functions in execution environments (implemented by `runtime`)."""

    async def run(self, spec: FunctionSpec, request: InvocationRequest, log: LogLines) -> Outcome:
        """Runs one invocation in a warm environment of the spec, or a new one; never raises for user errors.

        Args:
            log: gets the lines of the invocation while it runs, every one of them before this returns.

        Raises:
            AwsError: the runtime named in the spec cannot be run here (`InvalidRuntimeException`).
        """
        ...

    async def retire(self, function: str) -> None:
        """Ends the idle environments of a function's ARN, or of a version's (it changed, or is gone)."""
        ...

    async def provision(self, spec: FunctionSpec, count: int, log: LogLines) -> None:
        """Starts environments ahead of need, and keeps that many; 0 lets them go like all others.

        Args:
            log: gets the lines that environments write while they start.

        Raises:
            AwsError: one of them cannot be started.
        """
        ...

    def provisioned(self, function: str) -> int:
        """How many environments are kept for a version's ARN now."""
        ...


class CallerDirectory(Protocol):
    """Who an access key belongs to (implemented by `runtime` for execution environments)."""

    def lookup(self, access_key: str) -> Caller | None:
        """The execution environment that owns the key, with the hop of the invocation it serves."""
        ...
