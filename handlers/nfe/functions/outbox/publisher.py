"""One run of the outbox: claim ten rows, publish them, record the answers, commit; until nothing is left.

The locks are held during PutEvents, so concurrent runs never publish the same row. When a run dies before its
commit, its ten rows are published again under the same `eventoId`; consumers recognise it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from database import Database
from repository import OUTBOXES, Evento, Outbox, Resultado

#: Entries and bytes that one PutEvents takes; the size is counted as
#: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html says.
MAX_ENTRIES = 10
MAX_BYTES = 256 * 1024
#: No new batch is begun with less time left than a PutEvents may need: two attempts of 7 s, and a reserve.
RESERVE_MS = 20_000

Entry = dict[str, str]


@dataclass
class Outcome:
    """What a run did. `interrupted`: the time was nearly over and rows may be left."""

    published: int = 0
    failed: int = 0
    interrupted: bool = False
    last_error: str | None = None
    refusal: Exception | None = None

    def count(self, results: list[Resultado]) -> None:
        """Add how a batch of rows ended."""
        for result in results:
            if result.erro is None:
                self.published += 1
            else:
                self.failed += 1
                self.last_error = result.erro


class Publisher:
    """Publishes the outbox tables to one bus.

    Args:
        database: where the tables are.
        events: gives the EventBridge client.
        bus_name: gives the name of the bus.
        remaining_ms: milliseconds that the invocation has left.
    """

    def __init__(
        self,
        database: Database,
        events: Callable[[], Any],
        bus_name: Callable[[], str],
        remaining_ms: Callable[[], int],
    ) -> None:
        self._database = database
        self._events = events
        self._bus_name = bus_name
        self._remaining_ms = remaining_ms

    def run(self) -> Outcome:
        """Try every unpublished row once.

        Raises:
            ClientError, BotoCoreError: PutEvents was refused as a whole, or not reached. The attempts are
                recorded; the invocation fails, so that it shows and is repeated.
        """
        outcome = Outcome()
        for outbox in OUTBOXES:
            self._drain(outbox, outcome)
        if outcome.refusal is not None:
            raise outcome.refusal
        return outcome

    def _drain(self, outbox: Outbox, outcome: Outcome) -> None:
        after = 0
        while not outcome.interrupted:
            if self._remaining_ms() < RESERVE_MS:
                outcome.interrupted = True
                return
            with self._database.transaction() as connection:
                rows = outbox.claim(connection, after, MAX_ENTRIES)
                if not rows:
                    return
                results, refusal = self._publish(outbox, rows)
                outbox.record(connection, results)
            after = rows[-1].sequencia
            outcome.count(results)
            outcome.refusal = refusal or outcome.refusal
            if refusal is not None and not _concerns_content(refusal):
                raise refusal

    def _publish(self, outbox: Outbox, rows: list[Evento]) -> tuple[list[Resultado], Exception | None]:
        """Publish claimed rows; return how each ended, and the error that refused a whole call."""
        bus = self._bus_name()
        entries = [(row, _entry(bus, outbox.source, row)) for row in rows]
        results = [_oversized(row, entry) for row, entry in entries if _size(entry) > MAX_BYTES]
        for batch in _batches([pair for pair in entries if _size(pair[1]) <= MAX_BYTES]):
            try:
                answer = self._events().put_events(Entries=[entry for _, entry in batch])
            except (BotoCoreError, ClientError) as error:
                results += [Resultado(row.evento_id, None, str(error)) for row, _ in batch]
                return results, error
            results += [_result(row, told) for (row, _), told in zip(batch, answer["Entries"], strict=True)]
        return results, None


def _concerns_content(refusal: Exception) -> bool:
    """Tell whether a call was refused for what it held: later rows may still go through."""
    return isinstance(refusal, ClientError) and refusal.response["Error"]["Code"] == "ValidationException"


def _entry(bus: str, source: str, row: Evento) -> Entry:
    detail = json.dumps(row.payload, ensure_ascii=False, separators=(",", ":"))
    return {"EventBusName": bus, "Source": source, "DetailType": row.tipo, "Detail": detail}


def _size(entry: Entry) -> int:
    return sum(len(entry[part].encode()) for part in ("Source", "DetailType", "Detail"))


def _batches(entries: list[tuple[Evento, Entry]]) -> Iterator[list[tuple[Evento, Entry]]]:
    """Split entries, in their order, where the next one would exceed what a call takes in bytes."""
    batch: list[tuple[Evento, Entry]] = []
    size = 0
    for row, entry in entries:
        if batch and size + _size(entry) > MAX_BYTES:
            yield batch
            batch, size = [], 0
        batch.append((row, entry))
        size += _size(entry)
    if batch:
        yield batch


def _oversized(row: Evento, entry: Entry) -> Resultado:
    problem = f"the entry has {_size(entry)} bytes, PutEvents takes {MAX_BYTES}"
    return Resultado(row.evento_id, None, problem)


def _result(row: Evento, told: dict[str, str]) -> Resultado:
    if told.get("EventId"):
        return Resultado(row.evento_id, told["EventId"], None)
    return Resultado(row.evento_id, None, f"{told.get('ErrorCode')}: {told.get('ErrorMessage')}")
