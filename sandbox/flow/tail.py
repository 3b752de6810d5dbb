"""The newest hops, in files that are only appended to: cheaper by far than a commit of the journal's tables.

A turn of the event loop adds one record, in memory that is the file's, so it survives the death of the
process; on file systems where that may fail for want of space, by calls of the system, which say so. The
tables take over some hundreds of hops at a time. Meanwhile the next ones go to the other of two files, so
that each can be emptied when the tables have all of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from mmap import mmap
from pathlib import Path

import msgspec

from sandbox.flow.schema import Row
from sandbox.store.filesystems import overwrites_in_place

#: Bytes before each record that say how long it is, and what stands there behind the last one.
_LENGTH = 4
_END = bytes(_LENGTH)
#: Bytes that a file takes at first, and that it goes on with when it is emptied, at most.
_FIRST = 128 * 1024
_KEPT = 8 * 1024**2
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[list[tuple], list[tuple]])  # type: ignore[type-arg]


class Tail:
    """Both files.

    Args:
        journal: the journal's file; they lie beside it, and are made where they are missing.
        mapped: whether they are written through maps; None looks at the file system.
    """

    def __init__(self, journal: Path, mapped: bool | None = None) -> None:
        if mapped is None:
            mapped = overwrites_in_place(journal.parent)
        kind = _MappedFile if mapped else _File
        self._now: _File = kind(journal.with_suffix(".tail"))
        self._before: _File = kind(journal.with_suffix(".tail-2"))

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
    """One file: records, each with its length before it, and a length of 0 behind the last."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._buffer = bytearray()
        self._room = os.fstat(self._file).st_size
        #: Where the next record goes; of what an earlier process left only its length is known.
        self.size = self._room

    def records(self) -> Iterator[tuple[list[Row], list[Row]]]:
        data = memoryview(os.pread(self._file, self._room, 0))
        while length := int.from_bytes(data[:_LENGTH], "big"):
            try:
                yield _decoder.decode(data[_LENGTH : _LENGTH + length])
            except msgspec.DecodeError:  # a crash of the machine cut it off
                return
            data = data[_LENGTH + length :]

    def append(self, hops: Sequence[Row], links: Sequence[Row]) -> None:
        buffer, start = self._buffer, self.size
        _encoder.encode_into((hops, links), buffer)
        length = len(buffer)
        buffer += _END
        # The length last: until then the record is not there.
        self._write(buffer, start + _LENGTH)
        self._write(length.to_bytes(_LENGTH, "big"), start)
        self.size = start + _LENGTH + length

    def clear(self) -> None:
        os.ftruncate(self._file, 0)
        self._room = self.size = 0

    def close(self) -> None:
        os.close(self._file)

    def _write(self, data: bytes | bytearray, start: int) -> None:
        """Writes all of some bytes.

        Raises:
            OSError: not all could be written (disk full); the file has what it had.
        """
        try:
            written = os.pwrite(self._file, data, start)
            while written < len(data):
                # A disk that fills up takes a part of it, and says so at the next attempt.
                written += os.pwrite(self._file, data[written:], start + written)
        except OSError:
            os.ftruncate(self._file, self._room)
            raise
        self._room = max(self._room, start + len(data))


class _MappedFile(_File):
    """The same, written through a map of the file, whose space was taken before: no call of the system, and a
    disk that is full says so while there is still somebody to tell.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._map: mmap | None = None

    def clear(self) -> None:
        if self._room > _KEPT or self._map is None:
            self._map = None
            super().clear()
        elif self.size:
            self._map[:_LENGTH] = _END
        self.size = 0

    def _write(self, data: bytes | bytearray, start: int) -> None:
        end = start + len(data)
        if self._map is None or end > self._room:
            self._map = self._grow(end)
        self._map[start:end] = data

    def _grow(self, wanted: int) -> mmap:
        """The map, once the file has room for so many bytes.

        Raises:
            OSError: it has not (disk full); it is as it was.
        """
        room = max(_FIRST, self._room)
        while room < wanted:
            room *= 2
        taken = self._room
        try:
            # A disk that fills up takes a part of it, and says so at the next attempt.
            while taken < room:
                taken += os.pwrite(self._file, bytes(min(_FIRST, room - taken)), taken)
        except OSError:
            os.ftruncate(self._file, self._room)
            raise
        self._room = room
        return mmap(self._file, room)
