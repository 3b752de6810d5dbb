"""The output of a server we supervise: the last lines in memory, a bounded file on disk."""

from __future__ import annotations

import asyncio
from collections import deque
from pathlib import Path

_LINES_KEPT = 200
_FILE_BYTES = 1_000_000
_LINE_BYTES = 8_000


class ServerLog:
    """Collects a server's output.

    Args:
        file: where it is appended; at `limit` bytes the file becomes `<file>.1` and a new one begins.
        limit: bytes.
    """

    def __init__(self, file: Path, *, limit: int = _FILE_BYTES) -> None:
        self.file = file
        self._limit = limit
        self._lines: deque[str] = deque(maxlen=_LINES_KEPT)
        self._partial = b""
        self._waiters: list[tuple[str, asyncio.Future[str]]] = []
        file.parent.mkdir(parents=True, exist_ok=True)
        self._stream = file.open("ab", buffering=0)
        self._size = self._stream.tell()

    def feed(self, data: bytes) -> None:
        """Takes output as it comes, in pieces of any size."""
        self._store(data)
        *whole, self._partial = (self._partial + data).split(b"\n")
        if len(self._partial) > _LINE_BYTES:
            whole.append(self._partial)
            self._partial = b""
        for line in whole:
            self._add(line[:_LINE_BYTES].decode("utf-8", "replace").rstrip())

    def last(self, count: int = 12) -> list[str]:
        """The last lines, oldest first."""
        partial = [self._partial.decode("utf-8", "replace")] if self._partial else []
        return [*self._lines, *partial][-count:]

    async def wait_for(self, text: str) -> str:
        """Waits for a line that contains `text` and returns it. One that came already counts: a server may
        be ready before anybody asks.
        """
        for line in self._lines:
            if text in line:
                return line
        found: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        entry = (text, found)
        self._waiters.append(entry)
        try:
            return await found
        finally:
            self._waiters.remove(entry)

    def close(self) -> None:
        """Closes the file; `last` keeps answering."""
        self._stream.close()

    def _add(self, line: str) -> None:
        self._lines.append(line)
        for text, found in self._waiters:
            if text in line and not found.done():
                found.set_result(line)

    def _store(self, data: bytes) -> None:
        if self._stream.closed:
            return
        if self._size + len(data) > self._limit:
            self._stream.close()
            self.file.replace(self.file.with_name(self.file.name + ".1"))
            self._stream = self.file.open("ab", buffering=0)
            self._size = 0
        try:
            self._stream.write(data)
        except OSError:
            return  # a full disk must not end the server: the last lines are still in memory
        self._size += len(data)
