"""What the batch operations of SQS and SNS check before they look at their entries, and how they answer.

Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.model.awserror import AwsError
from sandbox.model.sqs_attributes import MAX_BATCH_BYTES

MAX_ENTRIES = 10
_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")


def check_entries(entries: Sequence[Mapping[str, Any]], kind: str) -> None:
    """Checks the number of entries and their ids.

    Args:
        kind: the entries' name in AWS's words, `SendMessageBatchRequestEntry`.

    Raises:
        AwsError: EmptyBatchRequest, TooManyEntriesInBatchRequest, InvalidBatchEntryId or
            BatchEntryIdsNotDistinct.
    """
    if not entries:
        raise AwsError("EmptyBatchRequest", f"There should be at least one {kind} in the request.")
    if len(entries) > MAX_ENTRIES:
        raise AwsError(
            "TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are {MAX_ENTRIES}. You have sent {len(entries)}.",
        )
    seen: set[str] = set()
    for entry in entries:
        name = entry.get("Id") or ""
        if not _ID.fullmatch(name):
            raise AwsError(
                "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
                "It can be at most 80 letters long.",
            )
        if name in seen:
            raise AwsError("BatchEntryIdsNotDistinct", f"Id {name} repeated.")
        seen.add(name)


def check_total(size: int) -> None:
    """Checks the size of all messages of a batch together, in bytes.

    Raises:
        AwsError: BatchRequestTooLong.
    """
    if size > MAX_BATCH_BYTES:
        raise AwsError(
            "BatchRequestTooLong",
            f"Batch requests cannot be longer than {MAX_BATCH_BYTES} bytes. You have sent {size} bytes.",
        )


def failed_entry(name: str, error: AwsError) -> dict[str, Any]:
    """One entry of `Failed`."""
    return {"Id": name, "SenderFault": error.status < 500, "Code": error.code, "Message": error.message}


def batch_answer(successful: list[dict[str, Any]], failed: list[dict[str, Any]]) -> dict[str, Any]:
    """A batch's answer: a list that would be empty is left out, as AWS does."""
    answer: dict[str, Any] = {}
    if successful:
        answer["Successful"] = successful
    if failed:
        answer["Failed"] = failed
    return answer
