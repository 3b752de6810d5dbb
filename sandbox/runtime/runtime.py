"""The Lambda runtime: leases a warm execution environment for each invocation, or starts a new one."""

from __future__ import annotations

import asyncio
import shutil
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sandbox.clock import Clock
from sandbox.errors import DependencyError
from sandbox.model.awserror import AwsError
from sandbox.model.call import Caller
from sandbox.model.ids import Ids
from sandbox.model.ports import FunctionSpec, InvocationRequest, LogLines, Outcome
from sandbox.runtime.connected import holder_of
from sandbox.runtime.crowd import Crowd
from sandbox.runtime.dependencies import Dependencies
from sandbox.runtime.environ import Credentials
from sandbox.runtime.environment import Ending, EndKind, Environment
from sandbox.runtime.execs import default_start_method
from sandbox.runtime.families import family_of
from sandbox.runtime.interpreters import Interpreters
from sandbox.runtime.launch import LaunchError
from sandbox.runtime.live_log import LiveLog, LiveLogs
from sandbox.runtime.outcome import outcome_of
from sandbox.runtime.platform_log import PlatformLog, platform_log
from sandbox.runtime.pool import Pool
from sandbox.runtime.provisions import Provisions
from sandbox.runtime.report import log_stream_name
from sandbox.runtime.starter import Starter
from sandbox.runtime.starts import Start, Starts

#: Seconds of the init phase; what takes longer starts again inside the invocation, under its timeout.
INIT_SECONDS = 10.0
#: Real seconds an environment stays warm without work.
IDLE_SECONDS = 300.0

_REMEMBERED_KEYS = 2000


@dataclass(frozen=True, slots=True)
class EnvironmentView:
    """An execution environment as `status` shows it."""

    id: str
    function: str
    pid: int
    state: str
    invocations: int
    memory_mb: int


def _unheard(stream: str, lines: Sequence[tuple[float, str]]) -> None:
    """For who does not listen: the outcome has the lines too."""


