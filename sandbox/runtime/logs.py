"""What a function writes: one pipe that carries its output and awslambdaric's framed log records, in order.

Both use the same pipe so that `print` and `logging` keep the order in which the function called them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

#: Bytes kept per invocation; what comes after is counted and dropped.
KEPT_BYTES = 4 * 1024 * 1024
#: Longest log event, as in CloudWatch Logs; longer lines are split.
EVENT_BYTES = 256 * 1024

_CHUNK = 65536
_CHUNKS_PER_TURN = 8
_FRAME_MARK = b"\xa5\x5a\x00"
_FRAME_HEAD = 16
_FRAME_LIMIT = 16 * 1024 * 1024


class LineSplitter:
    """Turns the bytes of the pipe into log events: whole frames, and lines of plain output."""

    def __init__(self) -> None:
        self._pending = b""

    def feed(self, data: bytes) -> list[str]:
        """Takes bytes; returns the events that are complete."""
        events: list[str] = []
        self._pending += data
        while self._pending:
            mark = self._pending.find(_FRAME_MARK)
            if mark < 0:
                self._pending = _lines(self._pending, events, keep=len(_FRAME_MARK) - 1)
                break
            if mark > 0:
                rest = _lines(self._pending[:mark], events, keep=0)
                _append(events, rest)
                self._pending = self._pending[mark:]
            if not self._take_frame(events):
                break
        return events

    def _take_frame(self, events: list[str]) -> bool:
        if len(self._pending) < _FRAME_HEAD:
            return False
        length = int.from_bytes(self._pending[4:8], "big")
        if length > _FRAME_LIMIT:  # not a frame of awslambdaric: binary output that looks like one
            _append(events, self._pending[:_FRAME_HEAD])
            self._pending = self._pending[_FRAME_HEAD:]
            return True
        end = _FRAME_HEAD + length
        if len(self._pending) < end:
            return False
        _append(events, self._pending[_FRAME_HEAD:end].removesuffix(b"\n"))
        self._pending = self._pending[end:]
        return True

    def flush(self) -> list[str]:
        """The last line, if it has no end."""
        events: list[str] = []
        rest, self._pending = self._pending, b""
        if rest.startswith(_FRAME_MARK):
            rest = rest[_FRAME_HEAD:]
        rest = _lines(rest, events, keep=0)
        if rest:
            _append(events, rest)
        return events


def _append(events: list[str], data: bytes) -> None:
    if not data:
        return
    pieces = (data[start : start + EVENT_BYTES] for start in range(0, len(data), EVENT_BYTES))
    events.extend(piece.decode("utf-8", "replace") for piece in pieces)


def _lines(data: bytes, events: list[str], *, keep: int) -> bytes:
    """Moves whole lines to `events`; returns the unfinished rest (cut into events when it grows too long)."""
    *whole, rest = data.split(b"\n")
    for line in whole:
        if line:
            _append(events, line.removesuffix(b"\r"))
        else:
            events.append("")
    while len(rest) > EVENT_BYTES + keep:
        _append(events, rest[:EVENT_BYTES])
        rest = rest[EVENT_BYTES:]
    return rest


class LogPipe:
    """The reading end of an environment's pipe: gives what comes to the invocation that runs.

    What is written while none runs (on AWS the environment is frozen then) belongs to the next one.
    """

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)
        self._splitter = LineSplitter()
        self._receive: Callable[[list[str]], None] | None = None
        self._waiting: list[str] = []
        self._size = 0
        self._dropped = 0
        self._open = True
        asyncio.get_running_loop().add_reader(self._reader, self._read, _CHUNKS_PER_TURN)

    def close_writer(self) -> None:
        """Gives up our copy of the writing end, once the worker has it."""
        if self.writer >= 0:
            os.close(self.writer)
            self.writer = -1

    def give_to(self, receive: Callable[[list[str]], None]) -> None:
        """Hands what waits, and from now on every log event as it comes, to `receive`."""
        self._receive = receive
        waiting, self._waiting = self._waiting, []
        if waiting:
            receive(waiting)

    def settle(self) -> None:
        """Hands over everything written until now; what follows waits for the next invocation."""
        self._read(16 * _CHUNKS_PER_TURN)
        self._keep(self._splitter.flush())
        receive, self._receive = self._receive, None
        if self._dropped and receive is not None:
            receive(
                [
                    f"sandbox: {self._dropped} bytes of output beyond the first {KEPT_BYTES} of this "
                    "invocation were dropped"
                ]
            )
        self._size = self._dropped = 0

    def _read(self, chunks: int) -> None:
        for _ in range(chunks):
            if not self._open:
                return
            try:
                data = os.read(self._reader, _CHUNK)
            except BlockingIOError:
                return
            if not data:
                self._stop_reading()
                return
            self._keep(self._splitter.feed(data))

    def _keep(self, events: list[str]) -> None:
        kept = []
        for event in events:
            if self._size + len(event) > KEPT_BYTES:
                self._dropped += len(event) + 1
                continue
            self._size += len(event) + 1
            kept.append(event)
        if kept and self._receive is not None:
            self._receive(kept)
        else:
            self._waiting += kept

    def _stop_reading(self) -> None:
        if self._open:
            self._open = False
            asyncio.get_running_loop().remove_reader(self._reader)

    def close(self) -> None:
        """Frees both ends."""
        self._stop_reading()
        if self._reader >= 0:
            os.close(self._reader)
            self._reader = -1
        self.close_writer()
