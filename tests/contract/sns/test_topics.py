"""Topics: created once, configured, tagged, permitted, listed in pages.

Pages: https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html and …/API_SetTopicAttributes.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.sns.harness import World, queue, topic


def attributes(world: World, arn: str) -> dict[str, str]:
    found: dict[str, str] = world.call("GetTopicAttributes", TopicArn=arn)["Attributes"]
    return found


def test_a_new_topic(world: World) -> None:
    arn = world.topic()
    assert arn == str(topic())
    found = attributes(world, arn)
    policy = json.loads(found.pop("Policy"))
    assert policy["Statement"][0]["Condition"] == {"StringEquals": {"AWS:SourceOwner": "000000000000"}}
    assert "SNS:Publish" in policy["Statement"][0]["Action"]
    effective = json.loads(found.pop("EffectiveDeliveryPolicy"))
    assert effective["http"]["defaultHealthyRetryPolicy"]["numRetries"] == 3
    assert found == {
        "TopicArn": arn,
        "Owner": "000000000000",
        "DisplayName": "",
        "SubscriptionsPending": "0",
        "SubscriptionsConfirmed": "0",
        "SubscriptionsDeleted": "0",
    }


def test_a_new_fifo_topic(world: World) -> None:
    found = attributes(world, world.topic("notas.fifo"))
    assert (found["FifoTopic"], found["ContentBasedDeduplication"], found["FifoThroughputScope"]) == (
        "true",
        "false",
        "Topic",
    )


def test_creating_it_again_answers_the_same_or_refuses_what_is_different(world: World) -> None:
    arn = world.topic(DisplayName="Notas")
    tags = [{"Key": "equipe", "Value": "fiscal"}]
    assert world.topic() == world.topic(DisplayName="Notas") == arn
    error = world.refused("CreateTopic", Name="notas", Attributes={"DisplayName": "Outras"})
    assert (error.code, error.message) == (
        "InvalidParameterException",
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
    )
    error = world.refused("CreateTopic", Name="notas", Tags=tags)
    assert error.message == "Invalid parameter: Tags Reason: Topic already exists with different tags"


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("com espaço", {}, "Invalid parameter: Topic Name"),
        ("notas.fifo", {}, "Invalid parameter: Topic Name"),
        ("notas", {"FifoTopic": "true"}, "Fifo Topic names must end with .fifo"),
        ("a" * 257, {}, "Invalid parameter: Topic Name"),
        ("notas", {"Cor": "azul"}, "Invalid parameter: AttributeName"),
        ("notas", {"ContentBasedDeduplication": "true"}, "Invalid parameter: AttributeName"),
        ("notas", {"SignatureVersion": "3"}, "SignatureVersion Reason"),
        ("notas", {"Policy": "x"}, "Policy Error"),
        ("notas", {"DeliveryPolicy": "x"}, "DeliveryPolicy: failed to parse JSON"),
    ],
)
def test_what_a_topic_cannot_be(world: World, name: str, given: dict[str, str], message: str) -> None:
    error = world.refused("CreateTopic", Name=name, Attributes=given)
    assert error.code == "InvalidParameterException"
    assert message in error.message


@pytest.mark.parametrize("name", ["HTTPSuccessFeedbackRoleArn", "SQSFailureFeedbackRoleArn", "ArchivePolicy"])
def test_what_is_not_acted_on_is_refused_by_name(world: World, name: str) -> None:
    arn = world.topic()
    error = world.refused("SetTopicAttributes", TopicArn=arn, AttributeName=name, AttributeValue="x")
    assert (error.code, error.status) == ("NotImplemented", 501)
    assert name in error.message


@pytest.mark.parametrize(
    "operation",
    ["CreatePlatformApplication", "SetSMSAttributes", "PutDataProtectionPolicy", "OptInPhoneNumber"],
)
def test_phones_and_platforms_are_refused_by_name(world: World, operation: str) -> None:
    error = world.refused(operation)
    assert (error.code, error.status) == ("NotImplemented", 501)
    assert operation in error.message


def test_attributes_are_set_one_by_one(world: World) -> None:
    arn = world.topic()
    retries = {"http": {"defaultHealthyRetryPolicy": {"numRetries": 5, "minDelayTarget": 1}}}
    for name, value in {"DisplayName": "Notas", "DeliveryPolicy": json.dumps(retries)}.items():
        world.call("SetTopicAttributes", TopicArn=arn, AttributeName=name, AttributeValue=value)
    found = attributes(world, arn)
    assert found["DisplayName"] == "Notas"
    assert json.loads(found["DeliveryPolicy"]) == retries
    effective = json.loads(found["EffectiveDeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"]
    assert (effective["numRetries"], effective["minDelayTarget"]) == (5, 1)


def test_a_topic_goes_with_its_subscriptions_and_once_only(world: World) -> None:
    arn = world.topic()
    world.subscribe(arn, queue())
    for _ in range(2):
        world.call("DeleteTopic", TopicArn=arn)
    assert world.call("ListSubscriptions")["Subscriptions"] == []
    error = world.refused("GetTopicAttributes", TopicArn=arn)
    assert (error.code, error.status, error.message) == ("NotFoundException", 404, "Topic does not exist")


def test_topics_are_listed_a_hundred_at_a_time(world: World) -> None:
    arns = [world.topic(f"t{number:03d}") for number in range(103)]
    first = world.call("ListTopics")
    second = world.call("ListTopics", NextToken=first["NextToken"])
    assert [item["TopicArn"] for item in [*first["Topics"], *second["Topics"]]] == arns
    assert "NextToken" not in second
    assert world.refused("ListTopics", NextToken="x").message == "Invalid parameter: NextToken"


def test_tags(world: World) -> None:
    arn = world.topic()
    tags = [{"Key": "equipe", "Value": "fiscal"}, {"Key": "ambiente", "Value": ""}]
    world.call("TagResource", ResourceArn=arn, Tags=tags)
    assert world.call("ListTagsForResource", ResourceArn=arn)["Tags"] == tags
    world.call("UntagResource", ResourceArn=arn, TagKeys=["equipe", "nenhuma"])
    assert world.call("ListTagsForResource", ResourceArn=arn)["Tags"] == tags[1:]
    many = [{"Key": f"k{number}", "Value": "v"} for number in range(50)]
    assert world.refused("TagResource", ResourceArn=arn, Tags=many).code == "TagLimitExceededException"
    twice = world.refused("TagResource", ResourceArn=arn, Tags=[tags[0], tags[0]])
    assert twice.message == "Invalid parameter: Duplicated keys are not allowed."
    gone = world.refused("ListTagsForResource", ResourceArn=str(topic("nenhum")))
    assert (gone.code, gone.message) == ("ResourceNotFoundException", "Resource does not exist")


def test_permissions_are_statements_of_the_policy(world: World) -> None:
    arn = world.topic()
    before = json.loads(attributes(world, arn)["Policy"])["Statement"]
    given: dict[str, Any] = {
        "TopicArn": arn,
        "Label": "parceiro",
        "AWSAccountId": ["111122223333"],
        "ActionName": ["Publish"],
    }
    world.call("AddPermission", **given)
    statements = json.loads(attributes(world, arn)["Policy"])["Statement"]
    assert statements == [
        *before,
        {
            "Sid": "parceiro",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "SNS:Publish",
            "Resource": arn,
        },
    ]
    assert world.refused("AddPermission", **given).message == "Invalid parameter: Statement already exists"
    wrong = world.refused("AddPermission", **{**given, "Label": "x", "ActionName": ["Sing"]})
    assert "action out of service scope" in wrong.message
    world.call("RemovePermission", TopicArn=arn, Label="parceiro")
    assert json.loads(attributes(world, arn)["Policy"])["Statement"] == before


def test_topics_that_are_deleted_page_by_page_are_all_found(world: World) -> None:
    for number in range(150):
        world.topic(f"t{number:03d}")
    first = world.call("ListTopics")
    for one in first["Topics"]:
        world.call("DeleteTopic", TopicArn=one["TopicArn"])
    rest = world.call("ListTopics", NextToken=first["NextToken"])
    assert len(rest["Topics"]) == 50
