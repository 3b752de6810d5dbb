"""FIFO queues: their attributes, deduplication ids and sequence numbers.

Pages: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fifo-queues.html and
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from sandbox.model.awserror import AwsError
from sandbox.model.sqs_errors import invalid_attribute_value, invalid_parameter, missing, unknown_attribute

SUFFIX = ".fifo"
#: Seconds in which a deduplication id, or the id of a receive attempt, is remembered.
DEDUPLICATION_INTERVAL = 300.0
#: Seconds until another deduplication scope is acted on. "Changes can take up to 60 seconds to propagate"; on
#: AWS a queue shows the new scope at once and goes on deduplicating by the old one meanwhile.
SCOPE_PROPAGATION = 60.0

GROUP_SCOPE = "messageGroup"
FIFO_DEFAULTS: Mapping[str, str] = {
    "FifoQueue": "true",
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoThroughputLimit": "perQueue",
}
_VALUES: Mapping[str, tuple[str, ...]] = {
    "ContentBasedDeduplication": ("true", "false"),
    "DeduplicationScope": (GROUP_SCOPE, "queue"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
}
_WITH_FIFO = ("DeduplicationScope", "FifoThroughputLimit")
_FIRST_SEQUENCE = 18_850_000_000_000_000_000
_SEQUENCE_STEP = 256


def is_fifo(name: str) -> bool:
    """Whether that is the name of a FIFO queue or topic."""
    return name.endswith(SUFFIX)


def normal_fifo(name: str, value: str, *, fifo: bool) -> str:
    """A FIFO attribute as it is stored.

    Args:
        fifo: whether it is given to a FIFO queue.

    Raises:
        AwsError: InvalidAttributeName: standard queues have no such attribute; InvalidAttributeValue.
    """
    if not fifo:
        if name in _WITH_FIFO:
            raise AwsError(
                "InvalidAttributeName", f"You can specify the {name} only when FifoQueue is set to true."
            )
        raise unknown_attribute(name)
    if name == "FifoQueue":
        if value.lower() != "true":
            raise invalid_attribute_value(name, "Modifying queue type is not supported.")
        return "true"
    # "True" is taken for "true", as on AWS.
    normal = value.lower() if name == "ContentBasedDeduplication" else value
    if normal not in _VALUES[name]:
        raise invalid_attribute_value(name)
    return normal


def check_throughput(attributes: Mapping[str, str]) -> None:
    """Checks the attributes of high throughput against each other.

    Raises:
        AwsError: InvalidAttributeValue: the limit is per group, the scope of deduplication is not.
    """
    if attributes.get("FifoThroughputLimit") != "perMessageGroupId":
        return
    if attributes.get("DeduplicationScope") != GROUP_SCOPE:
        reason = "The perMessageGroupId value is allowed only when DeduplicationScope is messageGroup."
        raise invalid_attribute_value("FifoThroughputLimit", reason)


def content_digest(body: str) -> str:
    """The deduplication id that content-based deduplication gives a message: the SHA-256 of its body."""
    return hashlib.sha256(body.encode()).hexdigest()


def check_present(group_id: str | None, deduplication_id: str | None, *, content_based: bool) -> None:
    """Checks that a message for a FIFO queue has its group and its deduplication id.

    Raises:
        AwsError: MissingParameter or InvalidParameterValue.
    """
    if group_id is None:
        raise missing("MessageGroupId")
    if deduplication_id is None and not content_based:
        raise invalid_parameter(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
            "provided explicitly"
        )


def sequence_number(number: int) -> str:
    """The sequence number of a message that was the `number`-th: 20 digits, growing, not consecutive."""
    return str(_FIRST_SEQUENCE + number * _SEQUENCE_STEP)
