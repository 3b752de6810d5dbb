"""Deliveries that fail: tried again by the clock, in order, dead-lettered in the end, kept over a restart.

Pages: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html and
https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from sandbox.model.http import HttpResponse
from sandbox.model.sns_retries import AWS_POLICY, DEFAULT_POLICY, RetryPolicy
from tests.contract.sns.harness import World, function, queue, text

GONE = AwsError("QueueDoesNotExist", "The specified queue does not exist.")
BROKEN = AwsError("ServiceUnavailable", "Service Unavailable", status=503)
THROTTLED = AwsError("TooManyRequestsException", "Rate Exceeded.", status=429)
DEAD = {"deadLetterTargetArn": str(queue("mortas"))}
URL = "http://127.0.0.1:9999/a"


def with_dead_letters(world: World, **attributes: str) -> str:
    notas = world.topic()
    world.subscribe(notas, queue(), RedrivePolicy=json.dumps(DEAD), **attributes)
    return notas


def confirmed(world: World, notas: str, **attributes: object) -> str:
    arn = world.subscribe(notas, URL, **attributes)
    world.call("ConfirmSubscription", TopicArn=notas, Token=world.servers.documents()[-1]["Token"])
    world.servers.sent.clear()
    return arn


def test_an_endpoint_that_is_gone_is_not_tried_again(world: World) -> None:
    notas = with_dead_letters(world)
    world.targets.refusals["estoque"] = GONE
    answer = world.publish(notas, "olá")
    (letter,) = world.targets.of("mortas")
    document = json.loads(letter.body)
    assert (document["MessageId"], document["Message"]) == (answer["MessageId"], "olá")
    failed, dead = world.hops.of(HopKind.DELIVERY_FAILED)[0], world.hops.of(HopKind.DEAD_LETTERED)[0]
    assert "QueueDoesNotExist" in failed.error
    assert (dead.cause, dead.resource) == (failed.id, str(queue("mortas")))
    assert len(world.service.deliveries.waiting) == 0


def test_a_raw_dead_letter_keeps_its_attributes(world: World) -> None:
    notas = with_dead_letters(world, RawMessageDelivery="true")
    world.targets.refusals["estoque"] = GONE
    world.publish(notas, "olá", MessageAttributes={"loja": text("7")})
    (letter,) = world.targets.of("mortas")
    assert (letter.body, letter.attributes) == ("olá", {"loja": text("7")})


def test_the_dead_letter_of_a_function_is_the_notification(world: World) -> None:
    notas = world.topic()
    world.subscribe(notas, function(), RedrivePolicy=DEAD)
    world.targets.refusals["avisa"] = AwsError("ResourceNotFoundException", "Function not found", status=404)
    world.publish(notas, "olá", MessageAttributes={"loja": text("7")})
    (letter,) = world.targets.of("mortas")
    document = json.loads(letter.body)
    assert (document["Type"], document["Message"]) == ("Notification", "olá")
    assert document["MessageAttributes"] == {"loja": {"Type": "String", "Value": "7"}}


def test_without_a_dead_letter_queue_the_message_is_dropped(world: World) -> None:
    notas = world.topic()
    world.subscribe(notas, queue())
    world.targets.refusals["estoque"] = GONE
    world.publish(notas)
    assert world.targets.taken == []
    assert len(world.service.deliveries.waiting) == 0


def test_a_dead_letter_queue_that_is_gone_too(world: World) -> None:
    notas = with_dead_letters(world)
    world.targets.refusals |= {"estoque": GONE, "mortas": GONE}
    world.publish(notas)
    lost = world.hops.of(HopKind.DELIVERY_FAILED)[-1]
    assert "the message is lost" in lost.error


@pytest.mark.parametrize("refusal", [BROKEN, THROTTLED])
def test_one_that_fails_for_now_is_tried_again(world: World, refusal: AwsError) -> None:
    notas = with_dead_letters(world)
    world.targets.refusals["estoque"] = refusal
    world.publish(notas, "olá", MessageAttributes={"foto": {"DataType": "Binary", "BinaryValue": b"\xff"}})
    world.advance(0)
    assert len(world.hops.of(HopKind.DELIVERY_FAILED)) == 4  # at once, and three times without delay
    world.advance(1)
    assert len(world.hops.of(HopKind.DELIVERY_FAILED)) == 5
    del world.targets.refusals["estoque"]
    world.advance(1)
    (delivery,) = world.targets.of("estoque")
    assert json.loads(delivery.body)["MessageAttributes"] == {"foto": {"Type": "Binary", "Value": "/w=="}}
    assert world.hops.of(HopKind.DELIVERED)[-1].detail["attempt"] == 6
    assert len(world.service.deliveries.waiting) == 0


def test_a_failure_of_one_subscription_is_no_other_ones(world: World) -> None:
    notas = with_dead_letters(world)
    world.subscribe(notas, function())
    world.targets.refusals["estoque"] = BROKEN
    world.publish(notas)
    assert [delivery.target for delivery in world.targets.taken] == [function()]


def test_a_subscription_that_ends_meanwhile_gets_nothing(world: World) -> None:
    notas = world.topic()
    arn = world.subscribe(notas, queue())
    world.targets.refusals["estoque"] = BROKEN
    world.publish(notas)
    world.call("Unsubscribe", SubscriptionArn=arn)
    world.targets.refusals.clear()
    world.advance(60)
    assert world.targets.taken == []
    assert len(world.service.deliveries.waiting) == 0


def test_what_waits_is_not_overtaken_within_its_group(world: World) -> None:
    notas = world.topic("notas.fifo", ContentBasedDeduplication="true")
    world.subscribe(notas, queue("a.fifo"), RawMessageDelivery="true")
    world.targets.refusals["a.fifo"] = BROKEN
    world.publish(notas, "1", MessageGroupId="g")
    world.advance(10)
    world.publish(notas, "2", MessageGroupId="g")
    world.targets.refusals.clear()
    world.publish(notas, "3", MessageGroupId="h")
    world.publish(notas, "4", MessageGroupId="g")
    assert [delivery.body for delivery in world.targets.taken] == ["3"]
    world.advance(20)
    assert [delivery.body for delivery in world.targets.taken] == ["3", "1", "2", "4"]


def test_deliveries_go_on_after_a_restart(tmp_path: Path) -> None:
    with World(tmp_path / "state.db") as world:
        notas = world.topic()
        world.subscribe(notas, queue(), RawMessageDelivery="true")
        world.targets.refusals["estoque"] = BROKEN
        world.publish(notas, "olá")
        now = world.clock.now()
    with World(tmp_path / "state.db", start=now) as world:
        world.advance(5)
        assert [delivery.body for delivery in world.targets.taken] == ["olá"]


def test_an_http_server_is_tried_three_times_more(world: World) -> None:
    notas = world.topic()
    confirmed(world, notas, RedrivePolicy=DEAD)
    world.servers.answer = lambda url: HttpResponse(500)
    world.publish(notas)
    tries = []
    for _ in range(5):
        tries.append(len(world.servers.sent))
        world.advance(20)
    assert tries == [1, 2, 3, 4, 4]
    assert len(world.targets.of("mortas")) == 1


def test_what_an_http_server_refuses_is_not_tried_again(world: World) -> None:
    notas = world.topic()
    confirmed(world, notas, RedrivePolicy=DEAD)
    world.servers.answer = lambda url: HttpResponse(404)
    world.publish(notas)
    world.advance(100)
    assert (len(world.servers.sent), len(world.targets.of("mortas"))) == (1, 1)


def test_a_server_that_is_not_there_is_tried_again(world: World) -> None:
    notas = world.topic()
    confirmed(world, notas)

    def nobody(url: str) -> HttpResponse:
        raise ConnectionError(f"{url}: nobody is there")

    world.servers.answer = nobody
    world.publish(notas)
    world.servers.answer = lambda url: HttpResponse(200)
    world.advance(20)
    assert len(world.servers.sent) == 2
    assert len(world.hops.of(HopKind.DELIVERED)) == 2  # the question and the message


def test_the_delivery_policy_of_a_subscription_goes_before_its_topics(world: World) -> None:
    retries = {
        "http": {"defaultHealthyRetryPolicy": {"numRetries": 1, "minDelayTarget": 5, "maxDelayTarget": 5}}
    }
    notas = world.topic(DeliveryPolicy=json.dumps(retries))
    arn = confirmed(world, notas)
    world.servers.answer = lambda url: HttpResponse(500)
    world.publish(notas)
    world.advance(60)
    assert len(world.servers.sent) == 2
    own = {"healthyRetryPolicy": {"numRetries": 3, "numNoDelayRetries": 3}}
    given: dict[str, Any] = {"AttributeName": "DeliveryPolicy", "AttributeValue": json.dumps(own)}
    world.call("SetSubscriptionAttributes", SubscriptionArn=arn, **given)
    world.servers.sent.clear()
    world.publish(notas)
    assert len(world.servers.sent) == 4


def delays(policy: RetryPolicy, count: int) -> list[float | None]:
    return [policy.delay(attempts) for attempts in range(1, count + 1)]


def test_retry_policies() -> None:
    assert delays(DEFAULT_POLICY, 4) == [20, 20, 20, None]
    first = delays(AWS_POLICY, 17)
    assert first[:5] == [0, 0, 0, 1, 1]
    assert first[5:15] == [1, 2, 4, 8, 16, 20, 20, 20, 20, 20]
    assert AWS_POLICY.delay(100_015) == 20
    assert AWS_POLICY.delay(100_016) is None
    linear = RetryPolicy(retries=5, at_once=1, at_most=1, shortest=2, longest=10)
    assert delays(linear, 6) == [0, 2, 6, 10, 10, None]
    assert delays(RetryPolicy(4, shortest=1, longest=8, backoff="geometric"), 4) == pytest.approx(
        [1, 2, 4, 8]
    )
    assert delays(RetryPolicy(3, shortest=1, longest=13, backoff="arithmetic"), 3) == [1, 5, 13]
