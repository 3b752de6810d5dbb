"""Publishing, one by one and in batches.

Page: https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.sns_errors import invalid
from sandbox.model.sns_messages import MAX_BYTES, size
from sandbox.model.sqs_batch import check_entries
from sandbox.services.base import Answer, Params, operation
from sandbox.services.sns.core import SnsCore
from sandbox.services.sns.publishing import Origin, draft


class PublishOperations(SnsCore):
    """What topics are for."""

    @operation(
        "Publish",
        "TopicArn TargetArn Message Subject MessageStructure MessageAttributes MessageDeduplicationId"
        " MessageGroupId",
        records=True,
    )
    async def publish(self, call: Call, params: Params) -> Answer:
        """Sends a message to the subscriptions of a topic."""
        topic, target = params.get("TopicArn"), params.get("TargetArn")
        if topic and target:
            raise invalid("TopicArn or TargetArn Reason: only one of them can be given")
        if target and ":endpoint/" in target:
            raise invalid("TargetArn Reason: No endpoint found for the target arn specified")
        found = self.topic_of(topic or target)
        message = draft(found, params)
        return (await self.publisher.publish(found, message, _origin("Publish", call)))[1]

    @operation("PublishBatch", "TopicArn PublishBatchRequestEntries", records=True)
    async def publish_batch(self, call: Call, params: Params) -> Answer:
        """Sends up to ten messages; one that breaks a rule has all of them refused, as on AWS."""
        topic = self.topic_of(params.get("TopicArn"))
        entries: Sequence[Mapping[str, Any]] = params.get("PublishBatchRequestEntries") or []
        _check_batch(entries)
        drafts = [(entry["Id"], draft(topic, entry)) for entry in entries]
        successful = []
        for name, message in drafts:
            _, answer = await self.publisher.publish(topic, message, _origin("PublishBatch", call))
            successful.append({"Id": name, **answer})
        return {"Successful": successful, "Failed": []}


def _check_batch(entries: Sequence[Mapping[str, Any]]) -> None:
    """Checks a batch before its messages, in the words that SNS has for it.

    Raises:
        AwsError: EmptyBatchRequest, TooManyEntriesInBatchRequest, InvalidBatchEntryId,
            BatchEntryIdsNotDistinct or BatchRequestTooLong.
    """
    try:
        check_entries(entries, "PublishBatchRequestEntry")
    except AwsError as error:
        raise AwsError(f"{error.code}Exception", _BATCH_WORDS.get(error.code, error.message)) from error
    sizes = (size(entry.get("Message") or "", entry.get("MessageAttributes") or {}) for entry in entries)
    if sum(sizes) > MAX_BYTES:
        words = "The length of all the batch messages put together is more than the limit."
        raise AwsError("BatchRequestTooLongException", words)


_BATCH_WORDS = {
    "EmptyBatchRequest": "The batch request doesn't contain any entries.",
    "TooManyEntriesInBatchRequest": "The batch request contains more entries than permissible.",
    "BatchEntryIdsNotDistinct": "Two or more batch entries in the request have the same Id.",
    "InvalidBatchEntryId": "The Id of a batch entry in a batch request doesn't abide by the specification.",
}


def _origin(operation_name: str, call: Call) -> Origin:
    return Origin(operation_name, call.hop, call.request_id, call.trace)
