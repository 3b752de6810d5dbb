"""The newest hops, in files that are only appended to: cheaper by far than a commit of the journal's tables.

A turn of the event loop adds one record, written by one call of the system, so what it holds survives the
death of the process. The tables take over some hundreds of hops at a time. Meanwhile the next ones go to the
other of two files, so that each can be emptied when the tables have all of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from sandbox.flow.schema import Row

#: Bytes before each record that say how long it is.
_LENGTH = 4
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[list[tuple], list[tuple]])  # type: ignore[type-arg]


class Tail:
    """Both files.

    Args:
        journal: the journal's file; they lie beside it, and are made where they are missing.
    """

    def __init__(self, journal: Path) -> None:
        self._now, self._before = (_File(journal.with_suffix(suffix)) for suffix in (".tail", ".tail-2"))

    @property
    def size(self) -> int:
        """Bytes of the file that is appended to now."""
        return self._now.size

    def records(self) -> Iterator[tuple[Sequence[Row], Sequence[Row]]]:
        """Rows of `hops` and of `links`, turn by turn, in the order of each file.

        A record that a crash cut off ends its file.
        """
        for file in (self._before, self._now):
            yield from file.records()

    def append(self, hops: Sequence[Row], links: Sequence[Row]) -> None:
        """Adds a record.

        Raises:
            OSError: it could not be written (disk full); the file is as it was.
        """
        self._now.append(hops, links)

    def turn(self) -> None:
        """Goes on with the other file: what was appended so far is being taken over by the tables."""
        self._now, self._before = self._before, self._now

    def forget_before(self) -> None:
        """The tables have everything from before the last `turn`."""
        self._before.clear()

    def forget(self) -> None:
        """The tables have everything."""
        self._before.clear()
        self._now.clear()

    def close(self) -> None:
        """Closes the files."""
        self._before.close()
        self._now.close()


class _File:
    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_APPEND, 0o600)
        self._buffer = bytearray()
        self.size = os.fstat(self._file).st_size

    def records(self) -> Iterator[tuple[list[Row], list[Row]]]:
        data = memoryview(os.pread(self._file, self.size, 0))
        while len(data) >= _LENGTH:
            end = _LENGTH + int.from_bytes(data[:_LENGTH], "big")
            try:
                yield _decoder.decode(data[_LENGTH:end])
            except msgspec.DecodeError:
                return
            data = data[end:]

    def append(self, hops: Sequence[Row], links: Sequence[Row]) -> None:
        buffer = self._buffer
        _encoder.encode_into((hops, links), buffer, _LENGTH)
        buffer[:_LENGTH] = (len(buffer) - _LENGTH).to_bytes(_LENGTH, "big")
        written = 0
        try:
            # A disk that fills up takes a part of it, and says so at the next attempt.
            while written < len(buffer):
                written += os.write(self._file, memoryview(buffer)[written:] if written else buffer)
        except OSError:
            os.ftruncate(self._file, self.size)
            raise
        self.size += written

    def clear(self) -> None:
        if self.size:
            os.ftruncate(self._file, 0)
            self.size = 0

    def close(self) -> None:
        os.close(self._file)
