"""LocalStack's queues and their messages: looked into without receiving anything, and moved one by one.

Its own endpoint for it: https://docs.localstack.cloud/aws/services/sqs/ (`/_aws/sqs/messages`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox.engines.docker.calling import refusal_of, signed
from sandbox.engines.docker.hearing import Hearing
from sandbox.engines.docker.moving import Edit, LetterMoves
from sandbox.engines.docker.upstream import HOP, QUIET, ContainerUpstream
from sandbox.engines.queues import ForeignQueue
from sandbox.model.arn import Arn, parse_arn, parse_queue_url, queue_url
from sandbox.model.http import HttpRequest
from sandbox.model.ids import Ids
from sandbox.model.scope import Scope
from sandbox.services.sqs.desk import Sent
from sandbox.services.sqs.messages import DELAYED, IN_FLIGHT, VISIBLE, Counts
from sandbox.services.sqs.service import PeekedMessage, QueueDepth

_ENDPOINT = "http://127.0.0.1"


class LocalStackQueues:
    """Implements `QueueSource` for the default account and region.

    Args:
        upstream: reaches LocalStack.
        hearing: knows the hops of messages, and is told what is done with them.
    """

    def __init__(self, upstream: ContainerUpstream, hearing: Hearing, ids: Ids) -> None:
        self._upstream = upstream
        self._hop_of = hearing.message
        self._moves = LetterMoves(self._move, self.queues, self.peek, hearing, ids)

    async def queues(self) -> list[ForeignQueue]:
        """Every queue, by name; see `QueueSource.queues`."""
        answer = await self._ask("ListQueues", {"MaxResults": 1000})
        found = []
        for url in sorted(answer.get("QueueUrls", ())):
            scope, name = parse_queue_url(url, Scope().region)
            params = {"QueueUrl": queue_url(scope, name, _ENDPOINT), "AttributeNames": ["All"]}
            found.append(_queue((await self._ask("GetQueueAttributes", params))["Attributes"]))
        return sorted(found, key=lambda queue: queue.depth.queue.resource)

    async def peek(self, queue: Arn) -> list[PeekedMessage]:
        """The messages of a queue in order of sending; see `QueueSource.peek`."""
        body = {"QueueUrl": queue_url(queue.scope, queue.resource, _ENDPOINT)}
        answer = await self._ask(
            "ReceiveMessage",
            body,
            path="/_aws/sqs/messages",
            query="ShowInvisible=true&ShowDelayed=true",
        )
        found = [self._message(message) for message in answer.get("Messages", ())]
        return sorted(found, key=lambda message: message.sent)

    async def send_anew(
        self,
        queue: Arn,
        message_id: str,
        operation: str,
        *,
        body: str | None = None,
        attributes: Mapping[str, Mapping[str, Any]] | None = None,
        delay: int | None = None,
    ) -> Sent:
        """Sends a dead letter back; see `QueueSource.send_anew`."""
        return await self._moves.send_anew(queue, message_id, operation, Edit(body, attributes, delay))

    async def drop(self, queue: Arn, message_id: str) -> str:
        """Deletes a message; see `QueueSource.drop`."""
        return await self._moves.drop(queue, message_id)

    async def _move(self, operation: str, body: Mapping[str, Any], hop: int | None) -> dict[str, Any]:
        return await self._ask(operation, body, hop=QUIET if hop is None else str(hop))

    def _message(self, message: Mapping[str, Any]) -> PeekedMessage:
        told = message.get("Attributes", {})
        sent = float(told.get("SentTimestamp", 0)) / 1000
        first = float(told.get("ApproximateFirstReceiveTimestamp", 0)) / 1000
        delayed, visible = told.get("IsDelayed") == "true", told.get("IsVisible") == "true"
        return PeekedMessage(
            message_id=message["MessageId"],
            body=message["Body"],
            attributes=message.get("MessageAttributes", {}),
            state=DELAYED if delayed else VISIBLE if visible else IN_FLIGHT,
            receive_count=int(told.get("ApproximateReceiveCount", 0)),
            sent=sent,
            visible_at=sent,
            first_received=first or None,
            trace=told.get("AWSTraceHeader"),
            group_id=told.get("MessageGroupId"),
            deduplication_id=told.get("MessageDeduplicationId"),
            source=told.get("DeadLetterQueueSourceArn"),
            hop=self._hop_of(message["MessageId"]),
        )

    async def _ask(
        self,
        operation: str,
        body: Mapping[str, Any],
        *,
        path: str = "/",
        query: str = "",
        hop: str = QUIET,
    ) -> dict[str, Any]:
        headers = [
            ("host", "127.0.0.1"),
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", f"AmazonSQS.{operation}"),
            (HOP, hop),
            signed("sqs"),
        ]
        request = HttpRequest("POST", path, query, headers, msgspec.json.encode(body))
        answer = await self._upstream.send("sqs", operation, request)
        if answer.status >= 400:
            raise refusal_of(answer)
        return msgspec.json.decode(answer.body or b"{}", type=dict[str, Any])


def _queue(attributes: Mapping[str, str]) -> ForeignQueue:
    policy = msgspec.json.decode(attributes.get("RedrivePolicy") or "{}", type=dict[str, Any])
    target = policy.get("deadLetterTargetArn")
    counts = Counts(
        visible=int(attributes.get("ApproximateNumberOfMessages", 0)),
        in_flight=int(attributes.get("ApproximateNumberOfMessagesNotVisible", 0)),
        delayed=int(attributes.get("ApproximateNumberOfMessagesDelayed", 0)),
        oldest=None,
    )
    return ForeignQueue(
        depth=QueueDepth(parse_arn(attributes["QueueArn"]), counts, parse_arn(target) if target else None),
        visibility=float(attributes.get("VisibilityTimeout", 30)),
        retention=float(attributes.get("MessageRetentionPeriod", 345_600)),
        max_receives=int(policy["maxReceiveCount"]) if "maxReceiveCount" in policy else None,
    )