class LambdaRuntime:
    """Runs functions in execution environments; implements the ports `Executor` and `CallerDirectory`.

    Args:
        workdir: folder for what lives as long as the sandbox; emptied by `start` and `stop`.
        endpoint: gives the URL of the front door, for the functions' SDKs.
        clock: measures durations and dates log streams; function timeouts are real time.
        interpreters: finds the interpreter of a runtime.
        dependencies: provides the runtime's own packages.
        ids: makes ids and credentials.
        on_notice: told what a user should know (a missing interpreter, no private /tmp).
        start_method: `fork` or `exec`.
        idle_seconds: real seconds an environment stays warm without work.
        init_seconds: real seconds of the init phase.
    """

    def __init__(
        self,
        *,
        workdir: Path,
        endpoint: Callable[[], str],
        clock: Clock,
        interpreters: Interpreters,
        dependencies: Dependencies,
        ids: Ids,
        on_notice: Callable[[str], None],
        start_method: str = default_start_method(),
        idle_seconds: float = IDLE_SECONDS,
        init_seconds: float = INIT_SECONDS,
    ) -> None:
        self._workdir = workdir
        self._clock = clock
        self._ids = ids
        self._idle_seconds = idle_seconds
        self._init_seconds = init_seconds
        self._starter = Starter(
            workdir=workdir,
            endpoint=endpoint,
            interpreters=interpreters,
            dependencies=dependencies,
            on_notice=on_notice,
            start_method=start_method,
        )
        self._starts = Starts()
        self._crowd = Crowd()
        self._live = LiveLogs(clock)
        self._pools: dict[FunctionSpec, Pool] = {}
        self._keys: OrderedDict[str, Environment] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._provisions = Provisions(self._start_provisioned, self._starter.notice, lambda: self._stopping)

    # --- life --------------------------------------------------------------------------------------------
    async def start(self) -> None:
        """Clears what a crashed sandbox left; starts no process before the first invocation needs one."""
        await asyncio.to_thread(_empty, self._workdir)
        self._stopping = False

    async def stop(self) -> None:
        """Kills every process the functions run in, and removes their folders."""
        self._stopping = True
        for pool in list(self._pools.values()):
            for environment in list(pool.all):
                self._end_soon(environment)
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._starter.close()
        self._pools.clear()
        self._keys.clear()
        await asyncio.to_thread(shutil.rmtree, self._workdir, ignore_errors=True)

    async def prepare(self, runtimes: list[str]) -> None:
        """Puts the runtime's own packages into the cache, so that invocations need no network.

        Raises:
            DependencyError: they could not be installed.
            AwsError: a runtime cannot be run here.
        """
        for runtime in runtimes:
            await self._starter.prepare(runtime)

    async def warm_up(self, spec: FunctionSpec) -> None:
        """Starts the zygote that a function needs, without an environment: its first cold start is a fork.

        Raises:
            AwsError: the function cannot be run here.
        """
        try:
            await self._starter.warm_up(spec)
        except (LaunchError, DependencyError, OSError) as error:
            raise _cannot_run(spec, error) from error

    # --- the ports ---------------------------------------------------------------------------------------
    async def run(self, spec: FunctionSpec, request: InvocationRequest, log: LogLines = _unheard) -> Outcome:
        """Runs one invocation in a warm environment of the spec, or a new one.

        Args:
            log: gets the lines of the invocation while it runs.

        Raises:
            AwsError: the runtime named in the spec cannot be run here (`InvalidRuntimeException`).
        """
        family_of(spec.runtime)
        pool = self._pool(spec)
        live = self._live.begin(log)
        ticket = await self._crowd.enter()
        try:
            while True:
                turn = pool.take() or await self._starts.turn(pool, partial(self._rest, pool))
                if isinstance(turn, Start):
                    return await self._run_cold(spec, pool, request, live, turn)
                live.write_to(turn.log_stream)
                outcome = await self._invoke(pool, turn, request, spec.timeout, live)
                if outcome is not None:
                    return outcome
        finally:
            self._crowd.leave(ticket)
            live.flush()

    async def retire(self, function: str) -> None:
        """Ends the idle environments of a function now, the busy ones when their invocation has ended."""
        for spec, pool in list(self._pools.items()):
            if spec.arn == function:
                self._retire_pool(spec, pool)
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def retire_all(self) -> None:
        """Ends every environment, and waits until they are gone; zygotes stay, so that new ones are forks."""
        for spec, pool in list(self._pools.items()):
            self._retire_pool(spec, pool)
            for environment in list(pool.all):  # its invocation is given up by whoever asks for this
                self._end_soon(environment)
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self._pools.clear()
        self._keys.clear()

    def lookup(self, access_key: str) -> Caller | None:
        """The execution environment that owns the key; those that have ended are remembered for a while."""
        environment = self._keys.get(access_key)
        return environment.caller() if environment is not None else None

    def connected(self, function: str, port: int) -> Environment | None:
        """The environment of a function (by its ARN) that is connected from a port of this machine."""
        pools = self._pools.items()
        return holder_of((one for spec, pool in pools if spec.function == function for one in pool.all), port)

    # --- what is running ---------------------------------------------------------------------------------
    def snapshot(self) -> list[EnvironmentView]:
        """The execution environments there are now."""
        return [
            EnvironmentView(
                environment.id,
                spec.function,
                environment.pid,
                "busy" if environment.busy else "idle",
                environment.invocations,
                environment.memory_mb(),
            )
            for spec, pool in self._pools.items()
            for environment in pool.all
            if environment.pid is not None
        ]

    def processes(self) -> list[tuple[str, int]]:
        """Name and pid of every process the functions run in."""
        workers = [
            (f"lambda {spec.name}", environment.pid)
            for spec, pool in self._pools.items()
            for environment in pool.all
            if environment.pid is not None
        ]
        return [*self._starter.processes(), *workers]

    # --- cold --------------------------------------------------------------------------------------------
    async def _run_cold(
        self,
        spec: FunctionSpec,
        pool: Pool,
        request: InvocationRequest,
        live: LiveLog,
        start: Start | None = None,
    ) -> Outcome:
        platform = self._platform(spec)
        try:
            environment = await self._begin(spec, pool, request)
            live.write_to(environment.log_stream)
            live.extend(platform.init_start("on-demand"))
            ending = await self._initialise(environment, self._init_seconds, live)
        finally:
            if start is not None:
                start.over()
        init_ms: float | None = ending.duration_ms
        budget = spec.timeout
        if ending.kind is not EndKind.OK:
            # AWS tries once more inside the invocation, whose timeout then covers both.
            live.extend(platform.init_failed(ending.duration_ms, "init", ending.error_type))
            environment = await self._begin(spec, pool, request, environment.log_stream)
            ending = await self._initialise(environment, spec.timeout, live)
            init_ms = None
            budget = max(0.001, spec.timeout - ending.duration_ms / 1000)
            if ending.kind is not EndKind.OK:
                live.extend(platform.init_failed(ending.duration_ms, "invoke", ending.error_type))
                live.extend(platform.start(request.request_id))
                real_now = self._clock.real_now()
                return outcome_of(environment, request, ending, live, platform, None, real_now)
        outcome = await self._invoke(pool, environment, request, budget, live, init_ms)
        if outcome is None:  # it asked for work and died: the next attempt starts from nothing
            return await self._run_cold(spec, pool, request, live)
        return outcome

    async def _begin(
        self,
        spec: FunctionSpec,
        pool: Pool,
        request: InvocationRequest | None,
        log_stream: str = "",
        *,
        provisioned: bool = False,
    ) -> Environment:
        unique = self._ids.hex(32)
        environment = Environment(
            id=unique,
            spec=spec,
            credentials=Credentials.make(self._ids),
            log_stream=log_stream or log_stream_name(spec.version, self._clock.now(), unique),
            clock=self._clock,
            on_end=lambda ended: self._forget(pool, ended),
        )
        environment.hop = None if request is None else request.hop
        environment.provisioned = provisioned
        pool.all.add(environment)
        self._keys[environment.credentials.access_key] = environment
        while len(self._keys) > _REMEMBERED_KEYS:
            self._keys.popitem(last=False)
        try:
            if self._stopping:
                raise LaunchError("the sandbox is stopping")
            await self._starter.launch(environment)
        except (LaunchError, DependencyError, OSError) as error:
            self._end_soon(environment)
            environment.discard_log()
            raise _cannot_run(spec, error) from error
        except BaseException:
            self._end_soon(environment)
            environment.discard_log()
            raise
        return environment

    async def _initialise(self, environment: Environment, limit: float, live: LiveLog) -> Ending:
        environment.log.give_to(live.extend)
        try:
            ending = await environment.initialise(limit)
        except asyncio.CancelledError:
            self._end_soon(environment)
            environment.discard_log()
            raise
        environment.log.settle()
        if ending.kind is not EndKind.OK:
            await environment.end()
            environment.discard_log()
        return ending

    # --- warm --------------------------------------------------------------------------------------------
    async def _invoke(
        self,
        pool: Pool,
        environment: Environment,
        request: InvocationRequest,
        limit: float,
        live: LiveLog,
        init_ms: float | None = None,
    ) -> Outcome | None:
        platform = self._platform(environment.spec)

        def started() -> None:
            live.extend(platform.start(request.request_id))
            environment.log.give_to(live.extend)

        try:
            ending = await environment.invoke(request, limit, started)
        except asyncio.CancelledError:
            self._end_soon(environment)
            environment.log.settle()
            environment.discard_log()
            raise
        if ending is None:
            environment.discard_log()
            return None
        environment.log.settle()
        survives = ending.kind in (EndKind.OK, EndKind.ERROR)
        outcome = outcome_of(environment, request, ending, live, platform, init_ms, self._clock.real_now())
        current = self._pools.get(environment.spec) is pool
        if survives and current and not environment.ended and not environment.retired:
            self._rest(pool, environment)
        else:
            self._end_soon(environment)
            environment.discard_log()
        return outcome

    def _platform(self, spec: FunctionSpec) -> PlatformLog:
        return platform_log(spec, self._clock.now)

    def _rest(self, pool: Pool, environment: Environment) -> None:
        def expire(idle: Environment) -> None:
            pool.leave(idle)
            self._end_soon(idle)
            idle.discard_log()

        pool.rest(environment, self._idle_seconds, expire)

    # --- provisioned -------------------------------------------------------------------------------------
    async def provision(self, spec: FunctionSpec, count: int, log: LogLines) -> None:
        """Starts environments ahead of need, and keeps that many; see `Executor.provision`.

        Raises:
            AwsError: one of them cannot be started.
        """
        family_of(spec.runtime)
        pool = self._pool(spec)
        pool.log = log
        for environment in self._provisions.ask(pool, count):
            self._rest(pool, environment)
        await self._provisions.replenish(spec, pool)

    def provisioned(self, function: str) -> int:
        """How many environments are kept for a version's ARN now; see `Executor.provisioned`."""
        return sum(pool.ready for spec, pool in self._pools.items() if spec.arn == function)

    async def _start_provisioned(self, spec: FunctionSpec, pool: Pool) -> None:
        live = self._live.begin(pool.log or _unheard)
        environment = await self._begin(spec, pool, None, provisioned=True)
        live.write_to(environment.log_stream)
        platform = self._platform(spec)
        live.extend(platform.init_start("provisioned-concurrency"))
        try:
            ending = await self._initialise(environment, self._init_seconds, live)
            if ending.kind is not EndKind.OK:
                live.extend(platform.init_failed(ending.duration_ms, "init", ending.error_type))
                raise _cannot_run(spec, LaunchError(f"{ending.error_type}: {ending.message}"))
        finally:
            live.flush()
        self._rest(pool, environment)

    def _replace(self, pool: Pool, environment: Environment) -> None:
        """A provisioned environment has ended by itself: another one takes its place."""
        spec = environment.spec
        if environment.ready and self._pools.get(spec) is pool and not self._stopping:
            task = asyncio.get_running_loop().create_task(self._provisions.replace(spec, pool))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    # --- ending ------------------------------------------------------------------------------------------
    def _pool(self, spec: FunctionSpec) -> Pool:
        pool = self._pools.get(spec)
        if pool is None:
            for old, stale in list(self._pools.items()):
                if old.arn == spec.arn:
                    self._retire_pool(old, stale)
            pool = self._pools[spec] = Pool()
        return pool

    def _retire_pool(self, spec: FunctionSpec, pool: Pool) -> None:
        pool.wanted = 0
        for environment in list(pool.all):
            environment.retired = True
        for environment in list(pool.idle):
            pool.leave(environment)
            self._end_soon(environment)
            environment.discard_log()
        if not pool.all:
            self._pools.pop(spec, None)

    def _end_soon(self, environment: Environment) -> None:
        task = asyncio.get_running_loop().create_task(environment.end())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _forget(self, pool: Pool, environment: Environment) -> None:
        if pool.forget(environment):  # it died while it was idle
            environment.discard_log()
        self._starter.forget(environment)
        if environment.provisioned:
            self._replace(pool, environment)


def _cannot_run(spec: FunctionSpec, error: Exception) -> AwsError:
    return AwsError(
        "InvalidRuntimeException", f"sandbox cannot run {spec.name} on {spec.runtime}: {error}", status=502
    )


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
