"""LocalStack's queues and their messages, looked into without receiving anything and without a hop.

Its own endpoint for it: https://docs.localstack.cloud/aws/services/sqs/ (`/_aws/sqs/messages`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from sandbox.engines.base import ForeignQueue
from sandbox.engines.docker.upstream import ContainerUpstream
from sandbox.model.arn import Arn, parse_arn, parse_queue_url, queue_url
from sandbox.model.awserror import AwsError
from sandbox.model.http import HttpRequest
from sandbox.model.scope import Scope
from sandbox.services.sqs.messages import DELAYED, IN_FLIGHT, VISIBLE, Counts
from sandbox.services.sqs.service import PeekedMessage, QueueDepth

_ENDPOINT = "http://127.0.0.1"


class LocalStackQueues:
    """Implements `QueueSource` for the default account and region.

    Args:
        upstream: reaches LocalStack.
        hop_of: the latest hop of a message, by its id; 0 where none is known.
    """

    def __init__(self, upstream: ContainerUpstream, hop_of: Callable[[str], int]) -> None:
        self._upstream = upstream
        self._hop_of = hop_of

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
        self, operation: str, body: Mapping[str, Any], *, path: str = "/", query: str = ""
    ) -> dict[str, Any]:
        scope = Scope()
        signed = f"Credential={scope.account}/20200101/{scope.region}/sqs/aws4_request"
        headers = [
            ("host", "127.0.0.1"),
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", f"AmazonSQS.{operation}"),
            ("authorization", f"AWS4-HMAC-SHA256 {signed}, SignedHeaders=host, Signature=unsigned"),
        ]
        request = HttpRequest("POST", path, query, headers, msgspec.json.encode(body))
        answer = await self._upstream.send("sqs", operation, request)
        if answer.status >= 400:
            raise AwsError("ServiceUnavailable", answer.body[:500].decode(errors="replace"), status=503)
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
