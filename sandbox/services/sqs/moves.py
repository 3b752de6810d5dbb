"""Runs message move tasks: dead letters go back to where they came from, or to a queue that was named.

Each message is moved as the desk moves one: without a rate some at each turn of the loop, with one so many a
second of the clock. A task ends when no visible message is left. It goes on after a restart: all it needs is
stored.
"""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

from sandbox.clock import Clock, Timer
from sandbox.errors import StoreError
from sandbox.model.arn import Arn, parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.sqs_moves import CANCELLED, COMPLETED, FAILED, NO_QUEUE, NO_SOURCE, RUNNING
from sandbox.services.sqs.core import SqsCore
from sandbox.services.sqs.desk import MessageDesk, NoSourceError, RefusedMoveError

_SECOND = 1.0
#: Messages of a task without a rate that are moved in one turn of the loop.
_CHUNK = 100


class Mover:
    """The tasks and what moves them.

    Args:
        sqs: the service whose messages they move.
        desk: moves one.
    """

    def __init__(self, sqs: SqsCore, desk: MessageDesk) -> None:
        self._sqs = sqs
        self._database = sqs.database
        self._clock: Clock = sqs.clock
        self._desk = desk
        self._timer: Timer | None = None
        self._work: asyncio.Task[None] | None = None

    # --- tasks -------------------------------------------------------------------------------------------
    def add(self, task: str, source: Arn, target: Arn | None, rate: int | None, to_move: int) -> None:
        """Stores a task that runs from now on.

        Args:
            task: its id.
            rate: messages a second; None moves as many as there are.
        """
        now = self._clock.now()
        self._database.execute(
            "INSERT INTO sqs_moves (task, source, target, rate, status, to_move, started, next_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (task, str(source), None if target is None else str(target), rate, RUNNING, to_move, now, now),
        )
        self.wake()

    def find(self, task: str, source: Arn) -> sqlite3.Row | None:
        """A task of a queue by its id."""
        return self._database.row(
            "SELECT * FROM sqs_moves WHERE task = ? AND source = ?", (task, str(source))
        )

    def of(self, source: Arn, since: float, limit: int) -> list[sqlite3.Row]:
        """The newest tasks of a queue, the newest first.

        Args:
            since: when the queue was created: tasks of an earlier one of its name are not its own.
        """
        return self._database.rows(
            "SELECT * FROM sqs_moves WHERE source = ? AND started >= ? ORDER BY id DESC LIMIT ?",
            (str(source), since, limit),
        )

    def running(self, source: Arn) -> bool:
        """Whether a task moves messages of the queue now."""
        sql = "SELECT 1 FROM sqs_moves WHERE source = ? AND status = ?"
        return self._database.row(sql, (str(source), RUNNING)) is not None

    def cancel(self, row: sqlite3.Row) -> None:
        """Ends a task; what it moved stays moved."""
        self._end(row, CANCELLED)

    # --- running -----------------------------------------------------------------------------------------
    def wake(self) -> None:
        """Moves what is due, and has the clock do so again when the next is."""
        if self._work is None or self._work.done():
            self._work = asyncio.get_running_loop().create_task(self._run(), name="sqs message moves")

    def work(self) -> set[asyncio.Task[Any]]:
        """The task that moves now, while it does."""
        return {self._work} if self._work is not None and not self._work.done() else set()

    async def stop(self) -> None:
        """Ends the work; what was not moved stays where it is, and its task stays stored."""
        self._disarm()
        work, self._work = self._work, None
        if work is not None:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def _run(self) -> None:
        try:
            while due := self._due():
                for row in due:
                    self._step(row)
                await self._database.committed()
        except StoreError:  # nothing was moved; `SqsCore.look_again` has it tried again
            return
        self._disarm()
        found = self._database.row("SELECT min(next_at) AS next FROM sqs_moves WHERE status = ?", (RUNNING,))
        if found is not None and found["next"] is not None:
            self._timer = self._clock.call_at(found["next"], self.wake, label="move messages")

    def _due(self) -> list[sqlite3.Row]:
        return self._database.rows(
            "SELECT * FROM sqs_moves WHERE status = ? AND next_at <= ? ORDER BY id",
            (RUNNING, self._clock.now()),
        )

    def _step(self, row: sqlite3.Row) -> None:
        """Moves some messages of one task, and ends it when none is left or one cannot be moved."""
        source = parse_arn(row["source"])
        if self._sqs.queues.by_arn(source) is None:
            self._end(row, FAILED, NO_QUEUE)
            return
        limit = row["rate"] or _CHUNK
        numbers = self._desk.visible(source, limit)
        moved, failure = self._move(row, source, numbers)
        with self._database.atomic():
            self._database.execute(
                "UPDATE sqs_moves SET moved = moved + ?, next_at = ? WHERE id = ?",
                (moved, self._clock.now() + (_SECOND if row["rate"] else 0.0), row["id"]),
            )
            if failure is not None:
                self._end(row, FAILED, failure)
            elif len(numbers) < limit or not self._desk.visible(source, 1):
                self._end(row, COMPLETED)

    def _move(self, row: sqlite3.Row, source: Arn, numbers: list[int]) -> tuple[int, str | None]:
        """How many of these messages were moved, and why the next one was not."""
        target = None if row["target"] is None else parse_arn(row["target"])
        for moved, number in enumerate(numbers):
            try:
                self._desk.move(source, number, target)
            except NoSourceError:
                return moved, NO_SOURCE
            except (RefusedMoveError, AwsError):
                return moved, NO_QUEUE
        return len(numbers), None

    def _end(self, row: sqlite3.Row, status: str, failure: str | None = None) -> None:
        self._database.execute(
            "UPDATE sqs_moves SET status = ?, failure = ? WHERE id = ?", (status, failure, row["id"])
        )

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
