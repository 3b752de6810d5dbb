"""A server run as a child: it has its own session and a bounded log, and does not outlive the sandbox.

One object is one process. It is ready when a probe says so; when it exits instead, or takes too long, the
error says what was expected, for how long, how it ended, and what it wrote last.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from sandbox.backing.leftovers import end_leftover, family_of, write_record
from sandbox.backing.logs import ServerLog
from sandbox.errors import ServerStartError

_LAUNCHER = Path(__file__).with_name("launch.py")
_READ_BYTES = 65536


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """How a server is run.

    Attributes:
        name: what messages call it (`PostgreSQL`).
        command: absolute program path and arguments.
        folder: the server's own folder; it is given to the user the server runs as.
        log, pid_file: where its output and its pid file are kept.
        environment: the whole environment; nothing of the sandbox's own is inherited.
        identity: `same`, or `unprivileged` for a server that refuses to run as root (see `launch`).
        stop_signals: what ends it politely, each with the real seconds before the next; KILL comes last.
        death_signal: what it gets from the kernel when the sandbox dies.
        remedy: what a person can do when it does not start.
    """

    name: str
    command: tuple[str, ...]
    folder: Path
    log: Path
    pid_file: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    identity: str = "same"
    stop_signals: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 5.0),)
    death_signal: signal.Signals = signal.SIGKILL
    remedy: str = "read the log above; `sandbox doctor` checks what servers need"


class SupervisedProcess:
    """One run of a server.

    Args:
        spec: how it is run.
    """

    def __init__(self, spec: ProcessSpec) -> None:
        self.spec = spec
        self.log = ServerLog(spec.log)
        self._child: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._exited: asyncio.Future[int] | None = None
        self._output = -1

    @property
    def pid(self) -> int | None:
        """The process id while it runs, else None."""
        return self._child.pid if self._child is not None and self.running else None

    @property
    def running(self) -> bool:
        """Whether it was started and has not exited."""
        return self._exited is not None and not self._exited.done()

    async def start(
        self, ready: Callable[[SupervisedProcess], Awaitable[object]], *, expected: str, within: float
    ) -> None:
        """Ends what a crashed sandbox left of this server, starts it and waits until `ready` returns.

        Args:
            ready: begins to watch as soon as the process exists (`lambda run: run.log.wait_for("ready")`).
            expected: what `ready` waits for, in words.
            within: real seconds.

        Raises:
            ServerStartError: it exited or was not ready in time; nothing of it is left running.
        """
        if self.spec.pid_file.exists():
            polite = self.spec.stop_signals[0][0]
            await asyncio.to_thread(end_leftover, self.spec.pid_file, polite)
        began = time.monotonic()
        try:
            self._spawn(asyncio.get_running_loop())
            await self._until_ready(ready, expected, within, began)
        except BaseException:
            await self.stop(grace=False)
            raise

    async def wait(self) -> int:
        """Waits until it exits and returns its exit status (negative: the signal that ended it)."""
        assert self._exited is not None, "wait() before start()"
        return await asyncio.shield(self._exited)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the process itself; harmless when it is gone."""
        if self._child is not None and self.running:
            self._child.send_signal(number)

    async def stop(self, *, grace: bool = True) -> None:
        """Ends it and everything it started; returns when nothing of it runs any more."""
        if self._exited is not None:
            if self.running:
                await self._end(grace)
            self._close_watchdog()
            self.spec.pid_file.unlink(missing_ok=True)
        self._close_output(asyncio.get_running_loop())
        self.log.close()

    # --- starting ----------------------------------------------------------------------------------------
    def _spawn(self, loop: asyncio.AbstractEventLoop) -> None:
        self._output, write_end = os.pipe()
        os.set_blocking(self._output, False)
        spec = self.spec
        launcher = (sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()), str(int(spec.death_signal)))
        try:
            self._child = subprocess.Popen(
                (*launcher, spec.identity, str(spec.folder), "--", *spec.command),
                cwd=spec.folder,
                env=dict(spec.environment),
                stdin=subprocess.DEVNULL,
                stdout=write_end,
                stderr=write_end,
                start_new_session=True,
            )
        except OSError as error:
            os.close(self._output)
            self._output = -1
            raise ServerStartError(f"{spec.name} could not be started", str(error), spec.remedy) from error
        finally:
            os.close(write_end)
        self._exited = loop.create_future()
        loop.add_reader(self._output, self._read, loop)
        self._watch_exit(loop, self._child)
        write_record(spec.pid_file, self._child.pid, spec.command)
        self._watchdog = _watchdog(self._child.pid, spec.death_signal)

    async def _until_ready(
        self,
        ready: Callable[[SupervisedProcess], Awaitable[object]],
        expected: str,
        within: float,
        began: float,
    ) -> None:
        assert self._exited is not None
        probe: asyncio.Future[Any] = asyncio.ensure_future(ready(self))
        exited: asyncio.Future[Any] = self._exited
        try:
            await asyncio.wait({probe, exited}, timeout=within, return_when=asyncio.FIRST_COMPLETED)
            if probe.done():
                probe.result()
            elif self._exited.done():
                self._read(asyncio.get_running_loop())
                raise self._failure(expected, began, f"it exited with {_status(self._exited.result())}")
            else:
                raise self._failure(expected, began, f"it still runs, but was given {within:g} s")
        finally:
            probe.cancel()

    def _failure(self, expected: str, began: float, ending: str) -> ServerStartError:
        seconds = time.monotonic() - began
        lines = "\n".join(f"       {line}" for line in self.log.last()) or "       (nothing)"
        why = (
            f"waited {seconds:.1f} s for {expected}; {ending}. Its last output ({self.spec.log}):\n{lines}\n"
            f"       command: {shlex.join(self.spec.command)}"
        )
        return ServerStartError(f"{self.spec.name} did not become ready", why, self.spec.remedy)

    # --- watching ----------------------------------------------------------------------------------------
    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._output >= 0:
            try:
                data = os.read(self._output, _READ_BYTES)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._close_output(loop)
                return
            self.log.feed(data)

    def _close_output(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._output >= 0:
            loop.remove_reader(self._output)
            os.close(self._output)
            self._output = -1

    def _watch_exit(self, loop: asyncio.AbstractEventLoop, child: subprocess.Popen[bytes]) -> None:
        exited = self._exited
        assert exited is not None

        def reap() -> None:
            if not exited.done():
                exited.set_result(child.wait())

        if sys.platform == "linux":
            descriptor = os.pidfd_open(child.pid)

            def on_exit() -> None:
                loop.remove_reader(descriptor)
                os.close(descriptor)
                reap()

            loop.add_reader(descriptor, on_exit)
        else:

            def wait_in_thread() -> None:
                child.wait()
                if not loop.is_closed():
                    loop.call_soon_threadsafe(reap)

            threading.Thread(target=wait_in_thread, name=f"wait-{self.spec.name}", daemon=True).start()

    # --- ending ------------------------------------------------------------------------------------------
    async def _end(self, grace: bool) -> None:
        assert self._child is not None
        assert self._exited is not None
        # Servers put their own children into sessions of their own: killing the group would miss those.
        family = await asyncio.to_thread(_family, self._child.pid)
        for number, seconds in self.spec.stop_signals if grace else ():
            self.signal(number)
            await asyncio.wait({self._exited}, timeout=seconds)
            if not self.running:
                break
        if self.running:
            self.signal(signal.SIGKILL)
        await self.wait()
        await asyncio.to_thread(_kill_all, family)

    def _close_watchdog(self) -> None:
        if self._watchdog is not None:
            self._watchdog.kill()
            self._watchdog.wait()
            if self._watchdog.stdin is not None:
                self._watchdog.stdin.close()
            self._watchdog = None


def _family(pid: int) -> list[psutil.Process]:
    try:
        return family_of([psutil.Process(pid)])
    except psutil.Error:
        return []


def _kill_all(family: list[psutil.Process]) -> None:
    # `is_running` compares start times: an id that was used again is not touched.
    left = [process for process in family if process.is_running()]
    for process in left:
        try:
            process.kill()
        except psutil.Error:
            continue
    psutil.wait_procs(left, timeout=3.0)


def _watchdog(pid: int, death_signal: signal.Signals) -> subprocess.Popen[bytes] | None:
    """Where the kernel has no parent-death signal: a shell that waits for our end of a pipe to close."""
    if sys.platform == "linux":
        return None
    script = 'read -r _; kill -s "$1" "$2"'
    name = death_signal.name.removeprefix("SIG")
    return subprocess.Popen(
        ("/bin/sh", "-c", script, "sandbox-watchdog", name, str(pid)),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _status(code: int) -> str:
    if code >= 0:
        return f"status {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
