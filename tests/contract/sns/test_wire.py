"""SNS as clients speak to it: botocore's own serializers and parsers, in the query protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.contract.sns.harness import World, queue, text
from tests.support.speaking import Speaker


@pytest.fixture
def sns(world: World) -> Speaker:
    def call(operation: str, params: dict[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
        return world.call(operation, **params)

    return Speaker("sns", "query", call)


def test_a_topic_from_its_creation_to_its_end(sns: Speaker, world: World) -> None:
    tags = [{"Key": "equipe", "Value": "fiscal"}]
    arn = sns("CreateTopic", Name="notas", Attributes={"DisplayName": "Notas"}, Tags=tags)["TopicArn"]
    assert sns("ListTopics") == {"Topics": [{"TopicArn": arn}]}
    assert sns("GetTopicAttributes", TopicArn=arn)["Attributes"]["DisplayName"] == "Notas"
    assert sns("ListTagsForResource", ResourceArn=arn) == {"Tags": tags}
    given = {"TopicArn": arn, "Protocol": "sqs", "Endpoint": str(queue())}
    subscription = sns("Subscribe", **given, Attributes={"RawMessageDelivery": "true"})["SubscriptionArn"]
    attributes = {"loja": text("7"), "foto": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}
    sent = sns("Publish", TopicArn=arn, Message="olá", MessageAttributes=attributes)
    assert set(sent) == {"MessageId"}
    entries = [{"Id": "a", "Message": "um"}, {"Id": "b", "Message": "x" * 300_000}]
    assert sns.refused("PublishBatch", TopicArn=arn, PublishBatchRequestEntries=entries)[0] == (
        "BatchRequestTooLong"
    )
    entries[1]["Message"] = "dois"
    batch = sns("PublishBatch", TopicArn=arn, PublishBatchRequestEntries=entries)
    assert [entry["Id"] for entry in batch["Successful"]] == ["a", "b"]
    assert batch["Failed"] == []
    assert [delivery.body for delivery in world.targets.taken] == ["olá", "um", "dois"]
    assert world.targets.taken[0].attributes == attributes
    assert sns("ListSubscriptions")["Subscriptions"][0]["SubscriptionArn"] == subscription
    sns("Unsubscribe", SubscriptionArn=subscription)
    sns("DeleteTopic", TopicArn=arn)
    assert sns("ListTopics") == {"Topics": []}


def test_errors_have_the_codes_that_clients_switch_on(sns: Speaker) -> None:
    assert sns.refused("CreateTopic", Name="a b") == ("InvalidParameter", "Invalid parameter: Topic Name")
    gone = "arn:aws:sns:us-east-1:000000000000:nenhum"
    assert sns.refused("Publish", TopicArn=gone, Message="a") == ("NotFound", "Topic does not exist")
    assert sns.refused("ListTagsForResource", ResourceArn=gone)[0] == "ResourceNotFound"
    arn = sns("CreateTopic", Name="notas")["TopicArn"]
    assert sns.refused("PublishBatch", TopicArn=arn, PublishBatchRequestEntries=[])[0] == "EmptyBatchRequest"
    nothing = {"TopicArn": arn, "Message": "a", "MessageAttributes": {"a": {"StringValue": "x"}}}
    assert sns.refused("Publish", **nothing) == (
        "ValidationError",
        "1 validation error detected: Value null at 'messageAttributes.a.member.dataType' failed to satisfy "
        "constraint: Member must not be null",
    )
    empty = {"TopicArn": arn, "Message": "a", "MessageAttributes": {"a": text("")}}
    assert sns.refused("Publish", **empty)[0] == "ParameterValueInvalid"
