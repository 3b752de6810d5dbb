"""AddPermission and RemovePermission: statements of a topic's policy, by label.

Page: https://docs.aws.amazon.com/sns/latest/api/API_AddPermission.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sandbox.model.arn import Arn
from sandbox.model.sns_errors import invalid

_ACTIONS = (
    "*",
    "AddPermission",
    "DeleteTopic",
    "GetTopicAttributes",
    "ListSubscriptionsByTopic",
    "ListTagsForResource",
    "Publish",
    "RemovePermission",
    "SetTopicAttributes",
    "Subscribe",
    "TagResource",
    "UntagResource",
)


def with_permission(
    policy: str, topic: Arn, label: str, accounts: Sequence[str], actions: Sequence[str]
) -> str:
    """The policy with one more statement.

    Raises:
        AwsError: InvalidParameter.
    """
    if not accounts or not actions:
        raise invalid(f"Policy statement must have {'an account' if actions else 'an action'}")
    for account in accounts:
        if not (account.isascii() and account.isdigit() and len(account) == 12):
            raise invalid(f"AWSAccountId Reason: {account} is no account id")
    for action in actions:
        if action not in _ACTIONS:
            raise invalid("Policy statement action out of service scope!")
    document = _document(policy)
    if any(statement.get("Sid") == label for statement in document["Statement"]):
        raise invalid("Statement already exists")
    principals = [str(Arn("iam", "", account, "root")) for account in accounts]
    names = [f"SNS:{action}" for action in actions]
    document["Statement"].append(
        {
            "Sid": label,
            "Effect": "Allow",
            "Principal": {"AWS": principals[0] if len(principals) == 1 else principals},
            "Action": names[0] if len(names) == 1 else names,
            "Resource": str(topic),
        }
    )
    return json.dumps(document, separators=(",", ":"))


def without_permission(policy: str, label: str) -> str:
    """The policy without the statements of that label, if it has any."""
    document = _document(policy)
    document["Statement"] = [
        statement for statement in document["Statement"] if statement.get("Sid") != label
    ]
    return json.dumps(document, separators=(",", ":"))


def _document(policy: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(policy)
    statements = document["Statement"]
    document["Statement"] = [statements] if isinstance(statements, dict) else list(statements)
    return document
