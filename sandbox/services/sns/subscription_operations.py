"""Operations on subscriptions: subscribe, confirm, configure, list, end.

Page: https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sandbox.model.arn import subscription_arn
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.http import is_loopback
from sandbox.model.sns_errors import invalid, invalid_attribute
from sandbox.model.sns_messages import Published
from sandbox.model.sns_subscriptions import check_endpoint, check_together, described, normal, retries
from sandbox.services.base import Answer, Params, operation
from sandbox.services.sns.core import SnsCore, page, subscription_identity, topic_reference
from sandbox.services.sns.pending import Pending
from sandbox.services.sns.subscriptions import Subscription
from sandbox.services.sns.topics import Topic

_PENDING = "pending confirmation"
_TOKEN = re.compile(r"[0-9a-f]{64,}")


class SubscriptionOperations(SnsCore):
    """What SNS does with subscriptions."""

    @operation("Subscribe", "TopicArn Protocol Endpoint Attributes ReturnSubscriptionArn")
    def subscribe(self, call: Call, params: Params) -> Answer:
        """Subscribes an endpoint; HTTP endpoints are asked to confirm it, queues and functions need not."""
        topic = self.topic_of(params.get("TopicArn"))
        protocol, endpoint = params["Protocol"], params.get("Endpoint") or ""
        check_endpoint(topic.arn, protocol, endpoint, loopback=is_loopback(endpoint))
        attributes = _checked(topic, protocol, endpoint, params.get("Attributes") or {})
        existing = self.subscriptions.same(topic.id, protocol, endpoint)
        if existing is not None:
            return self._again(call, topic, existing, attributes, params)
        identity = self.kit.ids.uuid()
        token = self.kit.ids.hex(256) if protocol in ("http", "https") else None
        self.subscriptions.create(
            topic.id, identity, protocol, endpoint, call.scope.account, attributes, token
        )
        arn = str(subscription_arn(topic.arn, identity))
        if token is None:
            return {"SubscriptionArn": arn}
        self._ask(call, topic, identity)
        return {"SubscriptionArn": arn if params.get("ReturnSubscriptionArn") else _PENDING}

    @operation("ConfirmSubscription", "TopicArn Token AuthenticateOnUnsubscribe")
    def confirm_subscription(self, call: Call, params: Params) -> Answer:
        """Confirms a subscription by the token that its endpoint was sent."""
        if not _TOKEN.fullmatch(params["Token"]):
            raise AwsError("InvalidParameterException", "Invalid token")
        topic = self.topics.find(topic_reference(params.get("TopicArn")))
        subscription = None if topic is None else self.subscriptions.by_token(topic.id, params["Token"])
        if subscription is None:
            raise invalid("Token")
        signed = bool(call.caller.access_key)
        guarded = (params.get("AuthenticateOnUnsubscribe") or "").lower() == "true"
        if guarded and not signed:
            raise invalid("AuthenticateOnUnsubscribe Reason: only a signed request can ask for it")
        self.subscriptions.confirm(subscription, signed=signed, guarded=guarded)
        return {"SubscriptionArn": str(subscription.arn)}

    @operation("Unsubscribe", "SubscriptionArn")
    def unsubscribe(self, call: Call, params: Params) -> Answer:
        """Ends a subscription; one that is not there is no error."""
        found = self.subscriptions.find(subscription_identity(params.get("SubscriptionArn")))
        if found is not None:
            # What is called from inside (a stack) has no endpoint, and no need to sign.
            if found.guarded and call.endpoint and not call.caller.access_key:
                raise AwsError(
                    "AuthorizationErrorException",
                    "the subscription was confirmed with AuthenticateOnUnsubscribe: sign the request",
                    status=403,
                )
            self.subscriptions.delete(found)
            self.topics.count_deleted(found.topic_id)
        return {}

    @operation("ListSubscriptions", "NextToken")
    def list_subscriptions(self, call: Call, params: Params) -> Answer:
        """The subscriptions to the topics of the caller's account and region."""
        found, more = page(self.subscriptions.of_scope(call.scope), params, lambda one: one.id)
        return {"Subscriptions": [_listed(subscription) for subscription in found], **more}

    @operation("ListSubscriptionsByTopic", "TopicArn NextToken")
    def list_subscriptions_by_topic(self, call: Call, params: Params) -> Answer:
        """The subscriptions to a topic."""
        topic = self.topic_of(params.get("TopicArn"))
        found, more = page(self.subscriptions.of_topic(topic.id), params, lambda one: one.id)
        return {"Subscriptions": [_listed(subscription) for subscription in found], **more}

    @operation("GetSubscriptionAttributes", "SubscriptionArn")
    def get_subscription_attributes(self, call: Call, params: Params) -> Answer:
        """The attributes of a subscription."""
        subscription = self.subscription_of(params)
        own = subscription.attributes.get("DeliveryPolicy")
        topics = subscription.topic_attributes.get("DeliveryPolicy")
        policy = retries(subscription.protocol, own, topics)
        pending = subscription.token is not None
        attributes = {
            "SubscriptionArn": str(subscription.arn),
            "TopicArn": str(subscription.topic),
            "Protocol": subscription.protocol,
            "Endpoint": subscription.endpoint,
            "Owner": subscription.owner,
            "SubscriptionPrincipal": f"arn:aws:iam::{subscription.owner}:root",
            "ConfirmationWasAuthenticated": "true" if subscription.signed and not pending else "false",
            "PendingConfirmation": "true" if pending else "false",
        }
        return {"Attributes": attributes | described(subscription.attributes, subscription.protocol, policy)}

    @operation("SetSubscriptionAttributes", "SubscriptionArn AttributeName AttributeValue")
    def set_subscription_attributes(self, call: Call, params: Params) -> Answer:
        """Changes one attribute."""
        subscription = self.subscription_of(params)
        name = params["AttributeName"]
        after = {**subscription.attributes, name: normal(name, params.get("AttributeValue") or "")}
        after = {key: value for key, value in after.items() if value}
        check_together(subscription.topic, subscription.protocol, subscription.endpoint, after)
        self.subscriptions.set_attributes(subscription, after)
        return {}

    def _again(
        self,
        call: Call,
        topic: Topic,
        existing: Subscription,
        attributes: Mapping[str, str],
        params: Params,
    ) -> Answer:
        """Answers a second Subscribe of an endpoint: one that is not confirmed is asked again."""
        if attributes and dict(existing.attributes) != dict(attributes):
            raise invalid_attribute("Subscription already exists with different attributes")
        if existing.token is None:
            return {"SubscriptionArn": str(existing.arn)}
        self._ask(call, topic, existing.identity)
        arn = str(existing.arn)
        return {"SubscriptionArn": arn if params.get("ReturnSubscriptionArn") else _PENDING}

    def _ask(self, call: Call, topic: Topic, identity: str) -> None:
        """Sends an HTTP endpoint the question whether it wants the messages of a topic."""
        published = Published(
            topic=str(topic.arn),
            message_id=self.kit.ids.uuid(),
            texts={"default": ""},
            subject=None,
            attributes={},
            group_id=None,
            deduplication_id=None,
            sequence=None,
            trace=call.trace,
            at=self.clock.now(),
            signature=topic.attributes.get("SignatureVersion") or "1",
        )
        self.deliveries.enqueue(
            Pending(subscription=identity, published=published, cause=call.hop, confirmation=True)
        )


def _checked(topic: Topic, protocol: str, endpoint: str, given: Mapping[str, str]) -> dict[str, str]:
    """The attributes that a subscription begins with.

    Raises:
        AwsError: InvalidParameter, which says that it is about the attributes; NotImplemented.
    """
    try:
        attributes = {name: normal(name, value) for name, value in given.items()}
        attributes = {name: value for name, value in attributes.items() if value}
        check_together(topic.arn, protocol, endpoint, attributes)
    except NotImplementedByName:
        raise
    except AwsError as error:
        raise invalid_attribute(error.message.removeprefix("Invalid parameter: ")) from error
    return attributes


def _listed(subscription: Subscription) -> dict[str, str]:
    pending = subscription.token is not None
    return {
        "SubscriptionArn": "PendingConfirmation" if pending else str(subscription.arn),
        "Owner": subscription.owner,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "TopicArn": str(subscription.topic),
    }
