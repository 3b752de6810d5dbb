"""What native services deliver to: queues, functions, topics and log groups of LocalStack, by their APIs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.clock import Clock
from sandbox.model.arn import Arn, queue_url
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.ports import AwsClient, Delivery

Request = tuple[str, Mapping[str, Any]]


def _to_queue(delivery: Delivery) -> Request:
    queue = delivery.target
    params: dict[str, Any] = {
        "QueueUrl": queue_url(queue.scope, queue.resource, "http://127.0.0.1"),
        "MessageBody": delivery.body,
        "MessageAttributes": dict(delivery.attributes),
    }
    if delivery.trace:
        header = {"DataType": "String", "StringValue": delivery.trace}
        params["MessageSystemAttributes"] = {"AWSTraceHeader": header}
    if delivery.group_id:
        params["MessageGroupId"] = delivery.group_id
    if delivery.deduplication_id:
        params["MessageDeduplicationId"] = delivery.deduplication_id
    return "SendMessage", params


def _to_function(delivery: Delivery) -> Request:
    return "Invoke", {
        "FunctionName": str(delivery.target),
        "InvocationType": "Event",
        "Payload": delivery.body.encode(),
    }


def _to_topic(delivery: Delivery) -> Request:
    return "Publish", {"TopicArn": str(delivery.target), "Message": delivery.body}


_KINDS: Mapping[str, Callable[[Delivery], Request]] = {
    "sqs": _to_queue,
    "lambda": _to_function,
    "sns": _to_topic,
}


class ContainerDeliverer:
    """Implements the port `Deliverer`.

    Args:
        aws: calls the containers as any client would, so that each delivery is a call in the journal too.
        clock: dates log lines.
    """

    def __init__(self, aws: AwsClient, clock: Clock) -> None:
        self._aws = aws
        self._clock = clock

    def supports(self, target: Arn) -> bool:
        """Whether targets of this kind are implemented at all."""
        return target.service in _KINDS or target.service == "logs"

    async def deliver(self, delivery: Delivery) -> int:
        """Hands over; see `Deliverer.deliver`. What the target did is told by the journal of its call."""
        call = Call(scope=delivery.target.scope, hop=delivery.cause, trace=delivery.trace)
        kind = _KINDS.get(delivery.target.service)
        if kind is not None:
            await self._aws.call(delivery.target.service, *kind(delivery), call)
        elif delivery.target.service == "logs":
            await self._to_log_group(delivery, call)
        else:
            raise AwsError(
                "InvalidTarget",
                f"sandbox cannot deliver to {delivery.target.service} ({delivery.target})",
            )
        return delivery.cause or 0

    async def _to_log_group(self, delivery: Delivery, call: Call) -> None:
        """One stream for each event, as EventBridge does."""
        names = {
            "logGroupName": delivery.target.resource.removeprefix("log-group:").removesuffix(":*"),
            "logStreamName": delivery.event_id or "events",
        }
        await self._aws.call("logs", "CreateLogStream", names, call)
        events = [{"timestamp": int(self._clock.now() * 1000), "message": delivery.body}]
        await self._aws.call("logs", "PutLogEvents", {**names, "logEvents": events}, call)
