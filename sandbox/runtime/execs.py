"""Starting workers by exec: a fresh process each, where forking an initialised one is not safe (macOS)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys

import psutil

from sandbox.runtime.launch import (
    BARE_ENVIRONMENT,
    CHILD,
    ISOLATED,
    LaunchError,
    Worker,
    WorkerOrder,
    close_quietly,
)


class ExecLauncher:
    """Runs the child script once per worker, which then behaves as a forked one; only the start is slower.

    Args:
        interpreter: path of the Python to run.
        private_tmp: whether workers can mount a `/tmp` of their own.
    """

    def __init__(self, interpreter: str, *, private_tmp: bool = False) -> None:
        self._interpreter = interpreter
        self._private_tmp = private_tmp
        self._lifeline: tuple[int, int] | None = None
        self._running: dict[str, tuple[Worker, asyncio.Task[None]]] = {}

    async def launch(self, order: WorkerOrder, log: int) -> Worker:
        """Starts one worker."""
        if self._lifeline is None:
            self._lifeline = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                self._interpreter,
                *ISOLATED,
                CHILD,
                "worker",
                str(self._lifeline[0]),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=BARE_ENVIRONMENT,
                cwd="/",
                pass_fds=(self._lifeline[0],),
                start_new_session=True,
            )
        except OSError as error:
            raise LaunchError(f"{self._interpreter} cannot be started: {error}") from error
        worker = Worker(process.pid)
        task = asyncio.create_task(self._follow(order, process, worker))
        self._running[order.id] = (worker, task)
        return worker

    async def warm_up(self) -> None:
        """Nothing can be made ready before an exec."""

    async def _follow(self, order: WorkerOrder, process: asyncio.subprocess.Process, worker: Worker) -> None:
        await process.communicate(json.dumps(order.message(self._private_tmp)).encode())
        status = process.returncode if process.returncode is not None else -signal.SIGKILL
        _kill_group(worker.pid)
        self._running.pop(order.id, None)
        if not worker.ended.done():
            worker.ended.set_result(status)

    def kill(self, worker_id: str, worker: Worker) -> None:
        """Kills the worker's process group, and what has left the group."""
        if not worker.ended.done():
            _kill_tree(worker.pid)

    async def close(self) -> None:
        """Kills all workers and waits for their end."""
        running = list(self._running.values())
        for worker, _ in running:
            _kill_tree(worker.pid)
        await asyncio.gather(*(task for _, task in running), return_exceptions=True)
        if self._lifeline is not None:
            for descriptor in self._lifeline:
                close_quietly(descriptor)
            self._lifeline = None

    def processes(self) -> list[tuple[str, int]]:
        """None of its own: every process is a worker."""
        return []


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        return


def _kill_tree(pid: int) -> None:
    """Kills a worker with all its descendants: on Linux it has adopted its orphans, so none is missed."""
    try:
        tree = psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        tree = []
    _kill_group(pid)
    for process in tree:
        with contextlib.suppress(psutil.Error):
            process.kill()


def default_start_method() -> str:
    """`fork` on Linux; `exec` on macOS, whose system libraries do not survive a fork."""
    return "fork" if sys.platform == "linux" else "exec"
