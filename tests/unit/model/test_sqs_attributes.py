"""Queue attributes and policies: ranges, forms, and how they change one another."""

from __future__ import annotations

import json

import pytest

from sandbox.model.arn import parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.sqs_attributes import DEFAULTS, first_difference, merged, normalise, settings
from sandbox.model.sqs_batch import batch_answer, failed_entry
from sandbox.model.sqs_errors import invalid_parameter
from sandbox.model.sqs_policy import with_permission, without_permission

QUEUE = parse_arn("arn:aws:sqs:us-east-1:000000000000:fila")


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("DelaySeconds", 0, 900),
        ("MaximumMessageSize", 1024, 1_048_576),
        ("MessageRetentionPeriod", 60, 1_209_600),
        ("ReceiveMessageWaitTimeSeconds", 0, 20),
        ("VisibilityTimeout", 0, 43_200),
        ("KmsDataKeyReusePeriodSeconds", 60, 86_400),
    ],
)
def test_ranges(name: str, low: int, high: int) -> None:
    assert normalise({name: str(low)}) == {name: str(low)}
    assert normalise({name: f"0{high}"}) == {name: str(high)}
    for value in (str(low - 1), str(high + 1), "x", "1.5", " 60", "٣٠٠"):
        with pytest.raises(AwsError) as caught:
            normalise({name: value})
        assert caught.value.code == "InvalidAttributeValue"
        assert caught.value.message == f"Invalid value for the parameter {name}."


@pytest.mark.parametrize(
    ("name", "value"),
    [("SqsManagedSseEnabled", "sim"), ("Policy", "{}"), ("Policy", "texto"), ("Policy", '{"Statement": 1}')],
)
def test_values_of_other_attributes(name: str, value: str) -> None:
    with pytest.raises(AwsError, match="InvalidAttributeValue"):
        normalise({name: value})


def test_counts_and_times_cannot_be_set() -> None:
    for name in ("ApproximateNumberOfMessages", "CreatedTimestamp", "QueueArn", "All"):
        with pytest.raises(AwsError, match=f"Unknown Attribute {name}"):
            normalise({name: "1"})


def test_empty_values_fall_back_to_defaults() -> None:
    assert merged({"DelaySeconds": "5", "Policy": "p"}, {"DelaySeconds": "", "Policy": ""}) == {}
    assert settings({}).visibility == int(DEFAULTS["VisibilityTimeout"])


def test_the_first_attribute_that_differs() -> None:
    current = {"DelaySeconds": "5"}
    assert first_difference(current, {}) is None
    assert first_difference(current, {"DelaySeconds": "5", "VisibilityTimeout": "30"}) is None
    assert first_difference(current, {"VisibilityTimeout": "31"}) == "VisibilityTimeout"
    assert first_difference(current, {"DelaySeconds": ""}) == "DelaySeconds"
    assert first_difference(current, {"KmsMasterKeyId": "k"}) == "KmsMasterKeyId"


def test_permissions_of_many_accounts_and_actions() -> None:
    first = with_permission(None, QUEUE, "um", ["111122223333"], ["*"])
    both = with_permission(
        first, QUEUE, "dois", ["111122223333", "444455556666"], ["SendMessage", "GetQueueUrl"]
    )
    statement = json.loads(both)["Statement"][1]
    assert statement["Principal"]["AWS"] == [
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::444455556666:root",
    ]
    assert statement["Action"] == ["SQS:SendMessage", "SQS:GetQueueUrl"]
    assert json.loads(without_permission(both, QUEUE, "um"))["Statement"] == [statement]
    assert without_permission(first, QUEUE, "um") == ""


@pytest.mark.parametrize(
    ("label", "accounts", "actions", "code"),
    [
        ("a b", ["111122223333"], ["*"], "InvalidParameterValue"),
        ("a", ["1"], ["*"], "InvalidParameterValue"),
        ("a", ["111122223333"], ["CreateQueue"], "InvalidParameterValue"),
        ("a", [], ["*"], "MissingParameter"),
        ("a", ["111122223333"], [], "MissingParameter"),
    ],
)
def test_permissions_that_are_refused(label: str, accounts: list[str], actions: list[str], code: str) -> None:
    with pytest.raises(AwsError) as caught:
        with_permission(None, QUEUE, label, accounts, actions)
    assert caught.value.code == code


def test_answers_of_batches_leave_out_what_is_empty() -> None:
    failed = failed_entry("a", invalid_parameter("motivo"))
    assert failed == {"Id": "a", "SenderFault": True, "Code": "InvalidParameterValue", "Message": "motivo"}
    assert batch_answer([], [failed]) == {"Failed": [failed]}
    assert batch_answer([{"Id": "b"}], []) == {"Successful": [{"Id": "b"}]}
