"""The one place where these tests wait: on a condition or a line, never for a while."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import pytest

T = TypeVar("T")

#: Real seconds after which something that was expected has not come.
PATIENCE = 30.0
_BETWEEN_PROBES = 0.02


def eventually(
    probe: Callable[[], T],
    accept: Callable[[T], object] = bool,
    *,
    what: str,
    seconds: float = PATIENCE,
) -> T:
    """Asks until the answer is accepted, and returns it.

    Args:
        probe: asks the sandbox, or looks at a process.
        accept: tells whether that is what was waited for.
        what: is waited for, in words, for the failure.
        seconds: how long to ask at most.
    """
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not accept(value := probe()):
        if time.monotonic() > deadline:
            pytest.fail(f"{seconds:.0f} s passed without {what}; the last answer was {value!r}")
        pause.wait(_BETWEEN_PROBES)
    return value


class Stream:
    """A command that prints lines until it is ended, like `logs -f`.

    Args:
        words: the command line.
        environment, folder: what it runs in.
    """

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self._words = " ".join(words)
        self._process = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env=dict(environment),
            cwd=folder,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._finish()

    def until(
        self, accept: Callable[[dict[str, Any]], object], *, what: str, seconds: float = PATIENCE
    ) -> dict[str, Any]:
        """Reads JSON lines until one is accepted, and returns that."""
        deadline = time.monotonic() + seconds
        seen: list[str] = []
        while (left := deadline - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=left)
            except queue.Empty:
                break
            seen.append(line)
            item: dict[str, Any] = json.loads(line)
            if accept(item):
                return item
        pytest.fail(f"`{self._words}` gave no {what} in {seconds:.0f} s; it said {seen[-5:]}")

    def waiting(self) -> bool:
        """Whether a line has come that nobody read."""
        return not self._lines.empty()

    def interrupt(self) -> tuple[int, str]:
        """Presses Ctrl-C; returns the exit code and what was said on standard error."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(PATIENCE)
        return self._process.returncode, self._finish()

    def ended(self) -> tuple[int, str]:
        """Waits until it ends by itself; returns the exit code and what was said on standard error."""
        return self._process.wait(PATIENCE), self._finish()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)

    def _finish(self) -> str:
        self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        if self._process.stderr.closed:
            return ""
        said = self._process.stderr.read()
        self._process.stdout.close()
        self._process.stderr.close()
        return said
