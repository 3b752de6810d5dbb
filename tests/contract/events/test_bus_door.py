"""Other services put events on buses through a door of the engine: a function's destination, a bucket."""

from __future__ import annotations

import json

import pytest

from sandbox.engines.embedded.deliverer import BusDoor
from sandbox.model.arn import event_bus_arn
from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from sandbox.model.ports import Delivery
from sandbox.model.scope import Scope
from tests.contract.events.harness import World


def document(source: str = "lambda") -> str:
    return json.dumps(
        {
            "version": "0",
            "detail-type": "Lambda Function Invocation Result - Success",
            "source": source,
            "resources": ["arn:aws:lambda:us-east-1:000000000000:function:estoque:$LATEST"],
            "detail": {"requestPayload": {"n": 1}},
        }
    )


def test_the_event_reaches_the_rules_of_the_bus(world: World) -> None:
    world.rule(pattern={"source": ["lambda"], "detail": {"requestPayload": {"n": [1]}}})
    door = BusDoor(world.events)
    world.run(lambda: door.deliver(Delivery(event_bus_arn(Scope(), "default"), document(), 7)))
    (body,) = world.targets.bodies("fila")
    assert body["detail"] == {"requestPayload": {"n": 1}}
    assert body["resources"][0].endswith(":function:estoque:$LATEST")
    put = next(hop for hop in world.hops.hops if hop.kind is HopKind.EVENT_PUT)
    assert put.cause == 7


def test_what_the_bus_does_not_take_is_said(world: World) -> None:
    door = BusDoor(world.events)
    delivery = Delivery(event_bus_arn(Scope(), "default"), document(""), 7)
    with pytest.raises(AwsError, match="Source is a required argument"):
        world.run(lambda: door.deliver(delivery))


def test_services_of_aws_have_sources_of_their_own_which_nobody_else_may_use(world: World) -> None:
    world.rule(pattern={"source": ["aws.s3"]})
    door = BusDoor(world.events)
    event = json.dumps({**json.loads(document("aws.s3")), "time": 1_500_000_000.0})
    world.run(lambda: door.deliver(Delivery(event_bus_arn(Scope(), "default"), event, 7)))
    (body,) = world.targets.bodies("fila")
    assert (body["source"], body["time"]) == ("aws.s3", "2017-07-14T02:40:00Z")
    entry = {"Source": "aws.s3", "DetailType": "Object Created", "Detail": "{}"}
    (refused,) = world.call("PutEvents", Entries=[entry])["Entries"]
    assert refused["ErrorCode"] == "NotAuthorizedForSourceException"
