"""What schedules invoke, what with, and what becomes of failures.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets.html
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sandbox.model.arn import event_bus_arn, queue_arn
from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from tests.contract.scheduler.harness import World, function, target
from tests.support.world import HERE, START

ONCE = "at(2023-11-14T22:15:00)"
BUS = str(event_bus_arn(HERE, "default"))
SDK = "arn:aws:scheduler:::aws-sdk:"
DEAD: dict[str, Any] = {"DeadLetterConfig": {"Arn": str(queue_arn(HERE, "mortas"))}}
BUSY = AwsError("ThrottlingException", "devagar", status=429)


def run(world: World, **members: Any) -> None:
    world.create(ONCE, Target=members)
    world.advance(100)


def letter(world: World) -> tuple[str, dict[str, str]]:
    (dead,) = world.targets.to("mortas")
    return dead.body, {name: value["StringValue"] for name, value in dead.attributes.items()}


def test_queues_and_functions_get_the_input(world: World) -> None:
    world.create(ONCE, "f", Target=function())
    world.create(ONCE, "q", Target=target(Input="texto solto"))
    group = {"MessageGroupId": "g"}
    fifo = target("arn:aws:sqs:us-east-1:000000000000:fila.fifo", SqsParameters=group)
    world.create(ONCE, "o", Target=fifo)
    world.advance(100)
    assert world.bodies("conta") == ['{"n": 1}']
    assert world.bodies("fila") == ["texto solto"]
    (ordered,) = world.targets.to("fila.fifo")
    assert ordered.group_id == "g"


def test_context_attributes(world: World) -> None:
    text = (
        '{"arn": "<aws.scheduler.schedule-arn>", "at": "<aws.scheduler.scheduled-time>", '
        '"id": "<aws.scheduler.execution-id>", "n": "<aws.scheduler.attempt-number>", '
        '"x": "<aws.scheduler.x>"}'
    )
    world.targets.errors["conta"] = BUSY
    world.create(ONCE, Target=function(Input=text))
    world.advance(100)
    del world.targets.errors["conta"]
    world.advance(1)
    (body,) = [json.loads(body) for body in world.bodies("conta")]
    (hop,) = world.hops.of(HopKind.SCHEDULE_FIRED)
    assert body == {
        "arn": "arn:aws:scheduler:us-east-1:000000000000:schedule/default/agenda",
        "at": "2023-11-14T22:15:00Z",
        "id": hop.event_id,
        "n": "2",
        "x": "<aws.scheduler.x>",
    }


def test_without_input_a_target_is_notified(world: World) -> None:
    given = function()
    del given["Input"]
    run(world, **given)
    (body,) = [json.loads(body) for body in world.bodies("conta")]
    assert body.pop("id")
    assert body == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": "000000000000",
        "time": "2023-11-14T22:15:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:scheduler:us-east-1:000000000000:schedule/default/agenda"],
        "detail": "{}",
    }


def test_a_bus_gets_an_event(world: World) -> None:
    parameters = {"Source": "agenda", "DetailType": "Hora"}
    run(world, **target(BUS, Input='{"n": 1}', EventBridgeParameters=parameters))
    ((service, operation, params, call),) = world.targets.called
    assert (service, operation) == ("events", "PutEvents")
    assert params["Entries"] == [
        {
            "EventBusName": BUS,
            "Source": "agenda",
            "DetailType": "Hora",
            "Detail": '{"n": 1}',
            "Resources": ["arn:aws:scheduler:us-east-1:000000000000:schedule/default/agenda"],
        }
    ]
    (delivered,) = world.hops.of(HopKind.DELIVERED)
    assert call is not None
    assert call.hop == delivered.id


def test_an_entry_that_a_bus_refuses_has_failed(world: World) -> None:
    refusal = {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "Not authorized."}
    world.targets.answers["PutEvents"] = {"Entries": [refusal], "FailedEntryCount": 1}
    parameters = {"Source": "a", "DetailType": "b"}
    run(world, **target(BUS, Input="{}", EventBridgeParameters=parameters, **DEAD))
    assert letter(world)[1]["ERROR_CODE"] == "NotAuthorizedForSourceException"


def test_a_universal_target_calls_the_api(world: World) -> None:
    given = {"QueueUrl": "u", "MessageBody": "<aws.scheduler.attempt-number>"}
    run(world, **target(f"{SDK}sqs:sendMessage", Input=json.dumps(given)))
    ((service, operation, params, call),) = world.targets.called
    assert (service, operation, params) == ("sqs", "SendMessage", {"QueueUrl": "u", "MessageBody": "1"})
    assert call is not None
    assert call.scope == HERE


def test_universal_targets_have_the_names_of_the_sdk_for_java(world: World) -> None:
    entries: dict[str, Any] = {"Entries": []}
    run(world, **target(f"{SDK}eventbridge:putEvents", Input=json.dumps(entries)))
    assert world.targets.called[0][:3] == ("events", "PutEvents", entries)


def test_the_payload_of_an_invocation_is_text_in_the_input(world: World) -> None:
    given = {"FunctionName": "conta", "InvocationType": "Event", "Payload": '{"n": 1}'}
    run(world, **target(f"{SDK}lambda:invoke", Input=json.dumps(given)))
    assert world.targets.called[0][2]["Payload"] == b'{"n": 1}'


def test_a_universal_target_may_need_no_input(world: World) -> None:
    given = target(f"{SDK}lambda:invoke")
    del given["Input"]
    run(world, **given)
    assert world.targets.called[0][2] == {}


# --- failures --------------------------------------------------------------------------------------------
def test_a_failure_that_may_pass_is_tried_again(world: World) -> None:
    world.targets.errors["fila"] = BUSY
    run(world, **target())
    world.advance(6)
    assert world.targets.tried == 3
    del world.targets.errors["fila"]
    world.advance(60)
    assert world.bodies() == ["olá"]


def test_retries_are_exhausted(world: World) -> None:
    world.targets.errors["fila"] = BUSY
    run(world, **target(RetryPolicy={"MaximumRetryAttempts": 2}, **DEAD))
    world.advance(60)
    (hop,) = world.hops.of(HopKind.SCHEDULE_FIRED)
    assert letter(world) == (
        "olá",
        {
            "ERROR_CODE": "ThrottlingException",
            "ERROR_MESSAGE": "devagar",
            "EXECUTION_ID": hop.event_id,
            "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
            "IS_PAYLOAD_TRUNCATED": "false",
            "RETRY_ATTEMPTS": "2",
            "SCHEDULED_TIME": "2023-11-14T22:15:00Z",
            "SCHEDULE_ARN": "arn:aws:scheduler:us-east-1:000000000000:schedule/default/agenda",
            "TARGET_ARN": "arn:aws:sqs:us-east-1:000000000000:fila",
        },
    )
    assert len(world.hops.of(HopKind.DEAD_LETTERED)) == 1


def test_an_invocation_grows_too_old(world: World) -> None:
    world.targets.errors["fila"] = BUSY
    run(world, **target(RetryPolicy={"MaximumEventAgeInSeconds": 60}, **DEAD))
    world.advance(59)
    assert world.targets.to("mortas") == []
    world.advance(1)
    assert letter(world)[1]["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"


def test_a_failure_that_will_not_pass_is_not_tried_again(world: World) -> None:
    missing = AwsError("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
    world.targets.errors["fila"] = missing
    run(world, **target(**DEAD))
    attributes = letter(world)[1]
    assert attributes["ERROR_CODE"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert attributes["ERROR_MESSAGE"] == "The specified queue does not exist."
    assert (attributes["RETRY_ATTEMPTS"], "EXHAUSTED_RETRY_CONDITION" in attributes) == ("0", False)


def test_without_a_dead_letter_queue_the_journal_alone_knows(world: World) -> None:
    world.targets.errors["fila"] = AwsError("AccessDenied", "não")
    run(world, **target())
    (failed,) = world.hops.of(HopKind.DELIVERY_FAILED)
    assert "AccessDenied" in failed.error


def test_a_long_letter_is_cut(world: World) -> None:
    world.targets.errors["fila"] = AwsError("AccessDenied", "não")
    run(world, **target(Input="é" * 200_000, **DEAD))
    body, attributes = letter(world)
    assert (len(body.encode()), attributes["IS_PAYLOAD_TRUNCATED"]) == (262_144, "true")


def test_retries_outlive_schedule_and_restart(tmp_path: Path) -> None:
    with World(tmp_path / "s.db") as world:
        world.targets.errors["fila"] = BUSY
        world.create(ONCE, ActionAfterCompletion="DELETE", Target=target())
        world.advance(100)
        assert world.refused("GetSchedule", Name="agenda").code == "ResourceNotFoundException"
    with World(tmp_path / "s.db", start=START + 100) as again:
        again.advance(2)
        assert again.bodies() == ["olá"]
