"""Subscriptions: protocols, endpoints and attributes.

Page: https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from sandbox.model.arn import Arn, is_arn, parse_arn
from sandbox.model.awserror import NotImplementedByName
from sandbox.model.sns_errors import invalid
from sandbox.model.sns_filters import ATTRIBUTES, FilterPolicy
from sandbox.model.sns_retries import AWS_POLICY, DEFAULT_POLICY, RetryPolicy, parse_delivery_policy
from sandbox.model.sqs_fifo import is_fifo

SQS, LAMBDA, HTTP, HTTPS = "sqs", "lambda", "http", "https"
_WEB = (HTTP, HTTPS)
#: Protocols of AWS that reach people and phones: nobody is written to from here.
_ELSEWHERE = ("email", "email-json", "sms", "application", "firehose")
SETTABLE = ("RawMessageDelivery", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "DeliveryPolicy")
_NOT_IMPLEMENTED = ("SubscriptionRoleArn", "ReplayPolicy", "ReplayStatus")


def check_endpoint(topic: Arn, protocol: str, endpoint: str, *, loopback: bool) -> None:
    """Checks that a topic can deliver to an endpoint.

    Args:
        loopback: whether an HTTP endpoint is on this machine.

    Raises:
        AwsError: InvalidParameter; NotImplemented for what is not reached from here.
    """
    if protocol in _ELSEWHERE:
        raise NotImplementedByName("sns", f"protocol {protocol}")
    if protocol not in (SQS, LAMBDA, *_WEB):
        raise invalid(f"Amazon SNS does not support this protocol string: {protocol}")
    if not endpoint:
        raise invalid("Endpoint")
    if protocol in _WEB:
        if not endpoint.startswith(f"{protocol}://"):
            raise invalid("Endpoint must match the specified protocol")
        if not loopback:
            raise NotImplementedByName("sns", f"HTTP endpoints elsewhere than on the loopback ({endpoint})")
    elif not is_arn(endpoint) or parse_arn(endpoint).service != protocol:
        raise invalid(f"{'SQS' if protocol == SQS else 'Lambda'} endpoint ARN")
    if is_fifo(topic.resource) and protocol != SQS:
        raise invalid(f"Invalid protocol type: {protocol}")
    if not is_fifo(topic.resource) and protocol == SQS and is_fifo(endpoint):
        raise invalid(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
        )


def normal(name: str, value: str) -> str:
    """A subscription attribute as it is stored; empty takes it away.

    Raises:
        AwsError: InvalidParameter; NotImplemented: AWS acts on it and this does not.
    """
    if name in _NOT_IMPLEMENTED:
        raise NotImplementedByName("sns", f"subscription attribute {name}")
    if name not in SETTABLE:
        raise invalid("AttributeName")
    if name == "RawMessageDelivery":
        if value.lower() not in ("true", "false"):
            raise invalid(f"RawMessageDelivery: Invalid value [{value}]. Must be true or false.")
        value = value.lower()
    if name == "RedrivePolicy" and value:
        dead_letter_queue(value)
    if name == "DeliveryPolicy" and value:
        parse_delivery_policy(value, "subscription")
    return "" if name == "FilterPolicy" and value.strip() == "{}" else value


def check_together(topic: Arn, protocol: str, endpoint: str, attributes: Mapping[str, str]) -> None:
    """Checks the attributes of a subscription against each other, and against what it is.

    Raises:
        AwsError: InvalidParameter.
    """
    scope = attributes.get("FilterPolicyScope") or ATTRIBUTES
    FilterPolicy(attributes.get("FilterPolicy") or '{"a": ["b"]}', scope)
    dead_letters = attributes.get("RedrivePolicy")
    ordered = is_fifo(topic.resource) and is_fifo(endpoint)
    if dead_letters and ordered and not is_fifo(dead_letter_queue(dead_letters).resource):
        raise invalid("RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.")
    if attributes.get("RawMessageDelivery") == "true" and protocol == LAMBDA:
        raise invalid(f"Delivery protocol [{protocol}] does not support raw message delivery.")
    if attributes.get("DeliveryPolicy") and protocol not in _WEB:
        raise invalid(f"Delivery protocol [{protocol}] does not support delivery policies.")


def dead_letter_queue(text: str) -> Arn:
    """The queue that a redrive policy names.

    Raises:
        AwsError: InvalidParameter.
    """
    try:
        policy = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise invalid(f"RedrivePolicy: failed to parse JSON. {error}") from None
    try:
        arn = parse_arn(policy["deadLetterTargetArn"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn") from None
    if arn.service != SQS:
        raise invalid("RedrivePolicy: deadLetterTargetArn is not an ARN of an SQS queue")
    return arn


def retries(protocol: str, own: str | None, topic: str | None) -> RetryPolicy:
    """How deliveries of a subscription are tried again.

    Args:
        own, topic: the delivery policies of the subscription and of its topic.
    """
    if protocol not in _WEB:
        return AWS_POLICY
    if own:
        return parse_delivery_policy(own, "subscription")
    return parse_delivery_policy(topic, "http") if topic else DEFAULT_POLICY


def described(attributes: Mapping[str, str], protocol: str, effective: RetryPolicy) -> dict[str, str]:
    """The attributes of a subscription that were set or have a default."""
    found = {"RawMessageDelivery": "false"} | {name: value for name, value in attributes.items() if value}
    if "FilterPolicy" in found:
        found.setdefault("FilterPolicyScope", ATTRIBUTES)
    else:
        found.pop("FilterPolicyScope", None)
    if protocol in _WEB:
        policy = {"healthyRetryPolicy": effective.document()}
        found["EffectiveDeliveryPolicy"] = json.dumps(policy, separators=(",", ":"))
    return found
