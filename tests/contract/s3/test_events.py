"""What a bucket tells, of which calls, and to whom."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.awserror import AwsError
from sandbox.model.scope import Scope
from tests.contract.s3.harness import FUNCTION, QUEUE, TOPIC, World, filtered, to_queue


def test_a_record_is_as_s3_writes_it(world: World, bucket: str) -> None:
    world.configure(bucket, QueueConfigurations=[to_queue(Id="todas")])
    etag = world.s3("PutObject", Bucket=bucket, Key="in/a b+ç.txt", Body=b"hello")["ETag"]
    (delivery,) = world.targets.taken
    (record,) = json.loads(delivery.body)["Records"]
    assert (str(delivery.target), delivery.source) == (QUEUE, f"arn:aws:s3:::{bucket}")
    assert record["userIdentity"]["principalId"].startswith("AWS:A")
    assert record["s3"]["bucket"].pop("ownerIdentity")["principalId"].startswith("A")
    assert set(record["responseElements"]) == {"x-amz-request-id", "x-amz-id-2"}
    assert all(record["responseElements"].values())
    assert int(record["s3"]["object"].pop("sequencer"), 16)
    assert {name: record[name] for name in record if name not in ("userIdentity", "responseElements")} == {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2023-11-14T22:13:20.000Z",
        "eventName": "ObjectCreated:Put",
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "todas",
            "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
            "object": {"key": "in/a+b%2B%C3%A7.txt", "size": 5, "eTag": etag.strip('"')},
        },
    }
    assert etag.startswith('"')


def test_every_way_to_make_an_object_has_its_name(world: World, bucket: str) -> None:
    world.configure(bucket, QueueConfigurations=[to_queue()])
    world.s3("PutObject", Bucket=bucket, Key="a", Body=b"hello")
    world.s3("CopyObject", Bucket=bucket, Key="b", CopySource=f"{bucket}/a")
    upload = world.s3("CreateMultipartUpload", Bucket=bucket, Key="c")["UploadId"]
    about: dict[str, Any] = {"Bucket": bucket, "Key": "c", "UploadId": upload}
    part = world.s3("UploadPart", **about, PartNumber=1, Body=b"in parts")
    parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
    world.s3("CompleteMultipartUpload", **about, MultipartUpload={"Parts": parts})
    records = world.records()
    objects = [record["s3"]["object"] for record in records]
    assert [(record["eventName"], about["key"]) for record, about in zip(records, objects, strict=True)] == [
        ("ObjectCreated:Put", "a"),
        ("ObjectCreated:Copy", "b"),
        ("ObjectCreated:CompleteMultipartUpload", "c"),
    ]
    assert [about["size"] for about in objects] == [5, 5, 8]
    assert objects[0]["eTag"] == objects[1]["eTag"]
    assert objects[2]["eTag"].endswith("-1")
    sequence = [about["sequencer"] for about in objects]
    assert sequence == sorted(set(sequence))


def test_removals_are_told_of_what_was_there(world: World, bucket: str) -> None:
    for key in ("a", "b", "ç d"):
        world.s3("PutObject", Bucket=bucket, Key=key, Body=b"1")
    world.configure(bucket, QueueConfigurations=[to_queue("s3:ObjectRemoved:*")])
    world.s3("DeleteObject", Bucket=bucket, Key="a")
    world.s3("DeleteObject", Bucket=bucket, Key="a")
    (record,) = world.records()
    assert record["eventName"] == "ObjectRemoved:Delete"
    assert sorted(record["s3"]["object"]) == ["key", "sequencer"]
    keys = [{"Key": key} for key in ("b", "nada", "ç d")]
    world.s3("DeleteObjects", Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
    assert world.names() == [("ObjectRemoved:Delete", "b"), ("ObjectRemoved:Delete", "%C3%A7+d")]


def test_many_removals_are_told_apart_from_what_was_not_there(world: World, bucket: str) -> None:
    """More keys between the first and the last than one list of the bucket has here."""
    for number in range(10):
        world.s3("PutObject", Bucket=bucket, Key=f"ç/{number}", Body=b"1")
    world.configure(bucket, QueueConfigurations=[to_queue("s3:ObjectRemoved:*")])
    asked = [{"Key": key} for key in ("ç/0", "ç/0a", "ç/3", "ç/9", "zz")]
    world.s3("DeleteObjects", Bucket=bucket, Delete={"Objects": asked})
    assert [key for _, key in world.names()] == ["%C3%A7/0", "%C3%A7/3", "%C3%A7/9"]


def test_versions_are_named_and_markers_are_told_from_removals(world: World, bucket: str) -> None:
    world.s3("PutBucketVersioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    world.configure(bucket, QueueConfigurations=[to_queue()])
    first = world.s3("PutObject", Bucket=bucket, Key="a", Body=b"1")["VersionId"]
    marker = world.s3("DeleteObject", Bucket=bucket, Key="a")["VersionId"]
    world.s3("DeleteObject", Bucket=bucket, Key="a", VersionId=first)
    world.s3("DeleteObjects", Bucket=bucket, Delete={"Objects": [{"Key": "a", "VersionId": marker}]})
    records = world.records()
    assert [(each["eventName"], each["s3"]["object"].get("versionId")) for each in records] == [
        ("ObjectCreated:Put", first),
        ("ObjectRemoved:DeleteMarkerCreated", marker),
        ("ObjectRemoved:Delete", first),
        ("ObjectRemoved:Delete", marker),
    ]
    assert records[1]["s3"]["object"]["eTag"] == "d41d8cd98f00b204e9800998ecf8427e"


def test_filters_and_events_decide_who_is_told(world: World, bucket: str) -> None:
    world.configure(
        bucket,
        QueueConfigurations=[to_queue("s3:ObjectCreated:*", Filter=filtered(prefix="in/", suffix=".png"))],
        LambdaFunctionConfigurations=[
            {"LambdaFunctionArn": FUNCTION, "Events": ["s3:ObjectRemoved:Delete"]},
        ],
        TopicConfigurations=[
            {"TopicArn": TOPIC, "Events": ["s3:ObjectCreated:Put"], "Filter": filtered(prefix="out/")}
        ],
    )
    for key in ("in/a.png", "in/a.txt", "out/a.png", "a.png"):
        world.s3("PutObject", Bucket=bucket, Key=key, Body=b"1")
    world.s3("DeleteObject", Bucket=bucket, Key="in/a.txt")
    told = [(str(each.target), each.subject) for each in world.targets.taken]
    assert [target for target, _ in told] == [QUEUE, TOPIC, FUNCTION]
    assert world.names() == [
        ("ObjectCreated:Put", "in/a.png"),
        ("ObjectCreated:Put", "out/a.png"),
        ("ObjectRemoved:Delete", "in/a.txt"),
    ]


def test_eventbridge_gets_events_of_its_own_form(world: World, bucket: str) -> None:
    world.configure(bucket, EventBridgeConfiguration={})
    world.s3("PutObject", Bucket=bucket, Key="a b", Body=b"hello")
    world.s3("DeleteObject", Bucket=bucket, Key="a b")
    created, deleted = (json.loads(each.body) for each in world.targets.taken)
    assert str(world.targets.taken[0].target) == "arn:aws:events:us-east-1:000000000000:event-bus/default"
    assert created["detail"]["object"].pop("sequencer") < deleted["detail"]["object"].pop("sequencer")
    assert created["detail"].pop("request-id")
    assert created == {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "resources": [f"arn:aws:s3:::{bucket}"],
        "time": world.clock.now(),
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {"key": "a b", "size": 5, "etag": "5d41402abc4b2a76b9719d911017c592"},
            "requester": "000000000000",
            "source-ip-address": "127.0.0.1",
            "reason": "PutObject",
        },
    }
    assert (deleted["detail-type"], deleted["detail"]["reason"]) == ("Object Deleted", "DeleteObject")
    assert deleted["detail"]["deletion-type"] == "Permanently Deleted"
    assert deleted["detail"]["object"] == {"key": "a b"}


def test_what_a_destination_cannot_take_now_is_tried_again(world: World, bucket: str) -> None:
    world.configure(bucket, QueueConfigurations=[to_queue()])
    world.targets.refusals["fila"] = AwsError("InternalError", "cheia", status=500)
    world.s3("PutObject", Bucket=bucket, Key="a", Body=b"1")
    assert world.names() == []
    world.run(world.service.stop)
    world.targets.refusals.clear()
    world.run(world.service.start)
    world.advance(10)
    assert world.names() == [("ObjectCreated:Put", "a")]


def test_what_a_destination_refuses_is_lost_and_told_in_the_journal(world: World, bucket: str) -> None:
    world.configure(bucket, QueueConfigurations=[to_queue()])
    world.targets.refusals["fila"] = AwsError("QueueDoesNotExist", "foi", status=400)
    world.s3("PutObject", Bucket=bucket, Key="a", Body=b"1")
    hop = world.hops.hops[-1]
    assert (hop.kind.value, hop.resource) == ("delivery-failed", QUEUE)
    assert "QueueDoesNotExist" in hop.error
    world.targets.refusals.clear()
    world.advance(100_000)
    assert world.names() == []


def test_a_bucket_that_is_deleted_takes_its_configuration_along(world: World, bucket: str) -> None:
    world.configure(bucket, QueueConfigurations=[to_queue()])
    world.s3("DeleteBucket", Bucket=bucket)
    world.s3("CreateBucket", Bucket=bucket)
    world.s3("PutObject", Bucket=bucket, Key="a", Body=b"1")
    assert world.names() == []


def test_refused_calls_and_reads_are_no_events_and_moto_is_the_same_again(world: World, bucket: str) -> None:
    world.configure(bucket, QueueConfigurations=[to_queue()], EventBridgeConfiguration={})
    world.s3("PutObject", Bucket=bucket, Key="a", Body=b"1")
    world.targets.taken.clear()
    world.s3("GetObject", Bucket=bucket, Key="a")
    with pytest.raises(AwsError, match="NoSuchKey"):
        world.s3("CopyObject", Bucket=bucket, Key="b", CopySource=f"{bucket}/nada")
    # A moto that starts anew repeats its writes: nothing is told twice.
    world.run(world.moto.stop)
    assert world.s3("GetObject", Bucket=bucket, Key="a")["Body"] == b"1"
    assert world.targets.taken == []


def test_buckets_of_other_accounts_tell_in_their_account(world: World) -> None:
    world.s3("CreateBucket", account="111111111111", Bucket="fotos-alheias")
    scope = Scope("111111111111")
    world.call(
        "PutBucketNotificationConfiguration",
        scope=scope,
        Bucket="fotos-alheias",
        NotificationConfiguration={"EventBridgeConfiguration": {}},
    )
    world.s3("PutObject", account="111111111111", Bucket="fotos-alheias", Key="a", Body=b"1")
    (delivery,) = world.targets.taken
    assert delivery.target.account == "111111111111"
    assert json.loads(delivery.body)["detail"]["requester"] == "111111111111"
