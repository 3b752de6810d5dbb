"""The errors of SQS as AWS words them. `wire` adds the older codes that clients still switch on.

Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from typing import Any

from sandbox.model.awserror import AwsError


def queue_does_not_exist() -> AwsError:
    """No queue of that name in that account and region."""
    return AwsError("QueueDoesNotExist", "The specified queue does not exist.")


def invalid_value(value: Any, parameter: str, reason: str) -> AwsError:
    """A parameter whose value breaks a rule: AWS names value, parameter and reason."""
    return invalid_parameter(f"Value {value} for parameter {parameter} is invalid. Reason: {reason}")


def invalid_parameter(message: str) -> AwsError:
    """A parameter that breaks a rule, in words of its own."""
    return AwsError("InvalidParameterValue", message)


def over_limit() -> AwsError:
    """A standard queue has as many messages in flight as it may have; only short polls are told."""
    return AwsError(
        "OverLimit",
        "The specified action violates a limit. For example, ReceiveMessage returns this error if the "
        "maximum number of in flight messages is reached and AddPermission returns this error if the maximum "
        "number of permissions for the queue is reached.",
    )


def deleted_recently() -> AwsError:
    """The name of a queue that was deleted less than a minute ago."""
    return AwsError(
        "QueueDeletedRecently",
        "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
    )


def missing(parameter: str) -> AwsError:
    """A parameter that must be there is not, or is empty."""
    return AwsError("MissingParameter", f"The request must contain the parameter {parameter}.")


def unknown_attribute(name: str) -> AwsError:
    """An attribute that queues of this kind do not have."""
    return AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")


def invalid_attribute_value(name: str, reason: str = "") -> AwsError:
    """A queue attribute outside of its range."""
    tail = f" Reason: {reason}" if reason else ""
    return AwsError("InvalidAttributeValue", f"Invalid value for the parameter {name}.{tail}")


def invalid_receipt_handle(handle: str) -> AwsError:
    """Something that no ReceiveMessage of this queue ever answered."""
    return AwsError(
        "ReceiptHandleIsInvalid", f'The input receipt handle "{handle}" is not a valid receipt handle.'
    )
