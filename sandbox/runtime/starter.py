"""Starting the worker of an environment: which interpreter, packages and zygote, with what around it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox.model.ports import FunctionSpec
from sandbox.runtime.dependencies import Dependencies
from sandbox.runtime.environ import environment_variables
from sandbox.runtime.environment import Environment
from sandbox.runtime.execs import ExecLauncher
from sandbox.runtime.families import Family, family_of, node_version, python_version
from sandbox.runtime.interpreters import Interpreter, Interpreters
from sandbox.runtime.launch import (
    BARE_ENVIRONMENT,
    LOG_FD,
    OPT,
    Launcher,
    LaunchError,
    WorkerOrder,
    remove_folder,
)
from sandbox.runtime.nodes import Nodes, node_command, sdk_folder
from sandbox.runtime.opt import OptFolders, bootstrap, python_folders
from sandbox.runtime.preload import choose
from sandbox.runtime.zygotes import ForkLauncher

#: RLIMIT_DATA above a function's memory, in MB: a backstop only, the stacks of its threads count in it.
_DATA_HEADROOM_MB = 4096
#: Real seconds a zygote stays without workers.
_ZYGOTE_IDLE_SECONDS = 900.0

_TMP = Path("/tmp")


@dataclass(frozen=True, slots=True)
class _Base:
    """What a zygote is made for: workers of equal bases come from the same one."""

    runtime: str
    interpreter: Interpreter
    sys_path: tuple[str, ...]
    preload: tuple[str, ...]


class Starter:
    """Starts workers, and keeps the launchers they come from.

    Args:
        workdir: folder for logs of launchers and for temporary files where `/tmp` cannot be private.
        endpoint: gives the URL of the front door.
        interpreters, dependencies: where Python and its packages come from.
        on_notice: told what a user should know; each notice once.
        start_method: `fork` or `exec`.
    """

    def __init__(
        self,
        *,
        workdir: Path,
        endpoint: Callable[[], str],
        interpreters: Interpreters,
        dependencies: Dependencies,
        on_notice: Callable[[str], None],
        start_method: str,
    ) -> None:
        if start_method not in ("fork", "exec"):
            raise ValueError(f"start_method is fork or exec, not {start_method!r}")
        self._workdir = workdir
        self._endpoint = endpoint
        self._interpreters = interpreters
        self._dependencies = dependencies
        self._tell = on_notice
        self._start_method = start_method
        self.noticed: set[str] = set()
        self._launchers: dict[_Base, Launcher] = {}
        self._users: dict[_Base, set[str]] = {}
        self._idle: dict[_Base, asyncio.TimerHandle] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._nodes = Nodes(self.notice)
        self._opt = OptFolders(workdir / "opt")
        self._numbers = itertools.count(1)

    async def prepare(self, runtime: str) -> None:
        """Puts a runtime's own packages into the cache.

        Raises:
            AwsError: the runtime cannot be run here.
            DependencyError: its packages cannot be installed.
        """
        if family_of(runtime) is Family.PYTHON:
            await self._dependencies.base_set(await self._interpreters.find(python_version(runtime)))

    async def warm_up(self, spec: FunctionSpec) -> None:
        """Starts the zygote of a function, so that its first cold start is a fork.

        Raises:
            LaunchError, OSError, DependencyError: as `launch`.
        """
        base = await self._base(spec)
        launcher = self._launcher(base, "")
        self._leave(base, "")
        await launcher.warm_up()

    async def launch(self, environment: Environment) -> None:
        """Starts the worker of an environment.

        Raises:
            LaunchError, OSError: it cannot be started.
            DependencyError: the runtime's own packages cannot be installed.
        """
        spec = environment.spec
        _check_folders(spec)
        base = await self._base(spec)
        opt = await self._opt.of(spec)
        argv = await self._command(spec, opt)
        address = await environment.listen()
        variables = environment_variables(
            spec,
            environment.credentials,
            endpoint=self._endpoint(),
            api=address,
            log_stream=environment.log_stream,
            log_fd=None if argv else LOG_FD,
            provisioned=environment.provisioned,
        )
        if family_of(spec.runtime) is Family.NODE and (sdk := sdk_folder(argv[0])):
            variables["NODE_PATH"] += f":{sdk}"
        launcher = self._launcher(base, environment.id)
        environment.mark_launch()
        order = self._order(spec, base, environment.id, variables, opt, argv)
        worker = await launcher.launch(order, environment.log.writer)
        environment.adopt(launcher, worker)

    def forget(self, environment: Environment) -> None:
        """The environment has ended: its folder goes, and its zygote too when it stays without workers."""
        remove_folder(self._tmp_folder(environment.id))
        for base, users in self._users.items():
            if environment.id in users:
                self._leave(base, environment.id)
                return

    def _leave(self, base: _Base, user: str) -> None:
        users = self._users[base]
        users.discard(user)
        if not users:
            loop = asyncio.get_running_loop()
            self._idle[base] = loop.call_later(_ZYGOTE_IDLE_SECONDS, self._drop, base)

    async def close(self) -> None:
        """Ends every launcher with all its workers."""
        for handle in self._idle.values():
            handle.cancel()
        self._idle.clear()
        for base in list(self._launchers):
            self._drop(base)
        await asyncio.gather(*self._closing, return_exceptions=True)

    def processes(self) -> list[tuple[str, int]]:
        """Name and pid of the zygotes."""
        return [process for launcher in self._launchers.values() for process in launcher.processes()]

    # --- inside ------------------------------------------------------------------------------------------
    async def _base(self, spec: FunctionSpec) -> _Base:
        if family_of(spec.runtime) is not Family.PYTHON:
            own = await self._interpreters.own()
            return _Base("provided", own, (), ())
        interpreter = await self._interpreters.find(python_version(spec.runtime))
        packages = await self._dependencies.base_set(interpreter)
        folders = (*spec.dependencies, packages)
        opt = await self._opt.of(spec)
        held = (spec.code, *(python_folders(opt, interpreter.version) if opt else ()))
        chosen = choose(folders, held, (name for name, _ in spec.environment))
        return _Base(spec.runtime, interpreter, folders, chosen if self._start_method == "fork" else ())

    async def _command(self, spec: FunctionSpec, opt: str) -> tuple[str, ...]:
        """What an environment executes; nothing for Python, which goes on in the forked process."""
        family = family_of(spec.runtime)
        if family is Family.PYTHON:
            return ()
        if family is Family.NODE:
            return node_command(await self._nodes.find(node_version(spec.runtime)), spec.memory)
        return (bootstrap(spec.code, opt),)

    def _launcher(self, base: _Base, user: str) -> Launcher:
        handle = self._idle.pop(base, None)
        if handle is not None:
            handle.cancel()
        self._users.setdefault(base, set()).add(user)
        launcher = self._launchers.get(base)
        if launcher is None:
            launcher = self._launchers[base] = self._make_launcher(base)
        return launcher

    def _make_launcher(self, base: _Base) -> Launcher:
        if self._start_method == "exec":
            self.notice(
                "functions start by exec here: each gets a folder of its own in TMPDIR instead of a /tmp, "
                "without a size limit"
            )
            return ExecLauncher(base.interpreter.path)
        return ForkLauncher(
            name=f"zygote {base.runtime}",
            interpreter=base.interpreter.path,
            environ={**BARE_ENVIRONMENT, "AWS_EXECUTION_ENV": f"AWS_Lambda_{base.runtime}"},
            sys_path=base.sys_path,
            preload=base.preload,
            log_path=self._workdir / f"zygote-{next(self._numbers)}.log",
            on_notice=self.notice,
        )

    def _order(
        self,
        spec: FunctionSpec,
        base: _Base,
        identifier: str,
        variables: dict[str, str],
        opt: str,
        argv: tuple[str, ...],
    ) -> WorkerOrder:
        own_path = [part for part in variables.get("PYTHONPATH", "").split(":") if part]
        # The interpreter as it was started (`sys.executable`), and as it really is behind its links.
        started = Path(base.interpreter.path)
        homes = (str(started.parent.parent), str(started.resolve().parent.parent))
        programs = tuple(str(Path(part).resolve().parent) for part in argv if part.startswith("/"))
        needed = (spec.code, *base.sys_path, *homes, *programs)
        hidden = tuple(path for path in needed if Path(path).is_relative_to(_TMP))
        layers = python_folders(OPT, base.interpreter.version) if opt and not argv else ()
        return WorkerOrder(
            id=identifier,
            environ=variables,
            cwd=spec.code,
            handler=spec.handler,
            sys_path=(spec.code, *own_path, *layers, *base.sys_path),
            # A function whose own folder is /tmp itself cannot have another one mounted over it.
            tmp_mb=0 if any(Path(path) == _TMP for path in hidden) else spec.tmp_size,
            keep=hidden,
            data_bytes=(spec.memory + _DATA_HEADROOM_MB) * 1024 * 1024,
            tmp_fallback=self._tmp_folder(identifier),
            opt=opt,
            keep_opt=tuple(path for path in needed if Path(path).is_relative_to(OPT)),
            argv=argv,
        )

    def _tmp_folder(self, identifier: str) -> str:
        return str(self._workdir / "tmp" / identifier)

    def _drop(self, base: _Base) -> None:
        self._idle.pop(base, None)
        self._users.pop(base, None)
        launcher = self._launchers.pop(base, None)
        if launcher is not None:
            task = asyncio.get_running_loop().create_task(launcher.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def notice(self, text: str) -> None:
        """Tells a user something, once."""
        if text not in self.noticed:
            self.noticed.add(text)
            self._tell(text)


def _check_folders(spec: FunctionSpec) -> None:
    for path in (spec.code, *spec.layers, *spec.dependencies):
        if not Path(path).is_dir():
            raise LaunchError(f"{path} is not a folder; deploy the function again")
