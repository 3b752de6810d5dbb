"""The parts that the operations of SNS are made of, wired once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from sandbox.model.arn import Arn, parse_arn
from sandbox.model.http import HttpSender
from sandbox.model.ports import Deliverer
from sandbox.model.sns_errors import invalid, no_subscription, no_topic
from sandbox.services import paging
from sandbox.services.base import Kit, Params, Service
from sandbox.services.sns.deliveries import Deliveries
from sandbox.services.sns.endpoints import Endpoints
from sandbox.services.sns.handover import HandOver
from sandbox.services.sns.publishing import Publisher
from sandbox.services.sns.schema import SCHEMA
from sandbox.services.sns.subscriptions import Subscription, SubscriptionStore
from sandbox.services.sns.topics import Topic, TopicStore

T = TypeVar("T")
_PAGE = 100


class SnsCore(Service):
    """State and parts of the service; the operations are in its subclasses.

    Args:
        deliverer: reaches queues and functions.
        sender: reaches HTTP servers on the loopback.
        endpoint: the front door's URL now.
    """

    name: ClassVar[str] = "sns"
    SCHEMA: ClassVar[str] = SCHEMA

    def __init__(
        self, kit: Kit, deliverer: Deliverer, sender: HttpSender, endpoint: Callable[[], str]
    ) -> None:
        super().__init__(kit)
        self.topics = TopicStore(kit.database)
        self.subscriptions = SubscriptionStore(kit.database)
        endpoints = Endpoints(deliverer, sender, endpoint)
        self.deliveries = Deliveries(kit, HandOver(self.subscriptions, endpoints, kit.recorder, kit.faults))
        self.publisher = Publisher(kit, self.topics, self.subscriptions, self.deliveries)

    async def start(self) -> None:
        """Goes on with the deliveries that are stored."""
        self.deliveries.start()

    async def stop(self) -> None:
        """Ends the deliveries under way; they stay stored."""
        await self.deliveries.stop()

    def recall(self) -> None:
        """Looks again at the deliveries that are stored; see `Service.recall`."""
        self.deliveries.recall()

    def work(self) -> set[asyncio.Task[Any]]:
        """What delivers now."""
        return self.deliveries.work()

    def topic_of(self, text: str | None) -> Topic:
        """The topic that a request names by its ARN.

        Raises:
            AwsError: InvalidParameter, NotFound.
        """
        topic = self.topics.find(topic_reference(text))
        if topic is None:
            raise no_topic()
        return topic

    def subscription_of(self, params: Params) -> Subscription:
        """The subscription that a request names by its ARN.

        Raises:
            AwsError: InvalidParameter, NotFound.
        """
        found = self.subscriptions.find(subscription_identity(params.get("SubscriptionArn")))
        if found is None or str(found.arn) != params["SubscriptionArn"]:
            raise no_subscription()
        return found


def topic_reference(text: str | None) -> Arn:
    """The ARN of a topic that a request names.

    Raises:
        AwsError: InvalidParameter: it is none.
    """
    return _reference(text, "TopicArn", parts=1)


def subscription_identity(text: str | None) -> str:
    """The id of a subscription that a request names by its ARN.

    Raises:
        AwsError: InvalidParameter: it is none.
    """
    return _reference(text, "SubscriptionArn", parts=2).resource.rpartition(":")[2]


def _reference(text: str | None, parameter: str, *, parts: int) -> Arn:
    """An ARN of SNS whose resource has so many parts."""
    try:
        arn = parse_arn(text or "")
    except ValueError:
        found = len((text or "").split(":"))
        raise invalid(f"{parameter} Reason: An ARN must have at least 6 elements, not {found}") from None
    if arn.service != "sns" or len(arn.resource.split(":")) != parts:
        raise invalid(parameter)
    return arn


def page(
    items: Sequence[T], params: Mapping[str, Any], key: Callable[[T], str | int]
) -> tuple[list[T], dict[str, str]]:
    """A hundred items from where `NextToken` says, and the members that name the next page.

    Args:
        key: what the items are sorted by.

    Raises:
        AwsError: InvalidParameter: the token was never given.
    """
    try:
        found, token = paging.page(items, params.get("NextToken"), _PAGE, lambda item: (key(item),))
    except paging.InvalidTokenError:
        raise invalid("NextToken") from None
    return found, {} if token is None else {"NextToken": token}
