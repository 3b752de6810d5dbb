"""A sandbox to measure: started by its command, in a folder of its own, and gone when it is done with."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from sandbox.control.client import ControlClient
from tests.perf.errors import BenchError

ROOT = Path(__file__).resolve().parents[2]
#: Real seconds to wait for a command: the first start of all installs the functions' packages.
_PATIENCE = 180
_FOREIGN = ("AWS_", "PG", "SANDBOX_", "LOCALSTACK_", "PYTHON")
_STEP = re.compile(r"^✓ (.+?)\s{2,}([0-9.]+) s", re.MULTILINE)
_SAMPLING = Path(__file__).with_name("sampling.py")


class Sandbox:
    """One state folder and the sandbox in it.

    Args:
        system: folder of the system to deploy.
        options: further ones of `sandbox up`.
        profile: file for a profile of the daemon (see `tests.perf.sampling`), or None for none.
        profile_start: whether its start is what the profile is about, or it is left out.
    """

    def __init__(
        self, system: Path, *options: str, profile: Path | None = None, profile_start: bool = False
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sandbox-bench-"))
        self.state = self.folder / "s"
        self.view: dict[str, Any] = {}
        self._system = system
        self._options = options
        self._profile = profile
        self._profile_start = profile_start
        self._foreground: subprocess.Popen[str] | None = None
        self._seen: dict[int, psutil.Process] = {}

    @property
    def endpoint(self) -> str:
        """The front door."""
        return str(self.view["endpoint"])

    @property
    def outputs(self) -> dict[str, str]:
        """Outputs of the stack."""
        outputs: dict[str, str] = self.view["stacks"][0]["outputs"]
        return outputs

    def up(self, *, fresh: bool) -> float:
        """Starts it and waits until it is ready.

        Returns:
            Real seconds that the whole command took.

        Raises:
            BenchError: it did not start.
        """
        words = [
            "up",
            str(self._system),
            "--port",
            "0",
            "--json",
            *self._options,
            *(["--fresh"] if fresh else []),
        ]
        began = time.perf_counter()
        said = self._start(words) if self._profile else self._cli(*words, "--detach")
        wall = time.perf_counter() - began
        self.view = json.loads(said)
        self.processes()
        return wall

    def steps(self) -> dict[str, float]:
        """Starts it with nothing, and returns the seconds that each step took, as the command tells them.

        Raises:
            BenchError: it did not start.
        """
        words = ("up", str(self._system), "--port", "0", *self._options, "--fresh", "--detach")
        _, told = self._run(*words)
        self.view = json.loads(self._cli("status", "--json"))
        self.processes()
        return {found[1]: float(found[2]) for found in _STEP.finditer(told)}

    def down(self) -> None:
        """Stops it; its state stays.

        Raises:
            BenchError: something of it is left.
        """
        self.view = {}
        if self._foreground is None:
            self._cli("down")
        else:  # a child of ours: it is not gone before we have waited for it
            self._foreground.send_signal(signal.SIGTERM)
            self._foreground.communicate(timeout=_PATIENCE)
            self._foreground = None
        _, alive = psutil.wait_procs(list(self._seen.values()), timeout=10)
        if alive:
            raise BenchError(f"`sandbox down` left {alive}")
        self._seen.clear()

    def close(self) -> None:
        """Stops it whatever state it is in, and removes its folder."""
        try:
            if self.view:
                with contextlib.suppress(psutil.Error):
                    self.processes()
                self.down()
        finally:
            self._kill()
            shutil.rmtree(self.folder, ignore_errors=True)

    def control(self) -> ControlClient:
        """A connection to its control socket."""
        return ControlClient(self.state, timeout=60)

    def processes(self) -> list[psutil.Process]:
        """The daemon and everything below it, now."""
        daemon = psutil.Process(self.view["pid"])
        found = [daemon, *daemon.children(recursive=True)]
        self._seen |= {process.pid: process for process in found}
        return found

    def workers(self) -> list[dict[str, Any]]:
        """The execution environments of functions that there are now."""
        with self.control() as client:
            workers: list[dict[str, Any]] = client.call("status")["functions"]
        return workers

    # --- commands ----------------------------------------------------------------------------------------
    @property
    def _environment(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}

    @property
    def _command(self) -> str:
        return str(Path(sys.executable).with_name("sandbox"))

    def _cli(self, *words: str) -> str:
        return self._run(*words)[0]

    def _run(self, *words: str) -> tuple[str, str]:
        """What a command said on standard output, and on standard error."""
        command = subprocess.Popen(
            [self._command, *words, "--state", str(self.state)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            stdin=subprocess.DEVNULL,
            env=self._environment,
            cwd=self.folder,
        )
        try:
            out, err = command.communicate(timeout=_PATIENCE)
        except BaseException:
            # An `up` that is interrupted ends the daemon that it is starting; one that is killed leaves it.
            command.send_signal(signal.SIGINT)
            command.communicate()
            raise
        if command.returncode != 0:
            raise BenchError(f"`sandbox {' '.join(words)}` exited with {command.returncode}: {err.strip()}")
        return out, err

    def _start(self, words: list[str]) -> str:
        command = [sys.executable, "-P", str(_SAMPLING), str(self._profile), self._command, *words]
        self._foreground = subprocess.Popen(
            [*command, "--state", str(self.state)],
            stdout=subprocess.PIPE,
            text=True,
            stdin=subprocess.DEVNULL,
            env=self._environment,
            cwd=self.folder,
        )
        assert self._foreground.stdout is not None
        said = self._foreground.stdout.readline()
        if not said:
            raise BenchError("`sandbox up` ended before it was ready")
        if not self._profile_start:
            self._foreground.send_signal(signal.SIGUSR1)
        return said

    def _kill(self) -> None:
        """Ends what `down` did not: only processes that were seen below our own daemon."""
        if self._foreground is not None and self._foreground.poll() is None:
            self._foreground.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._foreground.wait(20)
        for process in self._seen.values():
            with contextlib.suppress(psutil.Error):
                process.kill()
