"""Redrive policies: what is read, what is refused."""

from __future__ import annotations

import json

import pytest

from sandbox.model.arn import parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.redrive import (
    RedriveAllowPolicy,
    RedrivePolicy,
    check_target,
    parse_redrive_allow_policy,
    parse_redrive_policy,
)

DLQ = "arn:aws:sqs:us-east-1:000000000000:dlq"
SOURCE = parse_arn("arn:aws:sqs:us-east-1:000000000000:fonte")


@pytest.mark.parametrize("count", [3, "3"])
def test_the_count_may_be_a_number_or_digits(count: int | str) -> None:
    policy = parse_redrive_policy(json.dumps({"deadLetterTargetArn": DLQ, "maxReceiveCount": count}))
    assert (str(policy.target), policy.max_receives) == (DLQ, 3)
    assert policy.text() == f'{{"deadLetterTargetArn":"{DLQ}","maxReceiveCount":3}}'
    assert parse_redrive_policy(policy.text()) == policy


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("não é json", "Redrive policy is not a valid JSON map."),
        ("[" * 100_000, "Redrive policy is not a valid JSON map."),
        ('["a"]', "Redrive policy is not a valid JSON map."),
        (
            {"deadLetterTargetArn": DLQ},
            "Redrive policy does not contain mandatory attribute: maxReceiveCount.",
        ),
        ({"maxReceiveCount": 3}, "Redrive policy does not contain mandatory attribute: deadLetterTargetArn."),
        (
            {"deadLetterTargetArn": DLQ, "maxReceiveCount": 0},
            "Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive.",
        ),
        ({"deadLetterTargetArn": DLQ, "maxReceiveCount": 1001}, "Invalid value for maxReceiveCount: 1001"),
        ({"deadLetterTargetArn": DLQ, "maxReceiveCount": True}, "Invalid value for maxReceiveCount: True"),
        ({"deadLetterTargetArn": DLQ, "maxReceiveCount": "3.5"}, "Invalid value for maxReceiveCount: 3.5"),
        ({"deadLetterTargetArn": 7, "maxReceiveCount": 3}, "Invalid value for deadLetterTargetArn."),
        (
            {"deadLetterTargetArn": DLQ, "maxReceiveCount": 3, "x": 1},
            "Only following attributes are supported",
        ),
    ],
)
def test_policies_that_are_refused(policy: object, reason: str) -> None:
    text = policy if isinstance(policy, str) else json.dumps(policy)
    with pytest.raises(AwsError) as caught:
        parse_redrive_policy(text)
    assert caught.value.code == "InvalidParameterValue"
    assert reason in caught.value.message


def test_a_message_is_exhausted_after_its_last_receive() -> None:
    policy = RedrivePolicy(parse_arn(DLQ), 3)
    assert [policy.exhausted(receives) for receives in (0, 2, 3, 4)] == [False, False, True, True]


@pytest.mark.parametrize(
    ("permission", "sources", "allowed"),
    [
        ("allowAll", None, True),
        ("denyAll", None, False),
        ("byQueue", [str(SOURCE)], True),
        ("byQueue", [DLQ], False),
    ],
)
def test_who_may_use_a_dead_letter_queue(permission: str, sources: list[str] | None, allowed: bool) -> None:
    given = {"redrivePermission": permission} | ({"sourceQueueArns": sources} if sources else {})
    policy = parse_redrive_allow_policy(json.dumps(given))
    assert policy.allows(SOURCE) is allowed
    assert json.loads(policy.text()) == given


@pytest.mark.parametrize(
    "policy",
    [
        "x",
        "{}",
        '{"redrivePermission":"talvez"}',
        '{"redrivePermission":"byQueue"}',
        '{"redrivePermission":"byQueue","sourceQueueArns":"x"}',
        '{"redrivePermission":"byQueue","sourceQueueArns":[1]}',
        '{"redrivePermission":"denyAll","sourceQueueArns":["x"]}',
        '{"redrivePermission":"denyAll","outra":1}',
        json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": ["x"] * 11}),
    ],
)
def test_allow_policies_that_are_refused(policy: str) -> None:
    with pytest.raises(AwsError) as caught:
        parse_redrive_allow_policy(policy)
    assert caught.value.code == "InvalidParameterValue"


def test_a_good_target_is_accepted() -> None:
    check_target(SOURCE, RedrivePolicy(parse_arn(DLQ), 3), exists=True, allow=RedriveAllowPolicy())
