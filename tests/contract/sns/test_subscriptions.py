"""Subscriptions: what can be subscribed, their attributes, the question to HTTP endpoints.

Pages: https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html and
https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.awserror import AwsError
from sandbox.model.call import Call, Caller
from sandbox.model.http import HttpResponse
from tests.contract.sns.harness import START, World, function, queue, topic

INVALID = "InvalidParameterException"
URL = "http://127.0.0.1:9999/avisos"


def attributes(world: World, arn: str) -> dict[str, str]:
    found: dict[str, str] = world.call("GetSubscriptionAttributes", SubscriptionArn=arn)["Attributes"]
    return found


def test_a_queue_is_subscribed_at_once(world: World) -> None:
    arn = world.subscribe(world.topic(), queue())
    assert arn.startswith(f"{topic()}:")
    assert attributes(world, arn) == {
        "SubscriptionArn": arn,
        "TopicArn": str(topic()),
        "Protocol": "sqs",
        "Endpoint": str(queue()),
        "Owner": "000000000000",
        "SubscriptionPrincipal": "arn:aws:iam::000000000000:root",
        "ConfirmationWasAuthenticated": "true",
        "PendingConfirmation": "false",
        "RawMessageDelivery": "false",
    }


def test_subscribing_again_answers_the_same_or_refuses_what_is_different(world: World) -> None:
    notas = world.topic()
    arn = world.subscribe(notas, queue(), RawMessageDelivery="true")
    assert (
        world.subscribe(notas, queue()) == world.subscribe(notas, queue(), RawMessageDelivery="true") == arn
    )
    other: dict[str, Any] = {"TopicArn": notas, "Protocol": "sqs", "Endpoint": str(queue())}
    error = world.refused("Subscribe", **other, Attributes={"RawMessageDelivery": "false"})
    assert error.message == (
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes"
    )


def test_attributes_are_set_and_taken_away(world: World) -> None:
    arn = world.subscribe(world.topic(), queue())

    def put(name: str, value: str) -> None:
        world.call("SetSubscriptionAttributes", SubscriptionArn=arn, AttributeName=name, AttributeValue=value)

    put("FilterPolicy", '{"loja": ["7"]}')
    found = attributes(world, arn)
    assert (found["FilterPolicy"], found["FilterPolicyScope"]) == ('{"loja": ["7"]}', "MessageAttributes")
    put("FilterPolicyScope", "MessageBody")
    put("RawMessageDelivery", "true")
    put("RedrivePolicy", json.dumps({"deadLetterTargetArn": str(queue("mortas"))}))
    assert attributes(world, arn)["FilterPolicyScope"] == "MessageBody"
    put("FilterPolicy", "{}")
    assert "FilterPolicy" not in attributes(world, arn)
    assert "FilterPolicyScope" not in attributes(world, arn)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("Cor", "azul", "Invalid parameter: AttributeName"),
        (
            "RawMessageDelivery",
            "talvez",
            "RawMessageDelivery: Invalid value [talvez]. Must be true or false.",
        ),
        ("RedrivePolicy", "x", "RedrivePolicy: failed to parse JSON."),
        ("RedrivePolicy", "{}", "RedrivePolicy: deadLetterTargetArn is an invalid arn"),
        ("RedrivePolicy", json.dumps({"deadLetterTargetArn": str(function())}), "not an ARN of an SQS queue"),
        ("FilterPolicy", "x", "FilterPolicy: failed to parse JSON"),
        ("FilterPolicy", '{"a": "b"}', 'FilterPolicy: "a" must be an object or an array'),
        ("FilterPolicy", '{"a": [{"sounds-like": "b"}]}', "Unrecognized match type sounds-like"),
        ("FilterPolicy", '{"a": {"b": ["c"]}}', "MessageAttributes does not support nested filter policy"),
        ("FilterPolicy", json.dumps({name: ["x"] for name in "abcdef"}), "can not have more than 5 keys"),
        (
            "FilterPolicy",
            json.dumps({name: list("123456") for name in "abc"}),
            "Filter policy is too complex",
        ),
        ("FilterPolicyScope", "Subject", "FilterPolicyScope: Invalid value [Subject]"),
        ("DeliveryPolicy", '{"healthyRetryPolicy": {"numRetries": 1}}', "does not support delivery policies"),
    ],
)
def test_attributes_that_cannot_be(world: World, name: str, value: str, message: str) -> None:
    arn = world.subscribe(world.topic(), queue())
    given: dict[str, Any] = {"SubscriptionArn": arn, "AttributeName": name, "AttributeValue": value}
    error = world.refused("SetSubscriptionAttributes", **given)
    assert error.code == "InvalidParameterException"
    assert message in error.message


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        ({"Protocol": "email", "Endpoint": "a@b.c"}, "NotImplemented", "protocol email"),
        ({"Protocol": "sms", "Endpoint": "+5581"}, "NotImplemented", "protocol sms"),
        ({"Protocol": "pombo", "Endpoint": "x"}, INVALID, "protocol string: pombo"),
        ({"Protocol": "sqs", "Endpoint": "x"}, INVALID, "SQS endpoint ARN"),
        (
            {"Protocol": "lambda", "Endpoint": str(queue())},
            "InvalidParameterException",
            "Lambda endpoint ARN",
        ),
        (
            {"Protocol": "https", "Endpoint": URL},
            "InvalidParameterException",
            "must match the specified protocol",
        ),
        (
            {"Protocol": "http", "Endpoint": "http://example.com"},
            "NotImplemented",
            "elsewhere than on the loopback",
        ),
        (
            {"Protocol": "sqs", "Endpoint": str(queue("f.fifo"))},
            INVALID,
            "FIFO SQS Queues can not be subscribed to standard SNS topics",
        ),
        (
            {"Protocol": "sqs", "Endpoint": str(queue()), "Attributes": {"SubscriptionRoleArn": "x"}},
            "NotImplemented",
            "SubscriptionRoleArn",
        ),
    ],
)
def test_what_cannot_be_subscribed(world: World, params: dict[str, Any], code: str, message: str) -> None:
    error = world.refused("Subscribe", TopicArn=world.topic(), **params)
    assert error.code == code
    assert message in error.message


def test_a_first_attribute_that_cannot_be_says_so(world: World) -> None:
    given: dict[str, Any] = {"TopicArn": world.topic(), "Protocol": "sqs", "Endpoint": str(queue())}
    error = world.refused("Subscribe", **given, Attributes={"RawMessageDelivery": "talvez"})
    assert error.message == (
        "Invalid parameter: Attributes Reason: RawMessageDelivery: Invalid value [talvez]. "
        "Must be true or false."
    )


def test_functions_take_no_raw_messages(world: World) -> None:
    given: dict[str, Any] = {"Protocol": "lambda", "Endpoint": str(function())}
    raw = {"RawMessageDelivery": "true"}
    error = world.refused("Subscribe", TopicArn=world.topic(), **given, Attributes=raw)
    assert "Delivery protocol [lambda] does not support raw message delivery." in error.message


def test_dead_letters_of_a_fifo_subscription_go_to_a_fifo_queue(world: World) -> None:
    arn = world.subscribe(world.topic("notas.fifo"), queue("a.fifo"))
    policy = json.dumps({"deadLetterTargetArn": str(queue("mortas"))})
    given: dict[str, Any] = {"AttributeName": "RedrivePolicy", "AttributeValue": policy}
    error = world.refused("SetSubscriptionAttributes", SubscriptionArn=arn, **given)
    assert "must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic." in error.message


def test_fifo_topics_take_queues_only(world: World) -> None:
    error = world.refused(
        "Subscribe", TopicArn=world.topic("notas.fifo"), Protocol="lambda", Endpoint=str(function())
    )
    assert error.message == "Invalid parameter: Invalid protocol type: lambda"


def test_an_http_endpoint_is_asked_and_confirms_by_its_token(world: World) -> None:
    notas = world.topic()
    answer = world.call("Subscribe", TopicArn=notas, Protocol="http", Endpoint=URL)
    assert answer == {"SubscriptionArn": "pending confirmation"}
    ((url, request),) = world.servers.sent
    (question,) = world.servers.documents()
    token = question["Token"]
    assert (url, request.method) == (URL, "POST")
    assert request.header("x-amz-sns-message-type") == "SubscriptionConfirmation"
    assert question["Type"] == "SubscriptionConfirmation"
    assert question["SubscribeURL"] == (
        "http://127.0.0.1:4566/?Action=ConfirmSubscription&Version=2010-03-31"
        f"&TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A000000000000%3Anotas&Token={token}"
    )
    (listed,) = world.call("ListSubscriptionsByTopic", TopicArn=notas)["Subscriptions"]
    assert listed["SubscriptionArn"] == "PendingConfirmation"
    world.publish(notas, "cedo demais")
    assert len(world.servers.sent) == 1
    wrong = world.refused("ConfirmSubscription", TopicArn=notas, Token="x")
    assert wrong.message == "Invalid token"
    unknown = world.refused("ConfirmSubscription", TopicArn=notas, Token="0" * 64)
    assert unknown.message == "Invalid parameter: Token"
    arn = world.call("ConfirmSubscription", TopicArn=notas, Token=token)["SubscriptionArn"]
    assert attributes(world, arn)["PendingConfirmation"] == "false"
    world.publish(notas, "agora")
    assert world.servers.documents()[-1]["Message"] == "agora"


def test_the_question_is_asked_again_when_nobody_answers(world: World) -> None:
    world.servers.answer = lambda url: HttpResponse(503)
    world.call("Subscribe", TopicArn=world.topic(), Protocol="http", Endpoint=URL)
    for expected in (1, 2, 3, 4, 4):
        assert len(world.servers.sent) == expected
        world.advance(20)


def test_ending_a_subscription(world: World) -> None:
    notas = world.topic()
    arn = world.subscribe(notas, queue())
    for _ in range(2):
        world.call("Unsubscribe", SubscriptionArn=arn)
    world.publish(notas)
    assert world.targets.taken == []
    error = world.refused("GetSubscriptionAttributes", SubscriptionArn=arn)
    assert (error.code, error.message) == ("NotFoundException", "Subscription does not exist")
    counted = world.call("GetTopicAttributes", TopicArn=notas)["Attributes"]
    assert (counted["SubscriptionsConfirmed"], counted["SubscriptionsDeleted"]) == ("0", "1")


def test_subscriptions_are_listed_a_hundred_at_a_time(world: World) -> None:
    notas = world.topic()
    arns = [world.subscribe(notas, queue(f"q{number}")) for number in range(101)]
    first = world.call("ListSubscriptions")
    second = world.call("ListSubscriptionsByTopic", TopicArn=notas, NextToken=first["NextToken"])
    found = [*first["Subscriptions"], *second["Subscriptions"]]
    assert [item["SubscriptionArn"] for item in found] == arns
    assert found[0] == {
        "SubscriptionArn": arns[0],
        "Owner": "000000000000",
        "Protocol": "sqs",
        "Endpoint": str(queue("q0")),
        "TopicArn": notas,
    }


def test_times_are_those_of_the_clock(world: World) -> None:
    world.call("Subscribe", TopicArn=world.topic(), Protocol="http", Endpoint=URL)
    (question,) = world.servers.documents()
    assert START == 1_700_000_000.0
    assert question["Timestamp"] == "2023-11-14T22:13:20.000Z"


def test_who_confirms_may_ask_that_only_who_signs_can_unsubscribe(world: World) -> None:
    notas = world.topic()
    arn = world.subscribe(notas, URL)
    given = {"TopicArn": notas, "Token": world.servers.documents()[0]["Token"]}
    guarded = {**given, "AuthenticateOnUnsubscribe": "true"}
    assert "only a signed request" in world.refused("ConfirmSubscription", **guarded).message
    signer = Caller(access_key="AKIATESTE")
    world.call("ConfirmSubscription", caller=signer, **guarded)
    assert attributes(world, arn)["ConfirmationWasAuthenticated"] == "true"
    end: dict[str, Any] = {"SubscriptionArn": arn}
    stranger = Call(endpoint="http://127.0.0.1:4566")
    with pytest.raises(AwsError, match="AuthenticateOnUnsubscribe") as caught:
        world.run(lambda: world.service.call("Unsubscribe", stranger, end))
    assert (caught.value.code, caught.value.status) == ("AuthorizationErrorException", 403)
    world.call("Unsubscribe", caller=signer, **end)
    assert world.call("ListSubscriptions")["Subscriptions"] == []


def test_one_that_is_confirmed_by_its_link_was_not_signed(world: World) -> None:
    notas = world.topic()
    arn = world.subscribe(notas, URL)
    token = world.servers.documents()[0]["Token"]
    world.call("ConfirmSubscription", TopicArn=notas, Token=token)
    assert attributes(world, arn)["ConfirmationWasAuthenticated"] == "false"
