"""SQS as it was before 2023: the query protocol's names, which the current service model no longer carries.

AWS still answers both. Standard:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html
"""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.model.awserror import AwsError
from sandbox.wire.model import Ref, ServiceModel, Shape

_PREFIX = "AWS.SimpleQueueService."

#: Elements of flattened lists, by the list's shape.
ELEMENTS = {
    "AttributeNameList": "AttributeName",
    "MessageSystemAttributeList": "MessageSystemAttributeName",
    "MessageAttributeNameList": "MessageAttributeName",
    "AWSAccountIdList": "AWSAccountId",
    "ActionNameList": "ActionName",
    "TagKeyList": "TagKey",
    "QueueUrlList": "QueueUrl",
    "MessageList": "Message",
    "StringList": "StringListValue",
    "BinaryList": "BinaryListValue",
    "SendMessageBatchRequestEntryList": "SendMessageBatchRequestEntry",
    "SendMessageBatchResultEntryList": "SendMessageBatchResultEntry",
    "DeleteMessageBatchRequestEntryList": "DeleteMessageBatchRequestEntry",
    "DeleteMessageBatchResultEntryList": "DeleteMessageBatchResultEntry",
    "ChangeMessageVisibilityBatchRequestEntryList": "ChangeMessageVisibilityBatchRequestEntry",
    "ChangeMessageVisibilityBatchResultEntryList": "ChangeMessageVisibilityBatchResultEntry",
    "BatchResultErrorEntryList": "BatchResultErrorEntry",
    "ListMessageMoveTasksResultEntryList": "ListMessageMoveTasksResultEntry",
}
#: Flattened maps: the entry's name, its key's, its value's.
ENTRIES = {
    "QueueAttributeMap": ("Attribute", "Name", "Value"),
    "MessageSystemAttributeMap": ("Attribute", "Name", "Value"),
    "MessageBodyAttributeMap": ("MessageAttribute", "Name", "Value"),
    "MessageBodySystemAttributeMap": ("MessageSystemAttribute", "Name", "Value"),
    "TagMap": ("Tag", "Key", "Value"),
}

#: What clients of the query protocol, and boto3 through `x-amzn-query-error`, switch on, by exception shape.
ERROR_CODES = {
    "BatchEntryIdsNotDistinct": _PREFIX + "BatchEntryIdsNotDistinct",
    "BatchRequestTooLong": _PREFIX + "BatchRequestTooLong",
    "EmptyBatchRequest": _PREFIX + "EmptyBatchRequest",
    "InvalidBatchEntryId": _PREFIX + "InvalidBatchEntryId",
    "MessageNotInflight": _PREFIX + "MessageNotInflight",
    "PurgeQueueInProgress": _PREFIX + "PurgeQueueInProgress",
    "QueueDeletedRecently": _PREFIX + "QueueDeletedRecently",
    "TooManyEntriesInBatchRequest": _PREFIX + "TooManyEntriesInBatchRequest",
    "UnsupportedOperation": _PREFIX + "UnsupportedOperation",
    "QueueDoesNotExist": _PREFIX + "NonExistentQueue",
    "QueueNameExists": "QueueAlreadyExists",
    "KmsAccessDenied": "KMS.AccessDeniedException",
    "KmsDisabled": "KMS.DisabledException",
    "KmsInvalidKeyUsage": "KMS.InvalidKeyUsageException",
    "KmsInvalidState": "KMS.InvalidStateException",
    "KmsNotFound": "KMS.NotFoundException",
    "KmsOptInRequired": "KMS.OptInRequired",
    "KmsThrottled": "KMS.ThrottlingException",
    "MissingRequiredParameterException": "MissingParameter",
    "InvalidParameterValueException": "InvalidParameterValue",
}

#: HTTP statuses that are not 400.
ERROR_STATUS = {
    "InvalidAddress": 404,
    "InvalidSecurity": 403,
    "OverLimit": 403,
    "PurgeQueueInProgress": 403,
    "ReceiptHandleIsInvalid": 404,
    "RequestThrottled": 403,
    "ResourceNotFoundException": 404,
}


def in_older_words(error: AwsError) -> AwsError:
    """The error as the query protocol words it."""
    if error.code != "QueueDoesNotExist":
        return error
    return AwsError(
        error.code, "The specified queue does not exist for this wsdl version.", status=error.status
    )


def as_older_request(operation: str, params: dict[str, Any]) -> dict[str, Any]:
    """Parameters of the query protocol: of two lists of system attributes the older one counts."""
    if operation == "ReceiveMessage" and params.get("AttributeNames"):
        params.pop("MessageSystemAttributeNames", None)
    return params


def with_query_names(model: ServiceModel) -> ServiceModel:
    """The model of SQS with the names that its query protocol has on the wire."""
    shapes = {name: _renamed(model, name, shape) for name, shape in model.shapes.items()}
    return msgspec.structs.replace(model, shapes=shapes)


def _renamed(model: ServiceModel, name: str, shape: Shape) -> Shape:
    if name in ELEMENTS and shape.member:
        member = msgspec.structs.replace(shape.member, location_name=ELEMENTS[name])
        return msgspec.structs.replace(shape, member=member, flattened=True)
    if name in ENTRIES and shape.key and shape.value:
        _, key, value = ENTRIES[name]
        return msgspec.structs.replace(
            shape,
            flattened=True,
            key=msgspec.structs.replace(shape.key, location_name=key),
            value=msgspec.structs.replace(shape.value, location_name=value),
        )
    if shape.type == "structure":
        return msgspec.structs.replace(
            shape, members={member: _member(ref) for member, ref in shape.members.items()}
        )
    return shape


def _member(ref: Ref) -> Ref:
    if ref.shape in ENTRIES:
        return msgspec.structs.replace(ref, location_name=ENTRIES[ref.shape][0])
    return ref
