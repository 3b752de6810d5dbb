"""Whatever has the shape of an input is answered as AWS answers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.dynamodb.harness import Tables, key
from tests.support.shapes import answered, inputs, operations

KNOWN = {
    "TableName": st.sampled_from(["pedidos", "nenhuma"]),
    "IndexName": st.sampled_from(["por-cliente"]),
    "Key": st.just(key()),
    "Item": st.just(key()),
    "KeyConditionExpression": st.sampled_from(["pk = :p", "pk = :p AND sk > :n", "x"]),
    "ConditionExpression": st.sampled_from(["attribute_exists(pk)", "a = :n", "("]),
    "FilterExpression": st.sampled_from(["v = :n", "contains(v, :p)"]),
    "UpdateExpression": st.sampled_from(["SET v = :n", "REMOVE v", "ADD v :n", "SET"]),
    "ProjectionExpression": st.sampled_from(["pk, v", "v[0]", "#a"]),
    "ExpressionAttributeValues": st.just({":p": {"S": "a"}, ":n": {"N": "1"}}),
    "ExpressionAttributeNames": st.just({"#a": "v"}),
}


@pytest.mark.parametrize("operation", operations("dynamodb"))
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_no_input_breaks_dynamodb(operation: str, data: st.DataObject) -> None:
    with Tables() as tables:
        tables.table()
        tables.put()
        answered("dynamodb", operation, data.draw(inputs("dynamodb", operation, KNOWN)), tables.call)


@pytest.mark.parametrize("operation", operations("dynamodbstreams"))
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_no_input_breaks_streams(operation: str, data: st.DataObject) -> None:
    with Tables() as tables:
        tables.table(StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
        tables.put()
        arn = tables.call("DescribeTable", TableName="pedidos")["Table"]["LatestStreamArn"]
        shard = tables.stream_call("DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"][0][
            "ShardId"
        ]
        place = tables.stream_call(
            "GetShardIterator", StreamArn=arn, ShardId=shard, ShardIteratorType="LATEST"
        )["ShardIterator"]
        known = {
            "StreamArn": st.just(arn),
            "ShardId": st.just(shard),
            "ShardIterator": st.just(place),
            "ShardIteratorType": st.sampled_from(["LATEST", "AT_SEQUENCE_NUMBER", "NO"]),
        }
        params = data.draw(inputs("dynamodbstreams", operation, known))
        answered("dynamodbstreams", operation, params, tables.stream_call)
