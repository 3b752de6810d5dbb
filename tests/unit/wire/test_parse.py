"""Bad requests get the answers that AWS gives; good ones become plain values."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.wire import cbor
from sandbox.wire.incoming import Incoming, Target
from sandbox.wire.problems import MalformedBodyError
from sandbox.wire.wire import Wire


@pytest.fixture(scope="module")
def wire() -> Wire:
    return Wire()


def json_parse(wire: Wire, service: str, operation: str, body: Any) -> dict[str, Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return wire.parse(Target(service, operation), Incoming("POST", "/", "", {}, raw))


def form_parse(wire: Wire, service: str, operation: str, **fields: str) -> dict[str, Any]:
    body = urlencode({"Action": operation, **{k.replace("_", "."): v for k, v in fields.items()}}).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return wire.parse(Target(service, operation, "query"), Incoming("POST", "/", "", headers, body))


def refused(wire: Wire, service: str, operation: str, body: Any) -> AwsError:
    with pytest.raises(AwsError) as caught:
        json_parse(wire, service, operation, body)
    return caught.value


class TestJson:
    def test_blobs_and_moments_become_values(self, wire: Wire) -> None:
        sent = {
            "QueueUrl": "q",
            "MessageBody": "b",
            "MessageAttributes": {"a": {"DataType": "Binary", "BinaryValue": "AP8="}},
        }
        assert (
            json_parse(wire, "sqs", "SendMessage", sent)["MessageAttributes"]["a"]["BinaryValue"]
            == b"\x00\xff"
        )
        entry = {"Source": "s", "DetailType": "d", "Detail": "{}", "Time": "2026-01-02T03:04:05Z"}
        assert (
            json_parse(wire, "events", "PutEvents", {"Entries": [entry]})["Entries"][0]["Time"]
            == 1767323045.0
        )

    def test_null_means_absent(self, wire: Wire) -> None:
        sent = {"QueueUrl": "q", "MessageBody": "b", "DelaySeconds": None}
        assert json_parse(wire, "sqs", "SendMessage", sent) == {"QueueUrl": "q", "MessageBody": "b"}

    @pytest.mark.parametrize(
        "body",
        [b"{", b"\xff\xfe", b'{"QueueUrl": }', b"[" * 5000, b'{"a":"\xed\xa0\x80"}', b'{"QueueUrl":"q"} x'],
    )
    def test_what_is_not_json_is_refused(self, wire: Wire, body: bytes) -> None:
        error = refused(wire, "sqs", "SendMessage", body)
        assert (error.code, error.status) == ("SerializationException", 400)

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({"QueueUrl": 1, "MessageBody": "b"}, "NUMBER_VALUE cannot be converted to String (at QueueUrl"),
            ({"QueueUrl": {}, "MessageBody": "b"}, "Start of structure or map found"),
            ({"QueueUrl": ["q"], "MessageBody": "b"}, "Start of list found"),
            ({"QueueUrl": "q", "MessageBody": "b", "DelaySeconds": "1"}, "STRING_VALUE cannot be converted"),
            ({"QueueUrl": "q", "MessageBody": "b", "DelaySeconds": 1.5}, "NUMBER_VALUE"),
            ({"QueueUrl": "q", "MessageBody": "b", "DelaySeconds": True}, "BOOLEAN_VALUE"),
            ({"QueueUrl": "q", "MessageBody": "b",
              "MessageAttributes": {"a": {"DataType": "B", "BinaryValue": "?"}}},
             "(at MessageAttributes.a.BinaryValue"),
            ([], "Start of list found"),
            (1, "NUMBER_VALUE cannot be converted to Structure"),
        ],
    )  # fmt: skip
    def test_wrong_types_are_named_with_their_place(self, wire: Wire, body: Any, words: str) -> None:
        error = refused(wire, "sqs", "SendMessage", body)
        assert error.code == "SerializationException"
        assert words in error.message

    def test_place_in_a_list(self, wire: Wire) -> None:
        entries = [{"Id": "a", "MessageBody": "b"}, {"Id": 3, "MessageBody": "b"}]
        error = refused(wire, "sqs", "SendMessageBatch", {"QueueUrl": "q", "Entries": entries})
        assert "(at Entries[1].Id of SendMessageBatch)" in error.message

    def test_members_that_the_model_lacks_are_refused_by_name(self, wire: Wire) -> None:
        error = refused(wire, "sqs", "SendMessageBatch", {"QueueUrl": "q", "Entries": [{"Wrong": 1}]})
        assert isinstance(error, NotImplementedByName)
        assert "parameter Entries[0].Wrong of SendMessageBatch" in error.message

    def test_events_that_hold_themselves(self, wire: Wire) -> None:
        nested = {"L": [{"M": {"k": {"B": "AA=="}}}]}
        sent = {"TableName": "t", "Item": {"a": nested}}
        assert json_parse(wire, "dynamodb", "PutItem", sent)["Item"]["a"]["L"][0]["M"]["k"]["B"] == b"\x00"


class TestChecks:
    def test_missing_parameter_of_sqs(self, wire: Wire) -> None:
        error = refused(wire, "sqs", "SendMessage", {"QueueUrl": "q"})
        assert (error.code, error.message) == (
            "MissingParameter",
            "The request must contain the parameter MessageBody.",
        )

    def test_missing_parameter_of_others(self, wire: Wire) -> None:
        error = refused(wire, "events", "PutRule", {})
        assert error.code == "ValidationException"
        assert error.message == (
            "1 validation error detected: Value null at 'name' "
            "failed to satisfy constraint: Member must not be null"
        )

    def test_every_violation_is_told(self, wire: Wire) -> None:
        error = refused(wire, "events", "PutRule", {"Name": "!" * 65, "State": "ON"})
        assert error.message.startswith("3 validation errors detected: Value '!!!")
        assert r"Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+; Value" in error.message
        assert "Member must have length less than or equal to 64" in error.message
        assert (
            "Value 'ON' at 'state' failed to satisfy constraint: Member must satisfy enum value set: ["
            in error.message
        )

    def test_place_of_a_violation(self, wire: Wire) -> None:
        sent = {"Rule": "r", "Targets": [{"Id": "a b", "Arn": "x"}]}
        assert "at 'targets.1.member.id' failed" in refused(wire, "events", "PutTargets", sent).message

    def test_ranges(self, wire: Wire) -> None:
        error = refused(wire, "events", "ListRules", {"Limit": 101})
        assert (
            "Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal"
            in error.message
        )

    def test_code_of_logs(self, wire: Wire) -> None:
        assert (
            refused(wire, "logs", "CreateLogGroup", {"logGroupName": "a b"}).code
            == "InvalidParameterException"
        )

    def test_values_given_in_process_are_checked_too(self, wire: Wire) -> None:
        with pytest.raises(AwsError, match="Member must not be null"):
            wire.accept("events", "PutRule", {})
        with pytest.raises(AwsError, match="cannot be converted to String"):
            wire.accept("events", "PutRule", {"Name": 1})
        assert wire.accept("lambda", "Invoke", {"FunctionName": "f", "Payload": "{}"})["Payload"] == b"{}"


class TestQuery:
    def test_lists_and_maps(self, wire: Wire) -> None:
        sent = form_parse(wire, "sns", "Publish", Message="m", MessageAttributes_entry_1_Name="n",
                          MessageAttributes_entry_1_Value_DataType="String",
                          MessageAttributes_entry_1_Value_StringValue="v")  # fmt: skip
        assert sent == {
            "Message": "m",
            "MessageAttributes": {"n": {"DataType": "String", "StringValue": "v"}},
        }

    def test_order_is_by_number(self, wire: Wire) -> None:
        fields = {f"TagKeys_member_{n}": str(n) for n in range(1, 12)}
        sent = form_parse(wire, "iam", "UntagRole", RoleName="r", **fields)
        assert sent["TagKeys"] == [str(n) for n in range(1, 12)]

    def test_sqs_as_before_2023(self, wire: Wire) -> None:
        sent = form_parse(
            wire, "sqs", "SendMessageBatch", QueueUrl="q",
            SendMessageBatchRequestEntry_1_Id="a", SendMessageBatchRequestEntry_1_MessageBody="b",
            SendMessageBatchRequestEntry_1_MessageAttribute_1_Name="n",
            SendMessageBatchRequestEntry_1_MessageAttribute_1_Value_DataType="String",
            SendMessageBatchRequestEntry_1_MessageAttribute_1_Value_StringValue="v",
        )  # fmt: skip
        attributes = {"n": {"DataType": "String", "StringValue": "v"}}
        assert sent["Entries"] == [{"Id": "a", "MessageBody": "b", "MessageAttributes": attributes}]
        sent = form_parse(wire, "sqs", "CreateQueue", QueueName="q",
                          Attribute_1_Name="DelaySeconds", Attribute_1_Value="5",
                          Tag_1_Key="k", Tag_1_Value="v")  # fmt: skip
        assert sent == {"QueueName": "q", "Attributes": {"DelaySeconds": "5"}, "tags": {"k": "v"}}

    def test_a_list_without_elements_has_the_name_of_its_member(self, wire: Wire) -> None:
        sent = form_parse(wire, "sqs", "ReceiveMessage", QueueUrl="q", MessageAttributeNames="")
        assert sent == {"QueueUrl": "q", "MessageAttributeNames": []}
        sent = form_parse(wire, "sns", "CreateTopic", Name="t", Tags="", Attributes="")
        assert sent == {"Name": "t", "Tags": [], "Attributes": {}}

    @pytest.mark.parametrize(
        ("fields", "code", "words"),
        [
            ({"RoleName": "r", "TagKeys_member_x": "1"}, "NotImplemented", "TagKeys.x"),
            ({"RoleName_Deeper": "r"}, "ValidationError", "RoleName"),
            ({"Wrong": "r"}, "NotImplemented", "parameter Wrong of UntagRole"),
            ({}, "ValidationError", "2 validation errors detected"),
        ],
    )
    def test_bad_forms(self, wire: Wire, fields: dict[str, str], code: str, words: str) -> None:
        with pytest.raises(AwsError) as caught:
            form_parse(wire, "iam", "UntagRole", **fields)
        assert caught.value.code == code
        assert words in caught.value.message


class TestRest:
    def test_wrong_type_in_the_query_string(self, wire: Wire) -> None:
        target = Target("lambda", "ListFunctions", "rest-json")
        with pytest.raises(AwsError) as caught:
            wire.parse(target, Incoming("GET", "/2015-03-31/functions", "MaxItems=many", {}, b""))
        assert caught.value.code == "SerializationException"
        assert "at MaxItems" in caught.value.message

    def test_malformed_body_of_lambda(self, wire: Wire) -> None:
        target = Target("lambda", "CreateFunction", "rest-json")
        with pytest.raises(AwsError) as caught:
            wire.parse(target, Incoming("POST", "/2015-03-31/functions", "", {}, b"{"))
        assert caught.value.code == "InvalidRequestContentException"

    @pytest.mark.parametrize("body", [b"<", b"<!DOCTYPE a [<!ENTITY b 'c'>]><Tagging/>", b"\xff\xfe\x00"])
    def test_bad_xml(self, wire: Wire, body: bytes) -> None:
        target = Target("s3", "PutBucketTagging", "rest-xml", labels={"Bucket": "b"})
        with pytest.raises(AwsError) as caught:
            wire.parse(target, Incoming("PUT", "/b", "tagging", {}, body))
        assert caught.value.code == "SerializationException"


class TestCbor:
    @pytest.mark.parametrize(
        "body",
        [b"\xff", b"\xa1", b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", b"\x1c", b"\x61\xff",
         b"\x81" * 5000, b"\x01\x01",
         b"\xa1\x80\x01", b"\xf8\x20", b"\x7f\x41a\xff", b"\xbf\x61a\xff", b"\x81\xff"],
    )  # fmt: skip
    def test_malformed_documents(self, body: bytes) -> None:
        with pytest.raises(MalformedBodyError):
            cbor.decode(body)

    def test_indefinite_lengths(self) -> None:
        assert cbor.decode(b"\xbf\x61a\x9f\x01\x20\xff\x61b\x7f\x61c\x61d\xff\xff") == {
            "a": [1, -1],
            "b": "cd",
        }

    @pytest.mark.parametrize(
        "value", [None, True, False, 0, 23, 24, 255, 65536, 2**40, -1, -500, 1.5, "é", b"\x00", [], {}]
    )
    def test_values_survive(self, value: Any) -> None:
        assert cbor.decode(cbor.encode({"v": [value]})) == {"v": [value]}
