"""Errors and answers in each protocol's form."""

from __future__ import annotations

import zlib
from xml.etree import ElementTree

import msgspec
import pytest

from sandbox.model.awserror import AwsError
from sandbox.model.http import HttpResponse
from sandbox.wire import cbor
from sandbox.wire.incoming import Target
from sandbox.wire.problems import AnswerError
from sandbox.wire.wire import Wire


@pytest.fixture(scope="module")
def wire() -> Wire:
    return Wire()


def header(response: HttpResponse, name: str) -> str:
    return dict((key.lower(), value) for key, value in response.headers)[name]


@pytest.mark.parametrize("code", ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"])
def test_sqs_in_json_names_both_codes(wire: Wire, code: str) -> None:
    response = wire.error(Target("sqs", "SendMessage"), AwsError(code, "gone"), "id-1")
    assert response.status == 400
    assert msgspec.json.decode(response.body) == {
        "__type": "com.amazonaws.sqs#QueueDoesNotExist",
        "message": "gone",
    }
    assert header(response, "x-amzn-query-error") == "AWS.SimpleQueueService.NonExistentQueue;Sender"
    assert header(response, "x-amzn-requestid") == "id-1"


def test_sqs_codes_without_a_shape(wire: Wire) -> None:
    response = wire.error(Target("sqs"), AwsError("MissingParameter", "m"), "id-1")
    assert (
        msgspec.json.decode(response.body)["__type"] == "com.amazonaws.sqs#MissingRequiredParameterException"
    )
    assert header(response, "x-amzn-query-error") == "MissingParameter;Sender"


def test_purge_in_progress_is_forbidden(wire: Wire) -> None:
    assert wire.error(Target("sqs"), AwsError("PurgeQueueInProgress", "m"), "i").status == 403


def test_sqs_in_the_query_protocol(wire: Wire) -> None:
    response = wire.error(
        Target("sqs", "SendMessage", "query"), AwsError("MessageNotInflight", "<gone>"), "id-1"
    )
    root = ElementTree.fromstring(response.body)
    space = "{http://queue.amazonaws.com/doc/2012-11-05/}"
    assert root.tag == f"{space}ErrorResponse"
    assert root.findtext(f"{space}Error/{space}Code") == "AWS.SimpleQueueService.MessageNotInflight"
    assert root.findtext(f"{space}Error/{space}Type") == "Sender"
    assert root.findtext(f"{space}Error/{space}Message") == "<gone>"
    assert root.findtext(f"{space}RequestId") == "id-1"


def test_status_and_code_come_from_the_model(wire: Wire) -> None:
    response = wire.error(Target("iam", "GetRole", "query"), AwsError("NoSuchEntityException", "m"), "i")
    assert response.status == 404
    assert b"<Code>NoSuchEntity</Code>" in response.body
    response = wire.error(
        Target("lambda", "Invoke", "rest-json"), AwsError("ResourceNotFoundException", "m"), "i"
    )
    assert response.status == 404
    assert header(response, "x-amzn-errortype") == "ResourceNotFoundException"
    assert msgspec.json.decode(response.body) == {"Message": "m", "Type": "User"}


def test_further_members_of_an_error(wire: Wire) -> None:
    error = AwsError(
        "TooManyRequestsException", "slow", fields={"Reason": "ConcurrentInvocationLimitExceeded"}
    )
    body = msgspec.json.decode(wire.error(Target("lambda", "Invoke", "rest-json"), error, "i").body)
    assert body["Reason"] == "ConcurrentInvocationLimitExceeded"


def test_dynamodb_has_a_checksum(wire: Wire) -> None:
    response = wire.answer(Target("dynamodb", "ListTables"), {"TableNames": ["t"]}, "i")
    assert header(response, "x-amz-crc32") == str(zlib.crc32(response.body))


def test_cbor_and_ec2_and_s3_errors(wire: Wire) -> None:
    error = AwsError("Nope", "m", status=500)
    response = wire.error(Target("cloudwatch", "", "smithy-rpc-v2-cbor"), error, "i")
    assert cbor.decode(response.body) == {"__type": "Nope", "message": "m"}
    assert header(response, "smithy-protocol") == "rpc-v2-cbor"
    assert b"<Errors><Error><Code>Nope</Code>" in wire.error(Target("ec2", "", "ec2"), error, "i").body
    assert b"<Error><Code>Nope</Code>" in wire.error(Target("s3", "", "rest-xml"), error, "i").body


def test_no_service_at_all(wire: Wire) -> None:
    response = wire.error(Target(), AwsError("UnknownService", "m", status=404), "i")
    assert (response.status, msgspec.json.decode(response.body)["__type"]) == (404, "UnknownService")


def test_operation_without_an_answer(wire: Wire) -> None:
    assert wire.answer(Target("sqs", "DeleteMessage"), {}, "i").body == b""
    with pytest.raises(AnswerError, match="answers nothing"):
        wire.answer(Target("sqs", "DeleteMessage"), {"a": 1}, "i")


@pytest.mark.parametrize("protocol", ["json", "query"])
def test_answers_must_be_of_the_model(wire: Wire, protocol: str) -> None:
    with pytest.raises(AnswerError, match="Nonsense"):
        wire.answer(Target("sqs", "SendMessage", protocol), {"Nonsense": 1}, "i")


def test_carriage_returns_survive_xml(wire: Wire) -> None:
    response = wire.answer(Target("sqs", "ReceiveMessage", "query"), {"Messages": [{"Body": "a\r\nb"}]}, "i")
    assert "a\r\nb" in [element.text for element in ElementTree.fromstring(response.body).iter()]


def test_sqs_answers_as_before_2023(wire: Wire) -> None:
    target = Target("sqs", "GetQueueAttributes", "query")
    body = wire.answer(target, {"Attributes": {"DelaySeconds": "5"}}, "id-1").body.decode()
    assert (
        "<GetQueueAttributesResult><Attribute><Name>DelaySeconds</Name><Value>5</Value></Attribute>" in body
    )
    assert "<ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata>" in body
