"""Tags and permissions of queues.

Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_TagQueue.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.model.call import Call
from sandbox.model.sqs_attributes import merged
from sandbox.model.sqs_errors import invalid_parameter, missing
from sandbox.model.sqs_policy import with_permission, without_permission
from sandbox.services.base import Answer, Params, operation
from sandbox.services.sqs.core import SqsCore
from sandbox.services.sqs.queues import Queue

MAX_TAGS = 50


def check_tags(tags: Mapping[str, str]) -> None:
    """Checks the tags of a queue.

    Raises:
        AwsError: InvalidParameterValue: too many, too long, or in AWS's own namespace.
    """
    if len(tags) > MAX_TAGS:
        raise invalid_parameter(f"Too many tags added for queue. A queue has at most {MAX_TAGS} tags.")
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or len(value) > 256:
            raise invalid_parameter(f"Tag {key[:128]!r}: keys have 1 to 128 characters, values at most 256.")
        if key.lower().startswith("aws:"):
            raise invalid_parameter(f"Tag {key!r}: keys that begin with 'aws:' are reserved.")


class TagOperations(SqsCore):
    """Tags and permissions."""

    @operation("TagQueue", "QueueUrl Tags")
    def tag_queue(self, call: Call, params: Params) -> Answer:
        """Adds tags, or changes their values."""
        queue = self.queue_of(call, params)
        tags: Mapping[str, str] = params.get("Tags") or {}
        if not tags:
            raise missing("Tags")
        after = {**queue.tags, **tags}
        check_tags(after)
        self.queues.set_tags(queue, after)
        return {}

    @operation("UntagQueue", "QueueUrl TagKeys")
    def untag_queue(self, call: Call, params: Params) -> Answer:
        """Removes tags; those that are not there are passed over."""
        queue = self.queue_of(call, params)
        keys: Sequence[str] = params.get("TagKeys") or []
        if not keys:
            raise missing("TagKeys")
        self.queues.set_tags(queue, {key: value for key, value in queue.tags.items() if key not in keys})
        return {}

    @operation("ListQueueTags", "QueueUrl")
    def list_queue_tags(self, call: Call, params: Params) -> Answer:
        """The tags of a queue."""
        tags = self.queue_of(call, params).tags
        return {"Tags": dict(tags)} if tags else {}

    @operation("AddPermission", "QueueUrl Label AWSAccountIds Actions")
    def add_permission(self, call: Call, params: Params) -> Answer:
        """Adds a statement to the queue's policy (stored; not enforced)."""
        queue = self.queue_of(call, params)
        policy = with_permission(
            queue.attributes.get("Policy"),
            queue.arn,
            params.get("Label") or "",
            params.get("AWSAccountIds") or [],
            params.get("Actions") or [],
        )
        self._set_policy(queue, policy)
        return {}

    @operation("RemovePermission", "QueueUrl Label")
    def remove_permission(self, call: Call, params: Params) -> Answer:
        """Removes a statement of the queue's policy by its label."""
        queue = self.queue_of(call, params)
        label = params.get("Label") or ""
        self._set_policy(queue, without_permission(queue.attributes.get("Policy"), queue.arn, label))
        return {}

    def _set_policy(self, queue: Queue, policy: str) -> None:
        self.queues.set_attributes(queue, merged(queue.attributes, {"Policy": policy}), self.clock.now())
