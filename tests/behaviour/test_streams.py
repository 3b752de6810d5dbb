"""Streams of tables that feed functions, as AWS's developer guides of DynamoDB and Lambda have them.

On Docker the sandbox reads the streams of DynamoDB Local, and invokes LocalStack's functions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.behaviour.aws import queue, received
from tests.behaviour.conftest import Namer
from tests.e2e.harness import Sandbox

pytestmark = pytest.mark.usefixtures("eco")


@pytest.fixture
def table(nfe: Sandbox, names: Namer) -> Iterator[tuple[str, str]]:
    """A table with a stream: its name, and the ARN of the stream."""
    name = names("fluxo")
    made = nfe.aws("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    yield name, made["TableDescription"]["LatestStreamArn"]
    nfe.aws("dynamodb").delete_table(TableName=name)


def _put(nfe: Sandbox, table: str, key: str, **more: str) -> None:
    item = {"pk": {"S": key}, **{name: {"S": value} for name, value in more.items()}}
    nfe.aws("dynamodb").put_item(TableName=table, Item=item)


def _feed(nfe: Sandbox, stream: str, **more: Any) -> str:
    made = nfe.aws("lambda").create_event_source_mapping(
        FunctionName="eco",
        EventSourceArn=stream,
        **{
            "StartingPosition": "TRIM_HORIZON",
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "MaximumRetryAttempts": 0,
            **more,
        },
    )
    return str(made["UUID"])


def test_the_arn_of_a_stream_has_the_callers_region(nfe: Sandbox, table: tuple[str, str]) -> None:
    _, stream = table
    assert stream.startswith("arn:aws:dynamodb:us-east-1:000000000000:table/")
    listed = nfe.aws("dynamodbstreams").describe_stream(StreamArn=stream)["StreamDescription"]
    assert (listed["StreamArn"], listed["StreamStatus"]) == (stream, "ENABLED")


def test_a_record_that_fails_for_good_goes_to_the_destination(
    nfe: Sandbox, table: tuple[str, str], names: Namer
) -> None:
    """The records before it are done; what is told says where it lies in the stream."""
    name, stream = table
    url, arn = queue(nfe, names("desistidos"))
    mapping = _feed(nfe, stream, DestinationConfig={"OnFailure": {"Destination": arn}})
    _put(nfe, name, "boa")
    _put(nfe, name, "ruim")
    (letter,) = received(nfe, url)
    told = json.loads(letter["Body"])
    assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert told["requestContext"]["functionArn"].endswith(":function:eco")
    batch = told["DDBStreamBatchInfo"]
    assert (batch["batchSize"], batch["streamArn"]) == (1, stream)
    nfe.aws("lambda").delete_event_source_mapping(UUID=mapping)


def test_what_no_filter_wants_is_not_handed_over(nfe: Sandbox, table: tuple[str, str], names: Namer) -> None:
    name, stream = table
    url, arn = queue(nfe, names("desistidos"))
    pattern = json.dumps({"eventName": ["MODIFY"]})
    mapping = _feed(
        nfe,
        stream,
        DestinationConfig={"OnFailure": {"Destination": arn}},
        FilterCriteria={"Filters": [{"Pattern": pattern}]},
    )
    _put(nfe, name, "ruim")
    _put(nfe, name, "ruim", cor="azul")
    (letter,) = received(nfe, url)
    assert json.loads(letter["Body"])["DDBStreamBatchInfo"]["batchSize"] == 1
    nfe.aws("lambda").delete_event_source_mapping(UUID=mapping)


def test_latest_begins_with_what_comes_after_the_mapping(
    nfe: Sandbox, table: tuple[str, str], names: Namer
) -> None:
    name, stream = table
    url, arn = queue(nfe, names("desistidos"))
    _put(nfe, name, "ruim-antes")
    mapping = _feed(
        nfe, stream, StartingPosition="LATEST", DestinationConfig={"OnFailure": {"Destination": arn}}
    )
    # AWS: while a mapping is made, events may be missed for some minutes; here it is ready at once.
    _put(nfe, name, "ruim-depois")
    (letter,) = received(nfe, url)
    batch = json.loads(letter["Body"])["DDBStreamBatchInfo"]
    assert (batch["batchSize"], batch["startSequenceNumber"]) == (1, batch["endSequenceNumber"])
    nfe.aws("lambda").delete_event_source_mapping(UUID=mapping)


def test_mappings_of_queues_and_of_streams_are_one_list(nfe: Sandbox, table: tuple[str, str]) -> None:
    _, stream = table
    functions = nfe.aws("lambda")
    uuid = _feed(nfe, stream)
    listed = functions.list_event_source_mappings(FunctionName="eco")["EventSourceMappings"]
    assert sorted(one["EventSourceArn"].split(":")[2] for one in listed) == ["dynamodb", "sqs"]
    changed = functions.update_event_source_mapping(UUID=uuid, BatchSize=7)
    assert (changed["UUID"], changed["BatchSize"], changed["StartingPosition"]) == (uuid, 7, "TRIM_HORIZON")
    assert functions.get_event_source_mapping(UUID=uuid)["EventSourceArn"] == stream
    functions.delete_event_source_mapping(UUID=uuid)
    with pytest.raises(ClientError) as found:
        functions.get_event_source_mapping(UUID=uuid)
    assert found.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_stream_or_a_function_that_is_not_there_is_refused(nfe: Sandbox, table: tuple[str, str]) -> None:
    _, stream = table
    for members in ({"EventSourceArn": f"{stream}9"}, {"FunctionName": "nenhuma"}):
        asked = {"FunctionName": "eco", "EventSourceArn": stream, "StartingPosition": "LATEST", **members}
        with pytest.raises(ClientError) as found:
            nfe.aws("lambda").create_event_source_mapping(**asked)
        assert found.value.response["Error"]["Code"] == "InvalidParameterValueException"
