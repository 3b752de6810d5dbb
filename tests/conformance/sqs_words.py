"""What the recorded answers of SQS have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.support.speaking import Speaker

URL = "http://127.0.0.1:4566/000000000000/"
#: Attributes of a new standard queue, without its times and its ARN.
FRESH = {
    "ApproximateNumberOfMessages": "0",
    "ApproximateNumberOfMessagesDelayed": "0",
    "ApproximateNumberOfMessagesNotVisible": "0",
    "DelaySeconds": "0",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}
#: What a new FIFO queue has beside them.
FRESH_FIFO = {
    **FRESH,
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoQueue": "true",
    "FifoThroughputLimit": "perQueue",
}


def made(sqs: Speaker, name: str = "vendas", **attributes: str) -> str:
    """The URL of a new queue."""
    fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
    url: str = sqs("CreateQueue", QueueName=name, Attributes={**fifo, **attributes})["QueueUrl"]
    return url


def attributes(sqs: Speaker, url: str) -> dict[str, str]:
    """Every attribute of a queue, without its times and its ARN, which must be there."""
    found: dict[str, str] = sqs("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found.pop("QueueArn").endswith(url.rpartition("/")[2])
    assert found.pop("CreatedTimestamp").isdigit()
    assert found.pop("LastModifiedTimestamp").isdigit()
    return found


def send(
    sqs: Speaker, url: str, body: str = "nota 17", group: str | None = None, **params: Any
) -> dict[str, Any]:
    """Sends a message."""
    grouped = {} if group is None else {"MessageGroupId": group}
    return sqs("SendMessage", QueueUrl=url, MessageBody=body, **grouped, **params)


def receive(sqs: Speaker, url: str, most: int = 10, **params: Any) -> list[dict[str, Any]]:
    """The messages of a receive."""
    answer = sqs("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=most, **params)
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    return messages


def bodies(messages: list[dict[str, Any]]) -> list[str]:
    """What they say."""
    return [message["Body"] for message in messages]


def delete(sqs: Speaker, url: str, message: Mapping[str, Any]) -> None:
    """Deletes a message that was received."""
    sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def text(value: str) -> dict[str, str]:
    """A message attribute."""
    return {"DataType": "String", "StringValue": value}
