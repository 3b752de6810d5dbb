"""Operations on message move tasks.

Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
"""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

from sandbox.model.arn import Arn, parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.sqs_errors import invalid_parameter, invalid_value, missing
from sandbox.model.sqs_moves import (
    MOST_LISTED,
    MOST_PER_SECOND,
    RUNNING,
    no_resource,
    parse_task_handle,
    task_handle,
)
from sandbox.services.base import Answer, Kit, Params, operation
from sandbox.services.sqs.core import SqsCore
from sandbox.services.sqs.desk import MessageDesk
from sandbox.services.sqs.moves import Mover
from sandbox.services.sqs.queues import Queue


class MoveOperations(SqsCore):
    """What SQS does with dead letters as a whole."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self.desk = MessageDesk(self)
        self.mover = Mover(self, self.desk)

    async def start(self) -> None:
        """Goes on with the tasks that run."""
        await super().start()
        self.mover.wake()

    def look_again(self) -> None:
        """Goes on with the tasks that run, too; see `SqsCore.look_again`."""
        super().look_again()
        self.mover.wake()

    async def stop(self) -> None:
        """Ends what moves messages; the tasks stay stored."""
        await self.mover.stop()
        await super().stop()

    def work(self) -> set[asyncio.Task[Any]]:
        """What moves messages now."""
        return self.mover.work()

    @operation("StartMessageMoveTask", "SourceArn DestinationArn MaxNumberOfMessagesPerSecond")
    def start_message_move_task(self, call: Call, params: Params) -> Answer:
        """Moves the messages of a dead-letter queue to where they came from, or to another queue."""
        source = self._queue(params, "SourceArn")
        if not self.desk.sources(source.arn):
            raise invalid_parameter("Source queue must be configured as a Dead Letter Queue.")
        target = self._queue(params, "DestinationArn") if params.get("DestinationArn") else None
        if target is not None:
            _check_pair(source, target)
        rate: int | None = params.get("MaxNumberOfMessagesPerSecond")
        if rate is not None and not 1 <= rate <= MOST_PER_SECOND:
            reason = f"Must be between 1 and {MOST_PER_SECOND}, if provided."
            raise invalid_value(rate, "MaxNumberOfMessagesPerSecond", reason)
        if self.mover.running(source.arn):
            raise invalid_parameter(
                "There is already a task running. Only one active task is allowed for a source queue arn "
                "at a given time."
            )
        task = self.kit.ids.uuid()
        to_move = self.counts(source).visible
        self.mover.add(task, source.arn, None if target is None else target.arn, rate, to_move)
        return {"TaskHandle": task_handle(task, source.arn)}

    @operation("ListMessageMoveTasks", "SourceArn MaxResults")
    def list_message_move_tasks(self, call: Call, params: Params) -> Answer:
        """The newest tasks of a queue."""
        source = self._queue(params, "SourceArn")
        limit = params.get("MaxResults", 1)
        if not 1 <= limit <= MOST_LISTED:
            reason = f"Must be between 1 and {MOST_LISTED}, if provided."
            raise invalid_value(limit, "MaxResults", reason)
        rows = self.mover.of(source.arn, source.created, limit)
        return {"Results": [_described(row, source.arn) for row in rows]}

    @operation("CancelMessageMoveTask", "TaskHandle")
    def cancel_message_move_task(self, call: Call, params: Params) -> Answer:
        """Ends a task that runs; what was moved stays moved."""
        handle = params.get("TaskHandle")
        if not handle:
            raise missing("TaskHandle")
        task, source = parse_task_handle(handle)
        if self.queues.by_arn(source) is None:
            raise no_resource("SourceArn")
        row = self.mover.find(task, source)
        if row is None:
            raise AwsError("ResourceNotFoundException", "Task does not exist.")
        if row["status"] != RUNNING:
            raise invalid_parameter("Only active tasks can be cancelled.")
        self.mover.cancel(row)
        return {"ApproximateNumberOfMessagesMoved": row["moved"]}

    def _queue(self, params: Params, parameter: str) -> Queue:
        text = params.get(parameter)
        if not text:
            raise missing(parameter)
        try:
            arn = parse_arn(text)
        except ValueError:
            arn = None
        found = None if arn is None or arn.service != self.name else self.queues.by_arn(arn)
        if found is None:
            raise no_resource(parameter)
        return found


def _check_pair(source: Queue, target: Queue) -> None:
    if source.arn == target.arn:
        raise invalid_parameter("Source queue arn and destination queue arn cannot be the same.")
    if source.settings.fifo != target.settings.fifo:
        raise invalid_parameter("The source queue and destination queue must be of the same queue type.")


def _described(row: sqlite3.Row, source: Arn) -> dict[str, Any]:
    described: dict[str, Any] = {
        "TaskHandle": task_handle(row["task"], source) if row["status"] == RUNNING else None,
        "Status": row["status"],
        "SourceArn": row["source"],
        "DestinationArn": row["target"],
        "MaxNumberOfMessagesPerSecond": row["rate"],
        "ApproximateNumberOfMessagesMoved": row["moved"],
        "ApproximateNumberOfMessagesToMove": row["to_move"],
        "FailureReason": row["failure"],
        "StartedTimestamp": int(row["started"] * 1000),
    }
    return {name: value for name, value in described.items() if value is not None}
