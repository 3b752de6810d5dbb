"""Hands a message to an endpoint in the form of its protocol.

Pages: https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-lambda-as-subscriber.html and
https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from sandbox.model.arn import Arn, parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.http import ForeignHostError, HttpRequest, HttpSender
from sandbox.model.ports import Deliverer, Delivery
from sandbox.model.sns_messages import Published, confirmation, lambda_event, notification
from sandbox.model.sns_subscriptions import LAMBDA, SQS
from sandbox.model.sqs_fifo import is_fifo
from sandbox.services.sns.pending import Pending
from sandbox.services.sns.subscriptions import Subscription

#: Real seconds in which an HTTP endpoint has to answer.
_PATIENCE = 15.0
_AGENT = "Amazon Simple Notification Service Agent"
_VERSION = "2010-03-31"


class Endpoints:
    """Reaches every kind of endpoint.

    Args:
        deliverer: reaches queues and functions.
        sender: reaches HTTP servers on the loopback.
        base: the front door's URL now, for the links in what HTTP endpoints get; what is stored elsewhere has
            links in AWS's own form.
    """

    def __init__(self, deliverer: Deliverer, sender: HttpSender, base: Callable[[], str]) -> None:
        self._deliverer = deliverer
        self._sender = sender
        self._base = base

    async def deliver(self, pending: Pending, subscription: Subscription, hop: int) -> None:
        """Tries once.

        Args:
            hop: the cause of what the endpoint does.

        Raises:
            AwsError: what the endpoint answered, or that it did not.
        """
        if subscription.protocol == SQS:
            target = parse_arn(subscription.endpoint)
            await self._deliverer.deliver(_to_queue(pending.published, subscription, target, hop))
        elif subscription.protocol == LAMBDA:
            await self._deliverer.deliver(_to_function(pending.published, subscription, hop))
        else:
            await self._post(pending, subscription)

    async def dead_letter(self, pending: Pending, subscription: Subscription, target: Arn, hop: int) -> None:
        """Sends a message to a dead-letter queue, raw where its subscription takes it so.

        Raises:
            AwsError: the queue refused it.
        """
        await self._deliverer.deliver(_to_queue(pending.published, subscription, target, hop))

    async def _post(self, pending: Pending, subscription: Subscription) -> None:
        published, base = pending.published, self._base()
        kind = "SubscriptionConfirmation" if pending.confirmation else "Notification"
        headers = [
            ("content-type", "text/plain; charset=UTF-8"),
            ("user-agent", _AGENT),
            ("x-amz-sns-message-type", kind),
            ("x-amz-sns-message-id", published.message_id),
            ("x-amz-sns-topic-arn", published.topic),
        ]
        if pending.confirmation:
            token = subscription.token or ""
            link = _link(base, "ConfirmSubscription", TopicArn=published.topic, Token=token)
            body = _written(confirmation(published, token, link, base))
        else:
            headers.append(("x-amz-sns-subscription-arn", str(subscription.arn)))
            link = _link(base, "Unsubscribe", SubscriptionArn=str(subscription.arn))
            body = _written(notification(published, subscription.protocol, link, base))
            if subscription.raw:
                headers.append(("x-amz-sns-rawdelivery", "true"))
                body = published.text(subscription.protocol)
        request = HttpRequest("POST", "/", headers=headers, body=body.encode())
        try:
            answer = await self._sender.send(subscription.endpoint, request, seconds=_PATIENCE)
        except ForeignHostError as error:
            raise AwsError("EndpointRefused", str(error)) from error
        except (TimeoutError, ConnectionError) as error:
            raise AwsError("EndpointUnreachable", str(error), status=503) from error
        if not 200 <= answer.status < 300:
            raise AwsError("EndpointError", f"the endpoint answered {answer.status}", status=answer.status)


def _to_queue(published: Published, subscription: Subscription, target: Arn, hop: int) -> Delivery:
    base, link = _links(subscription)
    body = _written(notification(published, subscription.protocol, link, base))
    return Delivery(
        target=target,
        body=published.text(subscription.protocol) if subscription.raw else body,
        cause=hop,
        trace=published.trace,
        attributes=published.attributes if subscription.raw else {},
        group_id=published.group_id,
        event_id=published.message_id,
        source=str(subscription.topic),
        deduplication_id=published.deduplication_id if is_fifo(target.resource) else None,
    )


def _to_function(published: Published, subscription: Subscription, hop: int) -> Delivery:
    base, link = _links(subscription)
    return Delivery(
        target=parse_arn(subscription.endpoint),
        body=json.dumps(lambda_event(published, str(subscription.arn), link, base)),
        cause=hop,
        trace=published.trace,
        event_id=published.message_id,
        source=str(subscription.topic),
    )


def _links(subscription: Subscription) -> tuple[str, str]:
    """Host and unsubscribe link in AWS's own form: what queues and functions get is stored; no port is."""
    base = f"https://sns.{subscription.topic.region}.amazonaws.com"
    return base, f"{base}/?Action=Unsubscribe&SubscriptionArn={subscription.arn}"


def _written(document: dict[str, Any]) -> str:
    """A document as AWS lays it out."""
    return json.dumps(document, indent=2, separators=(",", " : "), ensure_ascii=False)


def _link(base: str, action: str, **params: str) -> str:
    """A link that works here: without AWS's host name it takes the version to tell the service."""
    return f"{base}/?{urlencode({'Action': action, 'Version': _VERSION, **params})}"
