"""SQS alone, on a manual clock, with its hops kept in a list."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from sandbox.clock import Clock
from sandbox.faults.plan import FaultPlan
from sandbox.model.arn import Arn, queue_arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call, Caller
from sandbox.model.ids import Ids
from sandbox.model.scope import Scope
from sandbox.services.base import Kit
from sandbox.services.sqs.service import SqsService
from tests.support.world import Stage

START = 1_700_000_000.0
ENDPOINT = "http://127.0.0.1:4566"
HERE = Scope()

T = TypeVar("T")


class World(Stage[SqsService]):
    """One SQS over one database.

    Args:
        path: the database's file, None for memory.
    """

    turns_after = 0

    def __init__(self, path: Path | None = None, *, start: float = START) -> None:
        super().__init__(path, Clock(start=start, speed=0))
        self.faults = FaultPlan(self.database, self.hops, Ids(seed=5))
        self.caller = Caller()
        self.sqs = SqsService(Kit(self.database, self.clock, self.hops, self.faults, Ids(seed=7)))
        self.open(self.sqs)

    def context(self, scope: Scope = HERE, trace: str | None = None) -> Call:
        request_id = f"r{self.hops.reserve()}"
        # As the front door does for operations that record their own hops: the call has none.
        hop = self.caller.hop
        return Call(
            scope=scope, endpoint=ENDPOINT, request_id=request_id, hop=hop, caller=self.caller, trace=trace
        )

    def call(
        self, operation: str, scope: Scope = HERE, trace: str | None = None, **params: Any
    ) -> dict[str, Any]:
        return self.run(lambda: self.sqs.call(operation, self.context(scope, trace), params))

    def refused(self, operation: str, **params: Any) -> AwsError:
        with pytest.raises(AwsError) as caught:
            self.call(operation, **params)
        return caught.value

    # --- shorthands --------------------------------------------------------------------------------------
    def queue(self, name: str = "reserva", **attributes: Any) -> str:
        given = {
            key: value if isinstance(value, str) else json.dumps(value) for key, value in attributes.items()
        }
        url: str = self.call("CreateQueue", QueueName=name, Attributes=given)["QueueUrl"]
        return url

    def with_dead_letters(self, max_receives: int, **attributes: Any) -> tuple[str, str]:
        """The URLs of a queue and of its dead-letter queue."""
        dead = self.queue("reserva-dlq")
        policy = {"deadLetterTargetArn": str(arn("reserva-dlq")), "maxReceiveCount": max_receives}
        return self.queue("reserva", RedrivePolicy=policy, **attributes), dead

    def send(self, url: str, body: str = "corpo", **params: Any) -> dict[str, Any]:
        return self.call("SendMessage", QueueUrl=url, MessageBody=body, **params)

    def receive(self, url: str, limit: int = 10, **params: Any) -> list[dict[str, Any]]:
        answer = self.call("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=limit, **params)
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def delete(self, url: str, handle: str) -> None:
        self.call("DeleteMessage", QueueUrl=url, ReceiptHandle=handle)

    def hide(self, url: str, handle: str, seconds: int) -> None:
        self.call("ChangeMessageVisibility", QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=seconds)

    def attributes(self, url: str, *names: str) -> dict[str, str]:
        answer = self.call("GetQueueAttributes", QueueUrl=url, AttributeNames=list(names or ["All"]))
        found: dict[str, str] = answer.get("Attributes", {})
        return found

    def depth(self, url: str) -> tuple[int, int, int]:
        """Visible, in flight, delayed."""
        values = self.attributes(url)
        prefix = "ApproximateNumberOfMessages"
        return int(values[prefix]), int(values[f"{prefix}NotVisible"]), int(values[f"{prefix}Delayed"])


def arn(name: str = "reserva") -> Arn:
    return queue_arn(Scope(), name)


def bodies(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    return [message["Body"] for message in messages]
