"""AddPermission and RemovePermission: statements of a queue's policy, by label.

Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from sandbox.model.arn import Arn
from sandbox.model.sqs_errors import invalid_value, missing, over_limit

MAX_STATEMENTS = 20
_LABEL = re.compile(r"[A-Za-z0-9_-]{1,80}")
_ACTIONS = (
    "*",
    "SendMessage",
    "ReceiveMessage",
    "DeleteMessage",
    "ChangeMessageVisibility",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "PurgeQueue",
)


def with_permission(
    policy: str | None, queue: Arn, label: str, accounts: Sequence[str], actions: Sequence[str]
) -> str:
    """The policy with one more statement.

    Raises:
        AwsError: InvalidParameterValue or MissingParameter, in AWS's words where they are known.
    """
    if not accounts:
        raise missing("AWSAccountIds")
    if not actions:
        raise missing("Actions")
    if not _LABEL.fullmatch(label):
        reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        raise invalid_value(label, "Label", reason)
    for account in accounts:
        if not (account.isascii() and account.isdigit() and len(account) == 12):
            raise invalid_value(account, "PrincipalId", "Unable to verify.")
    for action in actions:
        if action not in _ACTIONS:
            reason = "Only the queue owner is allowed to invoke this action."
            raise invalid_value(f"SQS:{action}", "ActionName", reason)
    document = _document(policy, queue)
    if any(statement.get("Sid") == label for statement in document["Statement"]):
        raise invalid_value(label, "Label", "Already exists.")
    if len(document["Statement"]) >= MAX_STATEMENTS:
        raise over_limit()
    document["Statement"].append(
        {
            "Sid": label,
            "Effect": "Allow",
            "Principal": {"AWS": _one_or_many([_root(account) for account in accounts])},
            "Action": _one_or_many([f"SQS:{action}" for action in actions]),
            "Resource": str(queue),
        }
    )
    return json.dumps(document, separators=(",", ":"))


def without_permission(policy: str | None, queue: Arn, label: str) -> str:
    """The policy without the statement of that label; empty when none is left.

    Raises:
        AwsError: InvalidParameterValue: no such label.
    """
    document = _document(policy, queue)
    kept = [statement for statement in document["Statement"] if statement.get("Sid") != label]
    if len(kept) == len(document["Statement"]):
        raise invalid_value(label, "Label", "can't find label.")
    document["Statement"] = kept
    return json.dumps(document, separators=(",", ":")) if kept else ""


def _document(policy: str | None, queue: Arn) -> dict[str, Any]:
    if not policy:
        return {"Version": "2008-10-17", "Id": f"{queue}/SQSDefaultPolicy", "Statement": []}
    document: dict[str, Any] = json.loads(policy)
    statements = document["Statement"]
    document["Statement"] = [statements] if isinstance(statements, dict) else list(statements)
    return document


def _root(account: str) -> str:
    return str(Arn("iam", "", account, "root"))


def _one_or_many(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values
