"""Event buses as targets of rules.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-bus-to-bus.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.arn import event_bus_arn
from sandbox.model.hops import HopKind
from sandbox.model.scope import Scope
from tests.contract.events.harness import SCOPE, World, arn


def bus(world: World, name: str) -> str:
    if name != "default":
        world.call("CreateEventBus", Name=name)
    return str(event_bus_arn(SCOPE, name))


def forward(world: World, source: str, target: str, **members: Any) -> None:
    """A rule that sends all of a bus to another."""
    rule = f"de-{source}-para-{target.rsplit('/', 1)[-1]}"
    world.call("PutRule", Name=rule, EventBusName=source, EventPattern='{"source": ["nfe"]}')
    members = {"Id": "bus", "Arn": target, **members}
    world.call("PutTargets", Rule=rule, EventBusName=source, Targets=[members])


@pytest.mark.parametrize(("first", "second"), [("default", "b"), ("a", "b"), ("a", "default")])
def test_an_event_goes_on_to_another_bus_as_it_is(world: World, first: str, second: str) -> None:
    bus(world, first)
    forward(world, first, bus(world, second))
    world.rule("direta", bus=first, queue="direta")
    world.rule("adiante", bus=second, queue="adiante")
    published = world.put(EventBusName=first, Detail='{"n": 1.0}')
    (straight,), (further,) = world.targets.to("direta"), world.targets.to("adiante")
    assert straight.body == further.body
    assert json.loads(further.body)["id"] == published["EventId"]


def test_the_journal_follows_it(world: World) -> None:
    forward(world, "default", bus(world, "b"))
    world.rule("adiante", bus="b")
    world.put(trace="Root=1-a")
    first, second = world.hops.of(HopKind.EVENT_PUT)
    (delivered, _) = sorted(world.hops.of(HopKind.DELIVERED), key=lambda hop: hop.id)
    assert (second.cause, second.resource, second.trace) == (
        delivered.id,
        str(event_bus_arn(SCOPE, "b")),
        "Root=1-a",
    )
    assert first.event_id == second.event_id


def test_it_goes_to_no_third_bus(world: World) -> None:
    forward(world, "default", bus(world, "b"))
    forward(world, "b", bus(world, "c"))
    world.rule("segunda", bus="b", queue="segunda")
    world.rule("terceira", bus="c", queue="terceira")
    world.put()
    assert (len(world.targets.to("segunda")), len(world.targets.to("terceira"))) == (1, 0)
    (refused,) = world.hops.of(HopKind.DELIVERY_FAILED)
    assert "third" in refused.error


def test_two_buses_that_send_to_each_other_come_to_an_end(world: World) -> None:
    forward(world, "default", bus(world, "b"))
    forward(world, "b", bus(world, "default"))
    world.rule("conta", queue="conta")
    world.put()
    assert len(world.hops.of(HopKind.EVENT_PUT)) == 2
    assert len(world.targets.to("conta")) == 1


def test_a_bus_of_another_region(world: World) -> None:
    far = Scope(SCOPE.account, "eu-west-1")
    world.call("CreateEventBus", scope=far, Name="longe")
    forward(world, "default", str(event_bus_arn(far, "longe")))
    world.call("PutRule", scope=far, Name="r", EventBusName="longe", EventPattern='{"source": ["nfe"]}')
    targets = [world.target("longe")]
    world.call("PutTargets", scope=far, Rule="r", EventBusName="longe", Targets=targets)
    world.put()
    (body,) = world.targets.bodies("longe")
    assert body["region"] == "us-east-1"


def test_a_bus_that_is_gone_is_a_reason_for_the_dead_letter_queue(world: World) -> None:
    forward(world, "default", bus(world, "b"), DeadLetterConfig={"Arn": arn("morta")})
    world.call("DeleteEventBus", Name="b")
    world.put()
    (letter,) = world.targets.to("morta")
    assert letter.attributes["ERROR_CODE"]["StringValue"] == "NO_RESOURCE"
    assert letter.attributes["TARGET_ARN"]["StringValue"] == str(event_bus_arn(SCOPE, "b"))


def test_a_schedule_may_fire_at_a_bus(world: World) -> None:
    target = bus(world, "b")
    world.call("PutRule", Name="agenda", ScheduleExpression="rate(1 minute)")
    world.call("PutTargets", Rule="agenda", Targets=[{"Id": "b", "Arn": target}])
    world.rule("recebe", {"source": ["aws.events"]}, bus="b")
    world.advance(60)
    (body,) = world.targets.bodies("fila")
    assert body["detail-type"] == "Scheduled Event"


def test_what_arrives_from_another_bus_is_archived_there(world: World) -> None:
    target = bus(world, "b")
    forward(world, "default", target)
    world.call("CreateArchive", ArchiveName="a", EventSourceArn=target)
    world.put()
    described = world.call("DescribeArchive", ArchiveName="a")
    assert (described["EventCount"], described["SizeBytes"] > 0) == (1, True)


@pytest.mark.parametrize("member", ["Input", "InputPath", "InputTransformer"])
def test_inputs_of_buses_are_refused_by_name(world: World, member: str) -> None:
    value = {"InputTemplate": '"x"'} if member == "InputTransformer" else "$.detail"
    world.call("PutRule", Name="r", EventPattern='{"source": ["nfe"]}')
    target = {"Id": "b", "Arn": bus(world, "b"), member: '"x"' if member == "Input" else value}
    code, message = world.refused("PutTargets", Rule="r", Targets=[target])
    assert code == "NotImplemented"
    assert member in message


@pytest.mark.parametrize(
    "target",
    [
        "arn:aws:events:us-east-1:000000000000:rule/outra",
        "arn:aws:states:us-east-1:000000000000:stateMachine:maquina",
        "arn:aws:kinesis:us-east-1:000000000000:stream/fluxo",
        "arn:aws:firehose:us-east-1:000000000000:deliverystream/fluxo",
        "arn:aws:ecs:us-east-1:000000000000:cluster/grupo",
        "arn:aws:codebuild:us-east-1:000000000000:project/projeto",
    ],
)
def test_other_kinds_of_targets_are_refused_by_name(world: World, target: str) -> None:
    world.call("PutRule", Name="r", EventPattern='{"source": ["nfe"]}')
    code, message = world.refused("PutTargets", Rule="r", Targets=[{"Id": "x", "Arn": target}])
    assert code == "NotImplemented"
    assert target.split(":")[2] in message
