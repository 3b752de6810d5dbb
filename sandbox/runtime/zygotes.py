"""Starting workers by fork: the sandbox's side of a zygote."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from sandbox.runtime.launch import (
    CHILD,
    ISOLATED,
    LaunchError,
    Worker,
    WorkerOrder,
)

_MESSAGE_LIMIT = 1 << 20
_START_SECONDS = 30.0
_END_SECONDS = 6.0


class ForkLauncher:
    """A zygote: one child that has imported the heavy packages, and forks a worker per request.

    Args:
        name: for `status`.
        interpreter: path of the Python to run.
        environ: variables of the zygote itself; its workers replace all of them.
        sys_path: folders to import from, before the standard library.
        preload: modules to import before the first fork.
        log_path: file for what the zygote itself writes.
        on_notice: told once when a worker's `/tmp` cannot be private.
    """

    def __init__(
        self,
        *,
        name: str,
        interpreter: str,
        environ: Mapping[str, str],
        sys_path: Sequence[str],
        preload: Sequence[str],
        log_path: Path,
        on_notice: Callable[[str], None],
    ) -> None:
        self._name = name
        self._interpreter = interpreter
        self._environ = dict(environ)
        self._sys_path = tuple(sys_path)
        self._preload = tuple(preload)
        self._log_path = log_path
        self._on_notice = on_notice
        self._process: asyncio.subprocess.Process | None = None
        self._control: socket.socket | None = None
        self._started: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[dict[str, Any]] | None = None
        self._starting: dict[str, asyncio.Future[Worker]] = {}
        self._workers: dict[str, Worker] = {}
        self._private_tmp = False
        self._watch: asyncio.Task[None] | None = None

    async def launch(self, order: WorkerOrder, log: int) -> Worker:
        """Forks a worker; starts the zygote first where it does not run."""
        await self.warm_up()
        future: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        self._starting[order.id] = future
        try:
            await self._send(order.message(self._private_tmp), [log])
            return await future
        finally:
            self._starting.pop(order.id, None)

    async def warm_up(self) -> None:
        """Starts the zygote where it does not run."""
        if self._started is None or (self._started.done() and self._control is None):
            self._started = asyncio.create_task(self._start())
        await asyncio.shield(self._started)

    def kill(self, worker_id: str, worker: Worker) -> None:
        """Has the zygote kill it: only the parent knows for certain that the pid is still the worker's."""
        if worker.ended.done() or self._control is None:
            return
        try:
            self._control.send(json.dumps({"kill": worker_id}).encode())
        except OSError:
            _kill_group(worker.pid)

    async def close(self) -> None:
        """Ends the zygote, which kills its workers and all they started."""
        if self._started is not None and not self._started.done():
            self._started.cancel()
            await asyncio.gather(self._started, return_exceptions=True)
        self._hang_up()
        if self._process is not None:
            try:
                await asyncio.wait_for(self._process.wait(), _END_SECONDS)
            except TimeoutError:
                _kill_group(self._process.pid)
                await self._process.wait()
        if self._watch is not None:
            await asyncio.gather(self._watch, return_exceptions=True)

    def processes(self) -> list[tuple[str, int]]:
        """The zygote, if it runs."""
        if self._process is None or self._process.returncode is not None:
            return []
        return [(self._name, self._process.pid)]

    # --- starting ----------------------------------------------------------------------------------------
    async def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        loop = asyncio.get_running_loop()
        with theirs, _open_log(self._log_path) as output:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    self._interpreter,
                    *ISOLATED,
                    CHILD,
                    "zygote",
                    str(theirs.fileno()),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=self._environ,
                    cwd="/",
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,
                )
            except OSError as error:
                ours.close()
                raise LaunchError(f"{self._interpreter} cannot be started: {error}") from error
        ours.setblocking(False)
        self._control = ours
        self._ready = loop.create_future()
        loop.add_reader(ours.fileno(), self._receive)
        self._watch = asyncio.create_task(self._wait_for_end(self._process))
        await self._send({"preload": list(self._preload), "sys_path": list(self._sys_path)}, [])
        try:
            answer = await asyncio.wait_for(self._ready, _START_SECONDS)
        except TimeoutError as error:
            self._hang_up()
            raise LaunchError(
                f"the zygote was not ready in {_START_SECONDS:.0f} s: {self._tail()}"
            ) from error
        for failure in answer["failed"]:
            self._on_notice(f"functions start without a warm copy of {failure}")
        self._private_tmp = not answer["private_tmp"]
        if answer["private_tmp"]:
            self._on_notice(
                "functions cannot have a /tmp of their own here "
                f"({answer['private_tmp']}): each gets a folder of its own in TMPDIR, without a size limit"
            )

    async def _wait_for_end(self, process: asyncio.subprocess.Process) -> None:
        await process.wait()
        self._hang_up()
        problem = LaunchError(f"the zygote ended with status {process.returncode}: {self._tail()}")
        waiting: list[asyncio.Future[Any]] = [*self._starting.values()]
        if self._ready is not None:
            waiting.append(self._ready)
        for future in waiting:
            if not future.done():
                future.set_exception(problem)
        for worker in self._workers.values():
            _kill_group(worker.pid)
            if not worker.ended.done():
                worker.ended.set_result(-signal.SIGKILL)
        self._workers.clear()

    def _hang_up(self) -> None:
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
            self._control = None

    def _tail(self) -> str:
        try:
            return self._log_path.read_text(errors="replace")[-500:].strip() or "it wrote nothing"
        except OSError:
            return "it wrote nothing"

    # --- messages ----------------------------------------------------------------------------------------
    async def _send(self, message: dict[str, Any], descriptors: Sequence[int]) -> None:
        data = json.dumps(message).encode()
        while self._control is not None:
            try:
                socket.send_fds(self._control, [data], list(descriptors))
            except BlockingIOError:
                await _writable(self._control)
            except OSError as error:
                raise LaunchError(f"the zygote does not take requests: {error}: {self._tail()}") from error
            else:
                return
        raise LaunchError(f"the zygote has ended: {self._tail()}")

    def _receive(self) -> None:
        while self._control is not None:
            try:
                data = self._control.recv(_MESSAGE_LIMIT)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._hang_up()
                return
            self._understand(json.loads(data))

    def _understand(self, message: dict[str, Any]) -> None:
        if "started" in message:
            worker = Worker(message["pid"])
            self._workers[message["started"]] = worker
            future = self._starting.get(message["started"])
            if future is not None and not future.done():
                future.set_result(worker)
            else:
                self.kill(message["started"], worker)
        elif "ended" in message:
            ended = self._workers.pop(message["ended"], None)
            if ended is not None and not ended.ended.done():
                ended.ended.set_result(message["status"])
        elif "refused" in message:
            future = self._starting.get(message["refused"])
            if future is not None and not future.done():
                future.set_exception(LaunchError(f"fork failed: {message['reason']}"))
        elif self._ready is not None and not self._ready.done():
            self._ready.set_result(message)


def _open_log(path: Path) -> IO[bytes]:
    return path.open("wb")


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        return


async def _writable(control: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_writer(control.fileno(), lambda: None if ready.done() else ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_writer(control.fileno())
