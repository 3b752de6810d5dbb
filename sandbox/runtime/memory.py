"""Resident memory of an execution environment: its peak, and its limit while an invocation runs."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable

import psutil

from sandbox.runtime.alarm import Alarm

_MB = 1024 * 1024
_PAGE = os.sysconf("SC_PAGE_SIZE")
_NEAR, _FAR = 0.004, 0.02
_NEAR_SHARE = 0.6
_CHILDREN_EVERY = 5


class MemoryMeter:
    """Reads the memory of one worker and of what it started.

    Args:
        pid: the worker.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._seen = 0
        self._status = -1
        self._statm = -1
        self._children = -1
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                self._status = os.open(f"/proc/{pid}/status", os.O_RDONLY | os.O_CLOEXEC)
                self._statm = os.open(f"/proc/{pid}/statm", os.O_RDONLY | os.O_CLOEXEC)
                self._children = os.open(f"/proc/{pid}/task/{pid}/children", os.O_RDONLY | os.O_CLOEXEC)

    @property
    def seen(self) -> int:
        """The highest value seen, in bytes."""
        return self._seen

    def peak(self) -> int:
        """The highest resident memory of the worker so far, in bytes; the kernel keeps it."""
        if self._status >= 0:
            with contextlib.suppress(OSError):  # the process has ended: what was seen last stands
                text = os.pread(self._status, 4096, 0)
                start = text.find(b"VmHWM:")
                if start >= 0:
                    self._seen = max(self._seen, int(text[start + 6 :].split(None, 1)[0]) * 1024)
        else:
            self._seen = max(self._seen, _tree_memory(self._pid))
        return self._seen

    def now(self, *, whole_tree: bool) -> int:
        """Resident memory now, in bytes; of the worker alone, or with all its descendants."""
        used = 0
        if self._statm >= 0 and not whole_tree:
            with contextlib.suppress(OSError):
                used = int(os.pread(self._statm, 128, 0).split()[1]) * _PAGE
        else:
            used = _tree_memory(self._pid)
        self._seen = max(self._seen, used)
        return used

    def has_children(self) -> bool:
        """Whether the worker has started processes (always assumed where that is not cheap to know)."""
        if self._children < 0:
            return True
        try:
            return bool(os.pread(self._children, 16, 0))
        except OSError:
            return False

    def close(self) -> None:
        """Frees what the meter holds."""
        for descriptor in (self._status, self._statm, self._children):
            if descriptor >= 0:
                os.close(descriptor)
        self._status = self._statm = self._children = -1


class MemoryWatch:
    """Looks at a worker's memory again and again while an invocation runs, more often near the limit.

    A short invocation is never looked at; its peak is read when it ends.

    Args:
        meter: what to look at.
        limit_mb: the function's memory.
        exceeded: called once when resident memory is above the limit.
    """

    def __init__(self, meter: MemoryMeter, limit_mb: int, exceeded: Callable[[], None]) -> None:
        self._meter = meter
        self._limit = limit_mb * _MB
        self._exceeded = exceeded
        self._looks = 0
        self._with_children = False
        self._alarm = Alarm(self._look)

    def start(self) -> None:
        """Begins with an invocation."""
        self._looks = 0
        self._alarm.set(self._pause(self._meter.seen))

    def stop(self) -> None:
        """Ends with it."""
        self._alarm.clear()

    def close(self) -> None:
        """Looks no more."""
        self._alarm.close()

    def _pause(self, used: int) -> float:
        return _NEAR if used > self._limit * _NEAR_SHARE else _FAR

    def _look(self) -> None:
        if self._looks % _CHILDREN_EVERY == 0:
            self._with_children = self._meter.has_children()
        self._looks += 1
        used = self._meter.now(whole_tree=self._with_children)
        if used > self._limit:
            self._exceeded()
        else:
            self._alarm.set(self._pause(used))


def _tree_memory(pid: int) -> int:
    try:
        root = psutil.Process(pid)
        members = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0
    total = 0
    for member in members:
        with contextlib.suppress(psutil.Error):
            total += member.memory_info().rss
    return total


def to_megabytes(size: int) -> int:
    """Bytes as whole MB, rounded up, as in the REPORT line."""
    return -(-size // _MB)
