"""The errors of SQS as AWS words them, and the older codes that its clients still switch on.

Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from typing import Any

from sandbox.model.awserror import AwsError

#: The code of the query protocol, and of `x-amzn-query-error`, for exception shapes that have another there.
QUERY_CODES: dict[str, str] = {
    "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
    "QueueNameExists": "QueueAlreadyExists",
    "QueueDeletedRecently": "AWS.SimpleQueueService.QueueDeletedRecently",
    "PurgeQueueInProgress": "AWS.SimpleQueueService.PurgeQueueInProgress",
    "EmptyBatchRequest": "AWS.SimpleQueueService.EmptyBatchRequest",
    "TooManyEntriesInBatchRequest": "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    "BatchEntryIdsNotDistinct": "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
    "BatchRequestTooLong": "AWS.SimpleQueueService.BatchRequestTooLong",
    "InvalidBatchEntryId": "AWS.SimpleQueueService.InvalidBatchEntryId",
    "MessageNotInflight": "AWS.SimpleQueueService.MessageNotInflight",
    "UnsupportedOperation": "AWS.SimpleQueueService.UnsupportedOperation",
}

#: The type that the JSON protocol names for codes that SQS's service model has no shape for.
JSON_TYPES: dict[str, str] = {
    "InvalidParameterValue": "InvalidParameterValueException",
    "MissingParameter": "MissingRequiredParameterException",
}

#: What the query protocol says where it words an error differently.
QUERY_MESSAGES: dict[str, str] = {
    "QueueDoesNotExist": "The specified queue does not exist for this wsdl version.",
}


def queue_does_not_exist() -> AwsError:
    """No queue of that name in that account and region."""
    return AwsError("QueueDoesNotExist", "The specified queue does not exist.")


def invalid_value(value: Any, parameter: str, reason: str) -> AwsError:
    """A parameter whose value breaks a rule: AWS names value, parameter and reason."""
    return invalid_parameter(f"Value {value} for parameter {parameter} is invalid. Reason: {reason}")


def invalid_parameter(message: str) -> AwsError:
    """A parameter that breaks a rule, in words of its own."""
    return AwsError("InvalidParameterValue", message)


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
