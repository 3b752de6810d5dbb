"""DynamoDB Local's own region stays behind the front door."""

from __future__ import annotations

import pytest

from sandbox.engines.docker.dynamodb_arns import answered, asked
from sandbox.model.http import HttpRequest, HttpResponse

_SIGNED = ("authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/sa-east-1/dynamodb/aws4_request, ...")
_INSIDE = b'{"TableArn":"arn:aws:dynamodb:ddblocal:000000000000:table/a"}'
_OUTSIDE = b'{"TableArn":"arn:aws:dynamodb:sa-east-1:000000000000:table/a"}'


def _request(body: bytes) -> HttpRequest:
    return HttpRequest("POST", "/", headers=[_SIGNED], body=body)


def test_an_answer_has_the_region_of_its_caller_and_no_checksum_of_another_body() -> None:
    inside = HttpResponse(200, [("x-amz-crc32", "1"), ("x-amzn-requestid", "r")], _INSIDE)
    told = answered("DescribeTable", _request(b"{}"), inside)
    assert (told.body, told.headers) == (_OUTSIDE, [("x-amzn-requestid", "r")])


def test_a_request_has_the_region_of_dynamodb_local() -> None:
    assert asked("DescribeStream", _request(_OUTSIDE)).body == _INSIDE


def test_records_of_a_stream_have_the_region_of_their_caller() -> None:
    inside = HttpResponse(200, [], b'{"Records":[{"awsRegion":"ddblocal"}]}')
    assert answered("GetRecords", _request(b"{}"), inside).body == b'{"Records":[{"awsRegion":"sa-east-1"}]}'


@pytest.mark.parametrize("operation", ["PutItem", "GetItem", "Query", "TransactWriteItems"])
def test_items_are_left_as_they_are(operation: str) -> None:
    assert asked(operation, _request(_OUTSIDE)).body == _OUTSIDE
    answer = HttpResponse(200, [("x-amz-crc32", "1")], _INSIDE)
    assert answered(operation, _request(b"{}"), answer) is answer
