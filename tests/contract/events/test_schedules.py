"""Scheduled rules on the virtual clock."""

from __future__ import annotations

import json
from pathlib import Path

from sandbox.clock import TimerKind
from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from tests.contract.events.harness import START, World

#: START is 22:13:20; the next whole minutes are 40 s away.
TO_MINUTE = 40.0


def firings(world: World) -> list[float]:
    return [at - START for at, _ in world.targets.taken]


def test_a_rate_fires_one_interval_after_it_was_put_and_never_drifts(world: World) -> None:
    world.schedule("rate(1 minute)")
    world.advance(59)
    assert firings(world) == []
    world.advance(3_600 - 59)
    assert firings(world) == [60.0 * number for number in range(1, 61)]


def test_what_a_firing_delivers(world: World) -> None:
    rule = world.schedule("rate(1 minute)")
    world.advance(60)
    (delivery,) = world.targets.to("fila")
    assert json.loads(delivery.body) == {
        "version": "0",
        "id": delivery.event_id,
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": "2023-11-14T22:14:20Z",
        "region": "us-east-1",
        "resources": [rule],
        "detail": {},
    }
    fired, delivered = world.hops.hops
    assert (fired.kind, fired.resource, fired.cause) == (HopKind.SCHEDULE_FIRED, rule, None)
    assert (delivered.kind, delivered.cause) == (HopKind.DELIVERED, fired.id)
    assert fired.event_id == delivery.event_id


def test_a_constant_input(world: World) -> None:
    world.schedule("rate(1 minute)", Input='{"tarefa": "limpeza"}')
    world.advance(60)
    assert world.targets.bodies("fila") == [{"tarefa": "limpeza"}]


def test_cron_fires_on_whole_minutes(world: World) -> None:
    world.schedule("cron(0/15 * * * ? *)")
    world.advance(3_600)
    assert firings(world) == [TO_MINUTE + 60 + 900.0 * number for number in range(4)]
    assert [body["time"][11:16] for body in world.targets.bodies("fila")] == [
        "22:15",
        "22:30",
        "22:45",
        "23:00",
    ]


def test_a_schedule_that_is_over_never_fires(world: World) -> None:
    world.schedule("cron(0 10 ? * 6L 2002-2005)")
    assert world.clock.pending() == []


def test_schedules_wait_by_timers_of_their_kind(world: World) -> None:
    world.schedule("rate(1 minute)")
    assert [timer.kind for timer in world.clock.pending()] == [TimerKind.SCHEDULE]


def test_several_rules_fire_in_order(world: World) -> None:
    world.schedule("rate(1 minute)", "a", Input='"a"')
    world.schedule("rate(2 minutes)", "b", Input='"b"')
    world.advance(240)
    assert world.targets.bodies("fila") == ["a", "b", "a", "a", "b", "a"]


def test_disabling_stops_and_enabling_begins_anew(world: World) -> None:
    world.schedule("rate(1 minute)")
    world.advance(90)
    world.call("DisableRule", Name="agenda")
    world.advance(600)
    assert firings(world) == [60]
    world.call("EnableRule", Name="agenda")
    world.advance(60)
    assert firings(world) == [60, 750]


def test_another_expression_counts_from_now_the_same_one_goes_on(world: World) -> None:
    world.schedule("rate(1 minute)")
    world.advance(30)
    world.call("PutRule", Name="agenda", ScheduleExpression="rate(1 minute)", Description="só isso")
    world.advance(60)
    assert firings(world) == [60]
    world.call("PutRule", Name="agenda", ScheduleExpression="rate(2 minutes)")
    world.advance(120)
    assert firings(world) == [60, 210]


def test_a_deleted_rule_fires_no_more(world: World) -> None:
    world.schedule("rate(1 minute)")
    world.call("RemoveTargets", Rule="agenda", Ids=["fila"])
    world.call("DeleteRule", Name="agenda")
    world.advance(600)
    assert firings(world) == []
    assert world.hops.hops == []


def test_a_rule_that_becomes_a_pattern_fires_no_more(world: World) -> None:
    world.schedule("rate(1 minute)")
    world.call("PutRule", Name="agenda", EventPattern='{"source": ["nfe"]}')
    world.advance(600)
    assert firings(world) == []
    world.put()
    assert firings(world) == [600]


def test_a_rule_may_have_both(world: World) -> None:
    world.call("PutRule", Name="r", EventPattern='{"source": ["nfe"]}', ScheduleExpression="rate(1 hour)")
    world.call("PutTargets", Rule="r", Targets=[world.target()])
    world.put()
    world.advance(3_600)
    assert firings(world) == [0, 3_600]


def test_a_firing_that_cannot_be_delivered_is_tried_again(world: World) -> None:
    world.schedule("rate(1 hour)")
    world.targets.errors["fila"] = AwsError("ServiceException", "agora não", status=500)
    world.advance(3_601)
    world.targets.errors.clear()
    world.advance(60)
    assert len(world.targets.to("fila")) == 1


def test_a_restart_skips_what_was_missed_and_keeps_the_phase(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with World(path) as world:
        world.schedule("rate(5 minutes)")
        world.advance(301)
    with World(path, start=START + 3_700) as world:
        assert world.targets.taken == []
        world.advance(200)
        assert firings(world) == [3_900]
        world.advance(300)
        assert firings(world) == [3_900, 4_200]


def test_a_restart_before_a_firing_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with World(path) as world:
        world.schedule("rate(5 minutes)")
    with World(path, start=START + 200) as world:
        world.advance(100)
        assert firings(world) == [300]


def test_a_stopped_service_has_no_timers(world: World) -> None:
    world.schedule("rate(1 minute)")
    world.run(world.events.stop)
    world.advance(600)
    assert firings(world) == []
    world.run(world.events.start)
    world.advance(60)
    assert firings(world) == [660]
