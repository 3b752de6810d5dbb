"""Deliveries that fail: retries by the clock, dead letters, restarts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from tests.contract.events.harness import START, World, arn

BUSY = AwsError("ThrottlingException", "devagar", status=429)
DLQ: dict[str, Any] = {"DeadLetterConfig": {"Arn": arn("mortas")}}


def values(world: World) -> dict[str, str]:
    (dead,) = world.targets.to("mortas")
    return {name: attribute["StringValue"] for name, attribute in dead.attributes.items()}


def test_a_delivery_is_tried_again_until_it_succeeds(world: World) -> None:
    world.rule()
    world.targets.errors["fila"] = BUSY
    answer = world.put()
    assert "EventId" in answer
    world.advance(6)
    assert world.targets.tried == [0, 1, 3]
    del world.targets.errors["fila"]
    world.advance(60)
    assert world.targets.tried == [0, 1, 3, 7]
    assert [body["id"] for body in world.targets.bodies("fila")] == [answer["EventId"]]
    assert len(world.events.router.direct.waiting) == 0
    assert world.hops.kinds()[2:] == [HopKind.DELIVERY_FAILED] * 3 + [HopKind.DELIVERED]
    assert [hop.detail["attempt"] for hop in world.hops.hops[2:]] == [1, 2, 3, 4]
    assert len({hop.cause for hop in world.hops.hops[2:]}) == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AwsError("QueueDoesNotExist", "não há"), "NO_RESOURCE"),
        (AwsError("ResourceNotFoundException", "não há", status=404), "NO_RESOURCE"),
        (AwsError("AccessDeniedException", "não pode", status=403), "NO_PERMISSIONS"),
        (AwsError("InvalidParameterValue", "não assim"), "SDK_CLIENT_ERROR"),
    ],
)
def test_what_cannot_get_better_is_dead_lettered_at_once(world: World, error: AwsError, code: str) -> None:
    rule = world.rule(InputPath="$.detail", **DLQ)
    world.targets.errors["fila"] = error
    world.put()
    assert values(world) == {
        "RULE_ARN": rule,
        "TARGET_ARN": arn("fila"),
        "ERROR_CODE": code,
        "ERROR_MESSAGE": str(error),
        "RETRY_ATTEMPTS": "0",
    }
    # A dead letter is the event itself, not what the target would have got.
    assert world.targets.bodies("mortas")[0]["detail-type"] == "Nota"
    failed, dead = world.hops.hops[2:]
    assert (failed.kind, dead.kind) == (HopKind.DELIVERY_FAILED, HopKind.DEAD_LETTERED)
    assert (dead.cause, dead.resource) == (failed.id, arn("mortas"))
    assert world.targets.to("mortas")[0].cause == dead.id
    world.advance(86_400)
    assert len(world.targets.tried) == 2


def test_attempts_run_out(world: World) -> None:
    world.rule(RetryPolicy={"MaximumRetryAttempts": 2}, **DLQ)
    world.targets.errors["fila"] = BUSY
    world.put()
    world.advance(60)
    found = values(world)
    assert found["ERROR_CODE"] == "THROTTLING"
    assert found["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert found["RETRY_ATTEMPTS"] == "2"
    assert len(world.events.router.direct.waiting) == 0


def test_no_retry_at_all(world: World) -> None:
    world.rule(RetryPolicy={"MaximumRetryAttempts": 0}, **DLQ)
    world.targets.errors["fila"] = BUSY
    world.put()
    found = values(world)
    assert (found["EXHAUSTED_RETRY_CONDITION"], found["RETRY_ATTEMPTS"]) == ("MaximumRetryAttempts", "0")


def test_an_event_becomes_too_old(world: World) -> None:
    world.rule(RetryPolicy={"MaximumEventAgeInSeconds": 60}, **DLQ)
    world.targets.errors["fila"] = BUSY
    world.put()
    world.advance(59)
    assert world.targets.to("mortas") == []
    world.advance(1)
    found = values(world)
    assert found["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"
    assert found["RETRY_ATTEMPTS"] == "5"
    assert world.targets.tried[:6] == [0, 1, 3, 7, 15, 31]


def test_a_day_of_retries_by_default(world: World) -> None:
    world.rule(**DLQ)
    world.targets.errors["fila"] = BUSY
    world.put()
    world.advance(86_399)
    assert world.targets.to("mortas") == []
    world.advance(1)
    assert values(world)["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"


def test_without_a_dead_letter_queue_the_event_is_dropped(world: World) -> None:
    world.rule(RetryPolicy={"MaximumRetryAttempts": 0})
    world.targets.errors["fila"] = BUSY
    world.put()
    assert world.targets.taken == []
    assert world.hops.kinds()[-1] is HopKind.DELIVERY_FAILED
    assert len(world.events.router.direct.waiting) == 0


def test_a_dead_letter_queue_that_refuses_loses_the_event_visibly(world: World) -> None:
    world.rule(**DLQ)
    world.targets.errors |= {
        "fila": AwsError("QueueDoesNotExist", "a"),
        "mortas": AwsError("QueueDoesNotExist", "b"),
    }
    assert "EventId" in world.put()
    lost = world.hops.hops[-1]
    assert lost.kind is HopKind.DELIVERY_FAILED
    assert lost.resource == arn("mortas")
    assert "the event is lost" in lost.error


def test_a_defect_of_a_target_is_tried_again(world: World) -> None:
    world.rule()
    world.targets.errors["fila"] = RuntimeError("quebrou")
    assert "EventId" in world.put()
    (failed,) = world.hops.of(HopKind.DELIVERY_FAILED)
    assert failed.error == "ERROR_FROM_TARGET: RuntimeError: quebrou"
    world.targets.errors.clear()
    world.advance(1)
    assert len(world.targets.to("fila")) == 1


def test_what_a_transformer_cannot_make_is_dead_lettered(world: World) -> None:
    transformer = {"InputPathsMap": {"d": "$.detail"}, "InputTemplate": '{"d": "<d>"}'}
    world.rule(InputTransformer=transformer, **DLQ)
    world.put(Detail='{"a": "b"}')
    assert values(world)["ERROR_CODE"] == "INVALID_JSON"
    assert world.targets.to("fila") == []


def test_one_failing_target_does_not_hold_up_the_others(world: World) -> None:
    world.rule("a", queue="ruim")
    world.rule("b", queue="boa")
    world.targets.errors["ruim"] = BUSY
    world.put()
    assert len(world.targets.to("boa")) == 1


def test_retries_go_on_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with World(path) as world:
        world.rule()
        world.targets.errors["fila"] = BUSY
        answer = world.put(trace="Root=1-x")
    with World(path, start=START + 1_000) as world:
        world.advance(0)
        (delivery,) = world.targets.to("fila")
        assert delivery.event_id == answer["EventId"]
        assert delivery.trace == "Root=1-x"
        assert len(world.events.router.direct.waiting) == 0
        world.put()
        assert len(world.targets.to("fila")) == 2


def test_what_became_too_old_during_a_stop_is_dead_lettered(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with World(path) as world:
        world.rule(RetryPolicy={"MaximumEventAgeInSeconds": 60}, **DLQ)
        world.targets.errors["fila"] = BUSY
        world.put()
    with World(path, start=START + 3_600) as world:
        world.advance(0)
        assert values(world)["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"
        assert world.targets.to("fila") == []


def test_many_deliveries_that_wait_keep_their_order(world: World) -> None:
    world.rule()
    world.targets.errors["fila"] = BUSY
    sent: list[Any] = [world.put()["EventId"] for _ in range(250)]
    world.targets.errors.clear()
    world.advance(1)
    assert [body["id"] for body in world.targets.bodies("fila")] == sent
