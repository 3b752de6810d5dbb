"""The newest records of streams, as event source mappings read them: each is made once for all who follow."""

from __future__ import annotations

from bisect import bisect_right
from itertools import islice

from sandbox.model.ports import StreamRecord
from sandbox.store.database import Database

#: Bytes of records that are kept.
_MOST = 8 * 1024 * 1024


class _Tail:
    """The last records of one stream, without a gap.

    Attributes:
        floor: every record of the stream with a greater number is here.
    """

    def __init__(self, floor: int) -> None:
        self.floor = floor
        self.numbers: list[int] = []
        self.records: list[StreamRecord] = []
        self.sizes: list[int] = []


class Lately:
    """Tails of the streams that somebody follows. What is not in them is read from the store.

    Args:
        most: bytes of all tails together.
    """

    def __init__(self, database: Database, most: int = _MOST) -> None:
        self._database = database
        self._most = most
        self._tails: dict[int, _Tail] = {}
        self._held = 0
        self._undone = database.undone

    def put(self, stream: int, number: int, record: StreamRecord, size: int) -> None:
        """Keeps the record that was written right now.

        Args:
            number: its sequence number, greater than those of all others.
            size: bytes.
        """
        self._look()
        tail = self._tails.get(stream)
        if tail is None:
            tail = self._tails[stream] = _Tail(number - 1)
        tail.numbers.append(number)
        tail.records.append(record)
        tail.sizes.append(size)
        self._held += size
        while self._held > self._most:
            self._halve()

    def after(self, stream: int, number: int, since: float, limit: int) -> list[StreamRecord] | None:
        """Records past a sequence number that came after a time, oldest first; None: the store has to say."""
        self._look()
        tail = self._tails.get(stream)
        if tail is None or number < tail.floor:
            return None
        newer = islice(tail.records, bisect_right(tail.numbers, number), None)
        return list(islice((record for record in newer if record.at > since), limit))

    def drop(self, stream: int) -> None:
        """Forgets a stream: what is written to it from now on is not put here."""
        tail = self._tails.pop(stream, None)
        if tail is not None:
            self._held -= sum(tail.sizes)

    def forget(self) -> None:
        """Forgets everything."""
        self._tails.clear()
        self._held = 0

    def _look(self) -> None:
        if self._undone != self._database.undone:
            self._undone = self._database.undone
            self.forget()

    def _halve(self) -> None:
        """Lets the older half of every tail go; of a single record, all."""
        for tail in self._tails.values():
            count = (len(tail.numbers) + 1) // 2
            if not count:
                continue
            tail.floor = tail.numbers[count - 1]
            self._held -= sum(tail.sizes[:count])
            del tail.numbers[:count], tail.records[:count], tail.sizes[:count]
