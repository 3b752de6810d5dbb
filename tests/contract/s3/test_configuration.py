"""What a notification configuration may hold, and what S3 says of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.awserror import AwsError
from tests.contract.s3.harness import FUNCTION, QUEUE, TOPIC, World, filtered, to_queue

PUT = "PutBucketNotificationConfiguration"
GET = "GetBucketNotificationConfiguration"


def refused(world: World, bucket: str, **configuration: Any) -> AwsError:
    return world.refused(PUT, Bucket=bucket, NotificationConfiguration=configuration)


def test_what_was_put_is_answered_with_ids_and_the_names_of_filters(world: World, bucket: str) -> None:
    assert world.call(GET, Bucket=bucket) == {}
    world.configure(
        bucket,
        QueueConfigurations=[to_queue("s3:ObjectCreated:*", Filter=filtered(prefix="in/", SUFFIX=".png"))],
        TopicConfigurations=[{"Id": "t", "TopicArn": TOPIC, "Events": ["s3:ObjectRemoved:Delete"]}],
        EventBridgeConfiguration={},
    )
    answer = world.call(GET, Bucket=bucket)
    (queue,) = answer["QueueConfigurations"]
    assert queue.pop("Id")
    assert queue == to_queue("s3:ObjectCreated:*", Filter=filtered(Prefix="in/", Suffix=".png"))
    assert answer["TopicConfigurations"][0]["Id"] == "t"
    assert answer["EventBridgeConfiguration"] == {}
    world.configure(bucket)
    assert world.call(GET, Bucket=bucket) == {}


def test_queues_and_topics_get_a_test_event(world: World, bucket: str) -> None:
    configuration = {
        "QueueConfigurations": [to_queue("s3:ObjectCreated:Put")],
        "TopicConfigurations": [{"TopicArn": TOPIC, "Events": ["s3:ObjectCreated:Copy"]}],
        "LambdaFunctionConfigurations": [{"LambdaFunctionArn": FUNCTION, "Events": ["s3:ObjectRemoved:*"]}],
    }
    world.call(PUT, Bucket=bucket, NotificationConfiguration=configuration)
    assert [str(each.target) for each in world.targets.taken] == [TOPIC, QUEUE]
    (first, _) = world.targets.taken
    told = json.loads(first.body)
    assert told.pop("HostId")
    assert told == {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": "2023-11-14T22:13:20.000Z",
        "Bucket": bucket,
        "RequestId": "r",
    }
    assert (first.subject, first.cause is not None) == ("Amazon S3 Notification", True)
    assert first.source == f"arn:aws:s3:::{bucket}"

    world.targets.taken.clear()
    world.call(PUT, Bucket=bucket, NotificationConfiguration=configuration, SkipDestinationValidation=True)
    assert world.targets.taken == []


@pytest.mark.parametrize(
    ("rule", "message", "name"),
    [
        ({"Events": ["s3:ObjectCreated:Sonho"]}, "The event is not supported for notifications", "Event"),
        ({"QueueArn": "fila"}, "The ARN could not be parsed", "QueueArn"),
        ({"QueueArn": TOPIC}, "The ARN could not be parsed", "QueueArn"),
        (
            {"Filter": filtered(infix="a")},
            "filter rule name must be either prefix or suffix",
            "FilterRule.Name",
        ),
        ({"Filter": filtered(prefix="")}, "filter value cannot be empty", "Prefix"),
        (
            {"Filter": filtered(prefix="a", Prefix="b")},
            "Cannot specify more than one prefix rule in a filter.",
            None,
        ),
        (
            {"QueueArn": QUEUE.replace("us-east-1", "sa-east-1")},
            "The notification destination service region is not valid for the bucket location constraint",
            QUEUE.replace("us-east-1", "sa-east-1"),
        ),
    ],
)
def test_mistakes_are_told_in_the_words_of_s3(
    world: World, bucket: str, rule: dict[str, Any], message: str, name: str | None
) -> None:
    error = refused(world, bucket, QueueConfigurations=[{**to_queue(), **rule}])
    assert (error.code, error.message, error.fields.get("ArgumentName")) == ("InvalidArgument", message, name)
    assert world.call(GET, Bucket=bucket) == {}


@pytest.mark.parametrize("event", ["s3:ObjectTagging:*", "s3:LifecycleTransition", "s3:ObjectAcl:Put"])
def test_events_that_are_not_told_of_are_refused_by_name(world: World, bucket: str, event: str) -> None:
    error = refused(world, bucket, QueueConfigurations=[to_queue(event)])
    assert (error.code, event in error.message) == ("NotImplemented", True)


def test_every_destination_that_is_not_there_is_named(world: World, bucket: str) -> None:
    gone = {
        "QueueConfigurations": [{**to_queue("s3:ObjectCreated:Put"), "QueueArn": QUEUE[:-4] + "nenhum"}],
        "LambdaFunctionConfigurations": [
            {"LambdaFunctionArn": FUNCTION[:-9] + "nenhum", "Events": ["s3:ObjectRemoved:*"]}
        ],
    }
    error = refused(world, bucket, **gone)
    assert error.message == "Unable to validate the following destination configurations"
    assert error.fields == {
        "ArgumentName1": QUEUE[:-4] + "nenhum",
        "ArgumentValue1": "The destination queue does not exist",
        "ArgumentName2": FUNCTION[:-9] + "nenhum, null",
        "ArgumentValue2": "The destination Lambda does not exist",
    }
    error = refused(world, bucket, QueueConfigurations=[{**to_queue(), "QueueArn": QUEUE + ".fifo"}])
    assert error.fields["ArgumentValue1"] == "S3 notifies no FIFO queues"


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ({}, {"prefix": "a"}, True),
        ({"prefix": "a"}, {"prefix": "ab", "suffix": ".png"}, True),
        ({"prefix": "a"}, {"prefix": "b"}, False),
        ({"suffix": ".png"}, {"suffix": ".jpg"}, False),
        ({"prefix": "a", "suffix": ".png"}, {"prefix": "a", "suffix": "x.png"}, True),
    ],
)
def test_rules_must_not_overlap(
    world: World, bucket: str, one: dict[str, str], other: dict[str, str], overlap: bool
) -> None:
    configuration = {
        "QueueConfigurations": [to_queue("s3:ObjectCreated:*", Filter=filtered(**one))],
        "TopicConfigurations": [
            {"TopicArn": TOPIC, "Events": ["s3:ObjectCreated:Put"], "Filter": filtered(**other)}
        ],
    }
    if overlap:
        error = refused(world, bucket, **configuration)
        assert error.message.startswith("Configuration is ambiguously defined. Cannot have overlapping")
    else:
        world.configure(bucket, **configuration)


def test_ids_are_used_once(world: World, bucket: str) -> None:
    error = refused(
        world,
        bucket,
        QueueConfigurations=[
            to_queue("s3:ObjectCreated:Put", Id="a"),
            to_queue("s3:ObjectCreated:Copy", Id="a"),
        ],
    )
    assert error.message == "Same ID used for multiple configurations. IDs must be unique"


def test_buckets_must_be_there_and_of_the_expected_owner(world: World, bucket: str) -> None:
    for error in (
        world.refused(GET, Bucket="nenhum-balde"),
        world.refused(PUT, Bucket="nenhum-balde", NotificationConfiguration={}),
    ):
        assert (error.code, error.status) == ("NoSuchBucket", 404)
    error = world.refused(GET, Bucket=bucket, ExpectedBucketOwner="111111111111")
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert world.call(GET, Bucket=bucket, ExpectedBucketOwner="000000000000") == {}
