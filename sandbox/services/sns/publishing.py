"""Accepting messages, and handing each to the subscriptions whose filters it passes.

Page: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.model.hops import HopKind
from sandbox.model.sns_errors import invalid
from sandbox.model.sns_messages import MAX_BYTES, Published, check_attributes, check_subject, size, texts_of
from sandbox.model.sqs_fifo import content_digest, sequence_number
from sandbox.model.sqs_message import Attributes, is_group
from sandbox.services.base import Kit
from sandbox.services.sns.deliveries import Deliveries
from sandbox.services.sns.pending import Pending
from sandbox.services.sns.subscriptions import Subscription, SubscriptionStore
from sandbox.services.sns.topics import Topic, TopicStore

SERVICE = "sns"


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that was checked against the rules of its topic.

    Attributes:
        texts: by protocol. message: as it was given, for the journal.
    """

    message: str
    texts: dict[str, str]
    subject: str | None
    attributes: dict[str, dict[str, Any]]
    group_id: str | None
    deduplication_id: str | None


@dataclass(frozen=True, slots=True)
class Origin:
    """Because of what a message is published.

    Attributes:
        operation: the API operation. cause: the hop that led to it. trace: its X-Ray trace header.
    """

    operation: str
    cause: int | None
    request_id: str = ""
    trace: str | None = None


def draft(topic: Topic, params: Mapping[str, Any]) -> Draft:
    """Checks one message of Publish, or one entry of PublishBatch.

    Raises:
        AwsError: what is wrong with it.
    """
    message = params.get("Message") or ""
    texts = texts_of(message, params.get("MessageStructure"))
    attributes: Attributes = params.get("MessageAttributes") or {}
    check_subject(params.get("Subject"))
    check_attributes(attributes)
    if size(message, attributes) > MAX_BYTES:
        raise invalid("Message too long")
    group_id, deduplication_id = _ids(topic, params, message)
    own = {name: dict(attribute) for name, attribute in attributes.items()}
    return Draft(message, texts, params.get("Subject"), own, group_id, deduplication_id)


def _ids(topic: Topic, params: Mapping[str, Any], message: str) -> tuple[str | None, str | None]:
    group_id, given = params.get("MessageGroupId"), params.get("MessageDeduplicationId")
    for name, value in (("MessageGroupId", group_id), ("MessageDeduplicationId", given)):
        if value is not None and not is_group(value):
            raise invalid(f"{name} Reason: {name} can only include alphanumeric and punctuation characters")
    if not topic.fifo:
        if given is not None:
            raise invalid(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter "
                "that is not valid for this topic type"
            )
        return group_id, None
    if group_id is None:
        raise invalid("The MessageGroupId parameter is required for FIFO topics")
    if given is None and not topic.content_based:
        raise invalid(
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
            "provided explicitly"
        )
    return group_id, given or content_digest(message)


class Publisher:
    """Publishes messages."""

    def __init__(
        self, kit: Kit, topics: TopicStore, subscriptions: SubscriptionStore, deliveries: Deliveries
    ) -> None:
        self._kit = kit
        self._topics = topics
        self._subscriptions = subscriptions
        self._deliveries = deliveries

    async def publish(self, topic: Topic, message: Draft, origin: Origin) -> tuple[int, dict[str, str]]:
        """Delivers one message, unless it is a duplicate.

        Returns:
            Its hop, and the answer of Publish.
        """
        now, group = self._kit.clock.now(), message.group_id or ""
        if topic.fifo and (known := self._topics.earlier(topic, group, message.deduplication_id or "", now)):
            return self._duplicate(topic, known, origin)
        message_id = self._kit.ids.uuid()
        sequence = None
        if topic.fifo:
            number = self._topics.remember(topic, group, message.deduplication_id or "", message_id, now)
            sequence = sequence_number(number)
        published = Published(
            topic=str(topic.arn),
            message_id=message_id,
            texts=message.texts,
            subject=message.subject,
            attributes=message.attributes,
            group_id=message.group_id,
            deduplication_id=message.deduplication_id,
            sequence=sequence,
            trace=origin.trace,
            at=now,
            signature=topic.attributes.get("SignatureVersion") or "1",
        )
        hop = self._record(topic, published, message.message, origin)
        for subscription in self._subscriptions.of_topic(topic.id):
            if subscription.token is None:
                await self._hand(subscription, published, hop)
        return hop, {"MessageId": message_id} | ({} if sequence is None else {"SequenceNumber": sequence})

    async def _hand(self, subscription: Subscription, published: Published, hop: int) -> None:
        text = published.text(subscription.protocol)
        policy = subscription.filter
        mismatch = None if policy is None else policy.mismatch(published.attributes, text)
        if mismatch is not None:
            self._kit.recorder.record(
                HopKind.FILTERED,
                subscription.topic.scope,
                SERVICE,
                cause=hop,
                resource=subscription.endpoint,
                event_id=published.message_id,
                detail={
                    "subscription": str(subscription.arn),
                    "why": mismatch.why,
                    "path": mismatch.path,
                    "expected": mismatch.expected,
                    "found": list(mismatch.found),
                },
            )
            return
        pending = Pending(subscription=subscription.identity, published=published, cause=hop)
        if subscription.protocol in ("http", "https"):
            self._deliveries.enqueue(pending)
        else:
            await self._deliveries.deliver(pending)

    def _duplicate(self, topic: Topic, known: tuple[str, int], origin: Origin) -> tuple[int, dict[str, str]]:
        message_id, number = known
        hop = self._kit.recorder.record(
            HopKind.API_CALL,
            topic.arn.scope,
            SERVICE,
            cause=origin.cause,
            operation=origin.operation,
            resource=str(topic.arn),
            request_id=origin.request_id,
            detail={"duplicate_of": message_id},
        )
        return hop, {"MessageId": message_id, "SequenceNumber": sequence_number(number)}

    def _record(self, topic: Topic, published: Published, message: str, origin: Origin) -> int:
        return self._kit.recorder.record(
            HopKind.PUBLISHED,
            topic.arn.scope,
            SERVICE,
            cause=origin.cause,
            operation=origin.operation,
            resource=str(topic.arn),
            request_id=origin.request_id,
            event_id=published.message_id,
            trace=published.trace,
            detail={"subject": published.subject} if published.subject else None,
            payload=message,
        )
