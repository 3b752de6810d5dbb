"""The native SNS: its operations, and the port that the rest of the engine uses it through."""

from __future__ import annotations

from typing import ClassVar

from sandbox.model.arn import Arn
from sandbox.model.ports import Delivery
from sandbox.services.sns.publish_operations import PublishOperations
from sandbox.services.sns.publishing import Origin, draft
from sandbox.services.sns.subscription_operations import SubscriptionOperations
from sandbox.services.sns.topic_operations import TopicOperations


class SnsService(TopicOperations, SubscriptionOperations, PublishOperations):
    """SNS, natively: topics that deliver to queues, functions and HTTP servers on the loopback."""

    NOT_CHECKED: ClassVar[tuple[str, ...]] = (
        "topic policies (Policy, AddPermission): stored, not enforced",
        "permissions of queues and functions to be called by SNS",
        "Signature of notifications is the base64 of the plain SHA-1 (version 1) or SHA-256 (version 2) of "
        "the text that AWS signs, not a signature by AWS's key: verifiers refuse it",
        "encryption (KmsMasterKeyId) and TracingConfig: recorded",
        "subscriptions of queues and functions of other accounts need no confirmation",
        "quotas on topics, subscriptions, filter policies and messages a second",
    )

    def supports(self, target: Arn) -> bool:
        """Whether `target` is a topic's ARN."""
        return target.service == self.name

    async def deliver(self, delivery: Delivery) -> int:
        """Publishes what a bus, rule, schedule, bucket or failed invocation hands to a topic.

        Returns:
            The hop of the publish.

        Raises:
            AwsError: no such topic, or it refuses the message.
        """
        topic = self.topic_of(str(delivery.target))
        params = {
            "Message": delivery.body,
            "Subject": delivery.subject or None,
            "MessageAttributes": delivery.attributes,
            "MessageGroupId": delivery.group_id,
            "MessageDeduplicationId": delivery.deduplication_id,
        }
        origin = Origin("Publish", delivery.cause, trace=delivery.trace)
        return (await self.publisher.publish(topic, draft(topic, params), origin))[0]
