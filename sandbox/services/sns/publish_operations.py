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
from sandbox.model.sqs_batch import batch_answer, check_entries, failed_entry
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
        found = self.topic_of(topic or target)
        message = draft(found, params)
        return (await self.publisher.publish(found, message, _origin("Publish", call)))[1]

    @operation("PublishBatch", "TopicArn PublishBatchRequestEntries", records=True)
    async def publish_batch(self, call: Call, params: Params) -> Answer:
        """Sends up to ten messages; each succeeds or fails for itself."""
        topic = self.topic_of(params.get("TopicArn"))
        entries: Sequence[Mapping[str, Any]] = params.get("PublishBatchRequestEntries") or []
        check_entries(entries, "PublishBatchRequestEntry")
        total = sum(
            size(entry.get("Message") or "", entry.get("MessageAttributes") or {}) for entry in entries
        )
        if total > MAX_BYTES:
            raise AwsError(
                "BatchRequestTooLongException",
                "The length of all the messages put together is more than the limit.",
            )
        successful: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for entry in entries:
            try:
                message = draft(topic, entry)
            except AwsError as error:
                failed.append(failed_entry(entry["Id"], error, error.code.removesuffix("Exception")))
                continue
            _, answer = await self.publisher.publish(topic, message, _origin("PublishBatch", call))
            successful.append({"Id": entry["Id"], **answer})
        return batch_answer(successful, failed)


def _origin(operation_name: str, call: Call) -> Origin:
    return Origin(operation_name, call.hop, call.request_id, call.trace)
