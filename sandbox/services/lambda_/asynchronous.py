"""The queue of asynchronous invocations: durable, retried by the clock, taken up again after a restart.

Reference: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import asyncio
import sqlite3
from functools import partial
from typing import Any

from sandbox.clock import Timer
from sandbox.errors import StoreError
from sandbox.model.arn import function_arn
from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from sandbox.model.lambda_async import MAX_AGE, MAX_RETRIES, Condition, Ending, retry_delay, throttle_delay
from sandbox.model.lambda_errors import RECURSIVE, request_too_large
from sandbox.model.lambda_limits import ASYNC_PAYLOAD
from sandbox.model.lambda_names import LATEST, FunctionRef
from sandbox.model.ports import InvokeResult
from sandbox.model.scope import Scope
from sandbox.services.base import PAUSE, Kit
from sandbox.services.lambda_.destinations import Destinations
from sandbox.services.lambda_.functions import Functions
from sandbox.services.lambda_.invocation import Invocations
from sandbox.services.lambda_.invocation_hops import Origin
from sandbox.services.lambda_.qualified import Qualified
from sandbox.services.lambda_.records import Function
from sandbox.services.lambda_.tasks import Tasks


class AsyncQueue:
    """Keeps events until their function has taken them, or nothing more can be done."""

    def __init__(
        self, kit: Kit, functions: Functions, invocations: Invocations, destinations: Destinations
    ) -> None:
        self._kit = kit
        self._database = kit.database
        self._functions = functions
        self._invocations = invocations
        self._destinations = destinations
        self._tasks = Tasks()
        self._timers: dict[int, Timer] = {}
        self._working: set[int] = set()

    @property
    def running(self) -> int:
        """Events that are being worked on now."""
        return len(self._tasks)

    def tasks(self) -> set[asyncio.Task[Any]]:
        """The tasks that work on them."""
        return self._tasks.all()

    def start(self) -> None:
        """Takes up every event of the store."""
        for row in self._database.rows("SELECT id, due FROM lambda_events ORDER BY id"):
            self._schedule(row["id"], row["due"])

    def recall(self) -> None:
        """Takes up the events that nobody works on; see `Service.recall`."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        pause = self._kit.clock.now() + PAUSE
        for row in self._database.rows("SELECT id, due FROM lambda_events ORDER BY id"):
            if row["id"] not in self._working:
                self._schedule(row["id"], max(row["due"], pause))

    async def stop(self) -> None:
        """Ends what runs; the events stay in the store."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        await self._tasks.stop()

    def accept(
        self, named: Qualified, payload: bytes, *, cause: int | None, trace: str | None, request_id: str
    ) -> int:
        """Stores an event and has it run at once.

        Returns:
            The hop that says the function's queue took it.

        Raises:
            AwsError: `RequestTooLargeException`.
        """
        if len(payload) > ASYNC_PAYLOAD:
            raise request_too_large(ASYNC_PAYLOAD)
        function = named.function
        hop = self._kit.recorder.record(
            HopKind.DELIVERED,
            function.scope,
            "lambda",
            cause=cause,
            operation="Invoke",
            resource=named.arn,
            request_id=request_id,
            trace=trace,
            function=str(function.arn),
            detail={"invocation_type": "Event"},
            payload=payload,
        )
        now = self._kit.clock.now()
        cursor = self._database.execute(
            "INSERT INTO lambda_events "
            "(account, region, name, qualifier, request_id, payload, cause, trace, accepted, due) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                function.account,
                function.region,
                function.name,
                named.qualifier,
                request_id,
                payload,
                hop,
                trace,
                now,
                now,
            ),
        )
        self._start(int(cursor.lastrowid or 0))
        return hop

    def forget(self, function: Function) -> None:
        """Drops the events of a function that is deleted."""
        self._database.execute(
            "DELETE FROM lambda_events WHERE account = ? AND region = ? AND name = ?",
            (function.account, function.region, function.name),
        )

    def _schedule(self, event: int, due: float) -> None:
        if due <= self._kit.clock.now():
            self._start(event)
            return
        self._timers[event] = self._kit.clock.call_at(
            due, partial(self._start, event), label="asynchronous invocation"
        )

    def _start(self, event: int) -> None:
        self._timers.pop(event, None)
        self._tasks.start(self._try(event), f"lambda-async-{event}")

    async def _try(self, event: int) -> None:
        self._working.add(event)
        try:
            # An event that could not be stored was not accepted: it must not run.
            await self._database.committed()
            await self._attempt(event)
            await self._database.committed()
        except StoreError:
            # What became of it could not be stored: it is in the store as it was, if it is there at all.
            self._working.discard(event)
            self._resume(event)
        finally:
            self._working.discard(event)

    def _resume(self, event: int) -> None:
        row = self._database.row("SELECT due FROM lambda_events WHERE id = ?", (event,))
        if row is not None and event not in self._timers:
            self._schedule(event, max(row["due"], self._kit.clock.now() + PAUSE))

    async def _attempt(self, event: int) -> None:
        row = self._database.row("SELECT * FROM lambda_events WHERE id = ?", (event,))
        if row is None:
            return
        named = self._find(row)
        if named is None:
            self._drop(event)
            return
        if named.function.reserved == 0:
            await self._end(row, named, Condition.ZERO_RESERVED_CONCURRENCY)
            return
        if self._kit.clock.now() - row["accepted"] > _max_age(named):
            await self._end(row, named, Condition.EVENT_AGE_EXCEEDED)
            return
        cause = self._record_retry(row, named) if row["failures"] else row["cause"]
        origin = Origin(row["request_id"], cause, (), row["trace"], "Event", row["failures"] + 1)
        try:
            result = await self._invocations.invoke(named, bytes(row["payload"]), origin)
        except AwsError as error:
            if error.code == RECURSIVE:
                await self._end(row, named, Condition.RECURSIVE_LOOP)
            else:
                self._refused(row)
        else:
            await self._settle(row, result)

    async def _settle(self, row: sqlite3.Row, result: InvokeResult) -> None:
        """The function ran: done, tried again, or given up."""
        named = self._find(row)
        if named is None:  # deleted while it ran
            self._drop(row["id"])
            return
        failures = row["failures"] + 1
        if result.function_error is None:
            await self._end(row, named, Condition.SUCCESS, result)
            return
        config = named.invoke_config
        retries = MAX_RETRIES if config is None or config.retries is None else config.retries
        if failures > retries:
            await self._end(row, named, Condition.RETRIES_EXHAUSTED, result)
            return
        due = self._kit.clock.now() + retry_delay(failures)
        if due - row["accepted"] > _max_age(named):
            await self._end(row, named, Condition.EVENT_AGE_EXCEEDED, result)
            return
        # The last answer is kept: it belongs into the record, should the event end before it runs again.
        self._database.execute(
            "UPDATE lambda_events SET failures = ?, due = ?, cause = ?, answer = ?, version = ? WHERE id = ?",
            (failures, due, result.hop, result.payload, result.version, row["id"]),
        )
        self._schedule(row["id"], due)

    def _refused(self, row: sqlite3.Row) -> None:
        """It did not run (throttled, or the sandbox could not): later again, until it is too old."""
        refusals = row["refusals"] + 1
        due = self._kit.clock.now() + throttle_delay(refusals)
        self._database.execute(
            "UPDATE lambda_events SET refusals = ?, due = ? WHERE id = ?", (refusals, due, row["id"])
        )
        self._schedule(row["id"], due)

    async def _end(
        self,
        row: sqlite3.Row,
        named: Qualified,
        condition: Condition,
        result: InvokeResult | None = None,
    ) -> None:
        ran = row["failures"] + (1 if result else 0)
        answer = result.payload if result else row["answer"]
        failed = condition is not Condition.SUCCESS
        ending = Ending(
            arn=str(function_arn(named.function.scope, named.function.name, named.key)),
            version=(result.version if result else row["version"]) or LATEST,
            request_id=row["request_id"],
            condition=condition,
            event=bytes(row["payload"]),
            invocations=ran,
            payload=None if answer is None else bytes(answer),
            error="Unhandled" if failed and answer is not None else None,
        )
        # Delivered before it is forgotten: a crash in between delivers twice, never not at all.
        await self._destinations.send(named, ending, result.hop if result else row["cause"], row["trace"])
        self._drop(row["id"])

    def _find(self, row: sqlite3.Row) -> Qualified | None:
        scope = Scope(row["account"], row["region"])
        return self._functions.find(FunctionRef(scope, row["name"], row["qualifier"]))

    def _record_retry(self, row: sqlite3.Row, named: Qualified) -> int:
        function = named.function
        return self._kit.recorder.record(
            HopKind.INVOKE_RETRY,
            function.scope,
            "lambda",
            cause=row["cause"],
            operation="Event",
            resource=named.arn,
            request_id=row["request_id"],
            trace=row["trace"],
            function=str(function.arn),
            detail={"attempt": row["failures"] + 1},
        )

    def _drop(self, event: int) -> None:
        self._database.execute("DELETE FROM lambda_events WHERE id = ?", (event,))


def _max_age(named: Qualified) -> int:
    config = named.invoke_config
    return MAX_AGE if config is None or config.max_age is None else config.max_age
