"""Events of buckets, as AWS's user guide of S3 has them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.behaviour.aws import queue, received, rule
from tests.behaviour.conftest import Namer
from tests.e2e.harness import Sandbox

CREATED, REMOVED = "s3:ObjectCreated:*", "s3:ObjectRemoved:*"


def bucket(nfe: Sandbox, name: str, **notifications: Any) -> str:
    """Makes a bucket that tells of its events."""
    s3 = nfe.aws("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=notifications)
    return name


def records(nfe: Sandbox, url: str, count: int) -> list[dict[str, Any]]:
    """So many records of events from a queue, whatever else is in it."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        for message in received(nfe, url):
            found += json.loads(message["Body"]).get("Records", ())
    return found


def test_a_queue_is_told_of_a_test_and_of_what_happens_to_objects(nfe: Sandbox, names: Namer) -> None:
    url, arn = queue(nfe, names("fotos"))
    told = {"QueueArn": arn, "Events": [CREATED, REMOVED]}
    name = bucket(nfe, names("fotos"), QueueConfigurations=[told])
    (test,) = received(nfe, url)
    assert json.loads(test["Body"])["Event"] == "s3:TestEvent"

    s3 = nfe.aws("s3")
    etag = s3.put_object(Bucket=name, Key="in/a.txt", Body=b"hello")["ETag"]
    s3.copy_object(Bucket=name, Key="b.txt", CopySource={"Bucket": name, "Key": "in/a.txt"})
    s3.delete_object(Bucket=name, Key="in/a.txt")
    found = {each["eventName"]: each for each in records(nfe, url, 3)}
    assert set(found) == {"ObjectCreated:Put", "ObjectCreated:Copy", "ObjectRemoved:Delete"}
    put = found["ObjectCreated:Put"]
    assert (put["eventSource"], put["awsRegion"], put["s3"]["bucket"]["name"]) == (
        "aws:s3",
        "us-east-1",
        name,
    )
    about = put["s3"]["object"]
    assert (about["key"], about["size"], about["eTag"]) == ("in/a.txt", 5, etag.strip('"'))
    assert found["ObjectCreated:Copy"]["s3"]["object"]["size"] == 5


def test_filters_choose_keys(nfe: Sandbox, names: Namer) -> None:
    url, arn = queue(nfe, names("fotos"))
    rules = [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".png"}]
    told = {"QueueArn": arn, "Events": [CREATED], "Filter": {"Key": {"FilterRules": rules}}}
    name = bucket(nfe, names("fotos"), QueueConfigurations=[told])
    for key in ("in/a.txt", "a.png", "in/a.png"):
        nfe.aws("s3").put_object(Bucket=name, Key=key, Body=b"1")
    (record,) = records(nfe, url, 1)
    assert record["s3"]["object"]["key"] == "in/a.png"


def test_a_topic_passes_events_on(nfe: Sandbox, names: Namer) -> None:
    url, arn = queue(nfe, names("fotos"))
    sns = nfe.aws("sns")
    topic = sns.create_topic(Name=names("fotos"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    name = bucket(
        nfe, names("fotos"), TopicConfigurations=[{"TopicArn": topic, "Events": ["s3:ObjectCreated:Put"]}]
    )
    nfe.aws("s3").put_object(Bucket=name, Key="a", Body=b"1")
    found: list[dict[str, Any]] = []
    while not any("Records" in json.loads(each["Message"]) for each in found):
        found += [json.loads(message["Body"]) for message in received(nfe, url)]
    assert {each["Subject"] for each in found} == {"Amazon S3 Notification"}


def test_eventbridge_is_told_where_it_is_switched_on(nfe: Sandbox, names: Namer) -> None:
    url, arn = queue(nfe, names("fotos"))
    name = names("fotos")
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [name]}},
    }
    rule(nfe, names("fotos"), pattern, {"Arn": arn})
    bucket(nfe, name, EventBridgeConfiguration={})
    nfe.aws("s3").put_object(Bucket=name, Key="a", Body=b"hello")
    (message,) = received(nfe, url)
    event = json.loads(message["Body"])
    assert (event["source"], event["detail-type"]) == ("aws.s3", "Object Created")
    assert event["resources"] == [f"arn:aws:s3:::{name}"]
    assert (event["detail"]["object"]["key"], event["detail"]["object"]["size"]) == ("a", 5)
    assert event["detail"]["reason"] == "PutObject"


def test_destinations_that_are_not_there_are_refused(nfe: Sandbox, names: Namer) -> None:
    name = bucket(nfe, names("fotos"))
    gone = {"QueueArn": "arn:aws:sqs:us-east-1:000000000000:nada", "Events": [CREATED]}
    with pytest.raises(ClientError) as refused:
        nfe.aws("s3").put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"QueueConfigurations": [gone]}
        )
    error = refused.value.response["Error"]
    assert error["Code"] == "InvalidArgument"
    assert error["Message"] == "Unable to validate the following destination configurations"
