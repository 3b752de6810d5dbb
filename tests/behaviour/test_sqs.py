"""Queues, as AWS's developer guide of SQS has them."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.behaviour.aws import attribute, queue, received
from tests.behaviour.conftest import Namer
from tests.e2e.harness import Sandbox


def test_a_message_keeps_its_body_and_attributes(nfe: Sandbox, names: Namer) -> None:
    url, _ = queue(nfe, names("fila"))
    given = {
        "cor": {"DataType": "String", "StringValue": "azul"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        "peso": {"DataType": "Number.float", "StringValue": "1.5"},
    }
    sent = nfe.aws("sqs").send_message(QueueUrl=url, MessageBody="olá", MessageAttributes=given)
    (message,) = received(nfe, url)
    assert (message["Body"], message["MD5OfBody"]) == ("olá", sent["MD5OfMessageBody"])
    assert message["MessageAttributes"] == given
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"


def test_a_received_message_is_invisible_until_its_timeout_is_over(nfe: Sandbox, names: Namer) -> None:
    sqs = nfe.aws("sqs")
    url, _ = queue(nfe, names("fila"), VisibilityTimeout="60")
    sqs.send_message(QueueUrl=url, MessageBody="x")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    (again,) = received(nfe, url)
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"


def test_a_fifo_queue_keeps_the_order_of_a_group_and_drops_duplicates(nfe: Sandbox, names: Namer) -> None:
    url, _ = queue(nfe, f"{names('fila')}.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    for body in ("1", "2", "2", "3"):
        nfe.aws("sqs").send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g")
    assert [message["Body"] for message in received(nfe, url, 3)] == ["1", "2", "3"]


def test_a_message_received_too_often_is_dead_lettered(nfe: Sandbox, names: Namer) -> None:
    sqs = nfe.aws("sqs")
    letters, arn = queue(nfe, names("cartas"))
    policy = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": 1}}'
    url, source = queue(nfe, names("fila"), RedrivePolicy=policy)
    sent = sqs.send_message(QueueUrl=url, MessageBody="x")
    sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    (letter,) = received(nfe, letters)
    assert letter["MessageId"] == sent["MessageId"]
    assert letter["Attributes"]["DeadLetterQueueSourceArn"] == source


def test_a_delayed_message_is_counted_and_not_received(nfe: Sandbox, names: Namer) -> None:
    sqs = nfe.aws("sqs")
    url, _ = queue(nfe, names("fila"))
    sqs.send_message(QueueUrl=url, MessageBody="x", DelaySeconds=600)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    assert attribute(nfe, url, "ApproximateNumberOfMessagesDelayed") == "1"


@pytest.mark.differs(
    "docker",
    "LocalStack does not check DelaySeconds of the entries of a batch",
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatchRequestEntry.html:"
    " valid values are 0 to 900",
)
def test_a_batch_fails_in_part(nfe: Sandbox, names: Namer) -> None:
    url, _ = queue(nfe, names("fila"))
    entries = [
        {"Id": "boa", "MessageBody": "x"},
        {"Id": "ruim", "MessageBody": "x", "DelaySeconds": 901},
    ]
    answer = nfe.aws("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["boa"]
    (failed,) = answer["Failed"]
    assert (failed["Id"], failed["SenderFault"]) == ("ruim", True)


def test_a_queue_that_is_not_there_is_named_by_its_error(nfe: Sandbox) -> None:
    with pytest.raises(ClientError) as found:
        nfe.aws("sqs").get_queue_url(QueueName="nenhuma")
    assert found.value.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"


def test_a_message_may_have_a_mebibyte(nfe: Sandbox, names: Namer) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""
    url, _ = queue(nfe, names("fila"))
    nfe.aws("sqs").send_message(QueueUrl=url, MessageBody="x" * 1024 * 1024)
    assert len(received(nfe, url)[0]["Body"]) == 1024 * 1024
