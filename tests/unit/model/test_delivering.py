"""Which failures are tried again, and when."""

from __future__ import annotations

import pytest

from sandbox.model.awserror import AwsError
from sandbox.model.delivering import DEFAULT_ATTEMPTS, Failure, classify, retry_delay
from sandbox.services.events.letters import dead_letter_attributes


@pytest.mark.parametrize(
    ("code", "status", "expected", "retryable"),
    [
        ("QueueDoesNotExist", 400, "NO_RESOURCE", False),
        ("AWS.SimpleQueueService.NonExistentQueue", 400, "NO_RESOURCE", False),
        ("ResourceNotFoundException", 404, "NO_RESOURCE", False),
        ("AccessDeniedException", 403, "NO_PERMISSIONS", False),
        ("TooManyRequestsException", 429, "THROTTLING", True),
        ("ThrottlingException", 400, "THROTTLING", True),
        ("ServiceException", 500, "ERROR_FROM_TARGET", True),
        ("ServiceUnavailable", 503, "ERROR_FROM_TARGET", True),
        ("NotImplemented", 501, "SDK_CLIENT_ERROR", False),
        ("InvalidParameterValue", 400, "SDK_CLIENT_ERROR", False),
    ],
)
def test_classes(code: str, status: int, expected: str, retryable: bool) -> None:
    failure = classify(AwsError(code, "porque sim", status=status))
    assert (failure.code, failure.retryable) == (expected, retryable)
    assert failure.message == f"{code}: porque sim"


def test_delays_double_and_all_retries_take_about_a_day() -> None:
    delays = [retry_delay(attempt) for attempt in range(1, DEFAULT_ATTEMPTS + 1)]
    assert delays[:4] == [1, 2, 4, 8]
    assert max(delays) == 512
    assert 23 < sum(delays) / 3_600 < 27


def test_attributes_of_dead_letters() -> None:
    attributes = dead_letter_attributes("r", "t", Failure("THROTTLING", "", True), 3, "MaximumRetryAttempts")
    assert {name: value["StringValue"] for name, value in attributes.items()} == {
        "RULE_ARN": "r",
        "TARGET_ARN": "t",
        "ERROR_CODE": "THROTTLING",
        "ERROR_MESSAGE": "THROTTLING",
        "RETRY_ATTEMPTS": "3",
        "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
    }
    assert all(value["DataType"] == "String" for value in attributes.values())
    assert "EXHAUSTED_RETRY_CONDITION" not in dead_letter_attributes(
        "r", "t", Failure("NO_RESOURCE", "m", False), 0, None
    )
