"""Topics: their names, attributes and default policy.

Page: https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from sandbox.model.arn import Arn
from sandbox.model.awserror import NotImplementedByName
from sandbox.model.sns_errors import invalid
from sandbox.model.sns_retries import DEFAULT_POLICY, parse_delivery_policy
from sandbox.model.sqs_fifo import SUFFIX, is_fifo

#: Attributes that can be set, with what they are when nobody sets them.
SETTABLE: Mapping[str, str] = {
    "DisplayName": "",
    "Policy": "",
    "DeliveryPolicy": "",
    "KmsMasterKeyId": "",
    "SignatureVersion": "1",
    "TracingConfig": "PassThrough",
}
FIFO_SETTABLE: Mapping[str, str] = {"ContentBasedDeduplication": "false", "FifoThroughputScope": "Topic"}
#: What AWS acts on and this does not: refused by name.
_NOT_IMPLEMENTED = re.compile(
    r"(HTTP|SQS|Lambda|Application|Firehose)(Success|Failure)Feedback(RoleArn|SampleRate)|ArchivePolicy"
)
_VALUES: Mapping[str, tuple[str, ...]] = {
    "SignatureVersion": ("1", "2"),
    "TracingConfig": ("PassThrough", "Active"),
    "ContentBasedDeduplication": ("true", "false"),
    "FifoThroughputScope": ("Topic", "MessageGroup"),
}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_FIFO_NAME = (
    "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, "
    "numbers, underscores, and hyphens, and must be between 1 and 256 characters long."
)
_OWNER_ACTIONS = (
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
)


def check_name(name: str, *, fifo: bool) -> None:
    """Checks a new topic's name.

    Raises:
        AwsError: InvalidParameter.
    """
    if fifo:
        if not is_fifo(name) or len(name) > 256 or not _NAME.fullmatch(name.removesuffix(SUFFIX)):
            raise invalid(_FIFO_NAME)
    elif not _NAME.fullmatch(name):
        raise invalid("Topic Name")


def normal(name: str, value: str, *, fifo: bool) -> str:
    """A topic attribute as it is stored; an empty text brings the default back.

    Raises:
        AwsError: InvalidParameter; NotImplemented: AWS acts on it and this does not.
    """
    if _NOT_IMPLEMENTED.fullmatch(name):
        raise NotImplementedByName("sns", f"topic attribute {name}")
    if name not in SETTABLE and not (fifo and name in FIFO_SETTABLE):
        raise invalid("AttributeName")
    if value == "":
        return ""
    if name == "ContentBasedDeduplication":
        value = value.lower()
    if name in _VALUES and value not in _VALUES[name]:
        raise invalid(f"{name} Reason: {value} is not one of {', '.join(_VALUES[name])}")
    if name == "DisplayName" and len(value) > 100:
        raise invalid("DisplayName Reason: it has at most 100 characters")
    if name == "DeliveryPolicy":
        parse_delivery_policy(value, "http")
    if name == "Policy":
        _check_policy(value)
    return value


def described(
    topic: Arn, attributes: Mapping[str, str], pending: int, confirmed: int, deleted: int
) -> dict[str, str]:
    """The attributes of a topic as GetTopicAttributes answers them.

    Args:
        attributes: as they are stored: what was set.
        pending, confirmed, deleted: subscriptions by state.
    """
    found = {
        "TopicArn": str(topic),
        "Owner": topic.account,
        "Policy": attributes.get("Policy") or default_policy(topic),
        "DisplayName": attributes.get("DisplayName", ""),
        "SubscriptionsPending": str(pending),
        "SubscriptionsConfirmed": str(confirmed),
        "SubscriptionsDeleted": str(deleted),
        "EffectiveDeliveryPolicy": json.dumps({"http": _effective(attributes)}, separators=(",", ":")),
    }
    if is_fifo(topic.resource):
        found |= {"FifoTopic": "true", **FIFO_SETTABLE}
    return found | {name: value for name, value in attributes.items() if value}


def default_policy(topic: Arn) -> str:
    """The policy of a topic that was given none: its owner may do everything."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in _OWNER_ACTIONS],
        "Resource": str(topic),
        "Condition": {"StringEquals": {"AWS:SourceOwner": topic.account}},
        "Sid": "__default_statement_ID",
    }
    document = {"Version": "2008-10-17", "Statement": [statement], "Id": "__default_policy_ID"}
    return json.dumps(document, separators=(",", ":"))


def _effective(attributes: Mapping[str, str]) -> Mapping[str, object]:
    given = attributes.get("DeliveryPolicy")
    policy = parse_delivery_policy(given, "http") if given else DEFAULT_POLICY
    return {
        "defaultHealthyRetryPolicy": policy.document(),
        "disableSubscriptionOverrides": False,
        "defaultRequestPolicy": {"headerContentType": "text/plain; charset=UTF-8"},
    }


def _check_policy(text: str) -> None:
    try:
        policy = json.loads(text)
    except (ValueError, RecursionError):
        policy = None
    if not isinstance(policy, dict) or not isinstance(policy.get("Statement"), list | dict):
        raise invalid("Policy Error: null")
