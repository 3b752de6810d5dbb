"""A full disk, service by service: a write that cannot be stored is refused, what was acknowledged before is
kept, and once there is space again everything goes on without a restart.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import StoreError
from sandbox.model.awserror import AwsError
from sandbox.services.base import PAUSE, Kit
from sandbox.services.logs.service import LogsService
from tests.contract.dynamodb.harness import Tables
from tests.contract.events import harness as events
from tests.contract.lambda_ import harness as lambda_
from tests.contract.lambda_.fakes import KeptDeliveries
from tests.contract.scheduler import harness as scheduler
from tests.contract.sns import harness as sns
from tests.contract.sqs import harness as sqs
from tests.support.fulldisk import LARGE, WAYS, full
from tests.support.world import World

in_each_way = pytest.mark.parametrize("way", WAYS)
DOWN = AwsError("ServiceUnavailable", "down", status=503)
MUCH = json.dumps({"n": LARGE})


def refused(work: Any, *args: Any, **params: Any) -> None:
    """Insists that something is refused with what to do about it."""
    with pytest.raises(StoreError, match="could not store") as caught:
        work(*args, **params)
    assert "full" in caught.value.why
    assert "free some disk space" in caught.value.remedy


@in_each_way
def test_sqs_keeps_what_it_took_and_refuses_more(tmp_path: Path, way: str) -> None:
    with sqs.World(tmp_path / "state.db") as world:
        url = world.queue()
        world.send(url, "guardada")
        with full(world.database, way):
            refused(world.send, url, LARGE)
        world.send(url, "depois")
        assert sorted(sqs.bodies(world.receive(url, 10))) == ["depois", "guardada"]


@in_each_way
def test_events_that_have_to_wait_for_their_target_are_kept_or_refused(tmp_path: Path, way: str) -> None:
    with events.World(tmp_path / "state.db") as world:
        world.rule()
        world.targets.errors["fila"] = DOWN
        first = world.put()["EventId"]
        with full(world.database, way):
            refused(world.put, Detail=MUCH)
        del world.targets.errors["fila"]
        world.advance(PAUSE)
        assert [body["id"] for body in world.targets.bodies("fila")] == [first]


def test_retries_go_on_after_a_disk_was_full(tmp_path: Path) -> None:
    with events.World(tmp_path / "state.db") as world:
        world.rule()
        world.targets.errors["fila"] = DOWN
        world.put()
        with full(world.database, "commit"):
            suppressed(world, 1)
        assert world.targets.tried == [0.0, 1.0]
        del world.targets.errors["fila"]
        world.advance(PAUSE)
        assert world.targets.tried == [0.0, 1.0, 1.0 + PAUSE]
        assert len(world.targets.bodies("fila")) == 1


@in_each_way
def test_archives_keep_what_was_acknowledged(tmp_path: Path, way: str) -> None:
    with events.World(tmp_path / "state.db") as world:
        world.call("CreateArchive", ArchiveName="tudo", EventSourceArn=BUS)
        world.put()
        with full(world.database, way):
            refused(world.put, Detail=MUCH)
        assert world.call("DescribeArchive", ArchiveName="tudo")["EventCount"] == 1
        world.put(Detail=MUCH)
        assert world.call("DescribeArchive", ArchiveName="tudo")["EventCount"] == 2


BUS = "arn:aws:events:us-east-1:000000000000:event-bus/default"


@in_each_way
def test_a_rule_that_could_not_be_stored_matches_nothing(tmp_path: Path, way: str) -> None:
    with events.World(tmp_path / "state.db") as world:
        world.rule("antiga")
        world.put()
        with full(world.database, way):
            target = world.target("outra", Input=MUCH)
            refused(world.call, "PutTargets", Rule="antiga", Targets=[target])
        world.put()
        assert len(world.targets.to("fila")) == 2
        assert world.targets.to("outra") == []


@in_each_way
def test_scheduled_rules_fire_late_rather_than_never(tmp_path: Path, way: str) -> None:
    with events.World(tmp_path / "state.db") as world:
        world.call("PutRule", Name="agenda", ScheduleExpression="rate(1 minute)")
        world.call("PutTargets", Rule="agenda", Targets=[world.target("fila", Input=MUCH)])
        with full(world.database, way):
            suppressed(world, 60)
        assert world.targets.to("fila") == []
        world.advance(PAUSE)
        assert len(world.targets.to("fila")) == 1
        world.advance(60)
        assert len(world.targets.to("fila")) == 2


def suppressed(world: Any, seconds: float) -> None:
    """Moves the clock over what fails: the loop is told of timers that do, and nobody else."""
    world.runner.get_loop().set_exception_handler(lambda *_: None)
    try:
        world.advance(seconds)
    except StoreError:
        return


@in_each_way
def test_a_replay_goes_on(tmp_path: Path, way: str) -> None:
    with events.World(tmp_path / "state.db") as world:
        world.call("CreateArchive", ArchiveName="tudo", EventSourceArn=BUS)
        for number in range(3):
            world.put(Detail=json.dumps({"n": number, "much": LARGE}))
        world.rule()
        archive = world.call("DescribeArchive", ArchiveName="tudo")["ArchiveArn"]
        world.call(
            "StartReplay",
            ReplayName="outra-vez",
            EventSourceArn=archive,
            EventStartTime=events.START - 60,
            EventEndTime=events.START + 60,
            Destination={"Arn": BUS},
        )
        with full(world.database, way):
            suppressed(world, 1)
        assert world.call("DescribeReplay", ReplayName="outra-vez")["State"] == "STARTING"
        world.advance(PAUSE)
        assert world.call("DescribeReplay", ReplayName="outra-vez")["State"] == "COMPLETED"
        assert [body["detail"]["n"] for body in world.targets.bodies("fila")] == [0, 1, 2]


@in_each_way
def test_a_schedule_that_comes_due_meanwhile_is_invoked_once_there_is_space(tmp_path: Path, way: str) -> None:
    with scheduler.World(tmp_path / "state.db") as world:
        world.create("at(2023-11-14T22:14:20)", Target=scheduler.target(Input=LARGE))
        with full(world.database, way):
            refused(world.create, name="outra", Target=scheduler.target(Input=LARGE))
            suppressed(world, 60)
        assert world.targets.taken == []
        world.advance(PAUSE)
        assert len(world.targets.taken) == 1
        listed = world.call("ListSchedules")["Schedules"]
        assert [one["Name"] for one in listed] == ["agenda"]


@in_each_way
def test_messages_that_topics_could_not_store_are_refused(tmp_path: Path, way: str) -> None:
    with sns.World(tmp_path / "state.db") as world:
        topic = world.topic()
        world.subscribe(topic, sns.queue())
        world.targets.refusals["estoque"] = DOWN
        world.publish(topic, "guardada")
        with full(world.database, way):
            refused(world.publish, topic, LARGE)
        del world.targets.refusals["estoque"]
        world.advance(PAUSE)
        (delivery,) = world.targets.of("estoque")
        assert json.loads(delivery.body)["Message"] == "guardada"


@in_each_way
def test_asynchronous_invocations_are_stored_or_refused_and_never_run_unstored(
    tmp_path: Path, way: str
) -> None:
    with lambda_.World(tmp_path, tmp_path / "state.db") as world:
        world.function()
        world.invoke(payload={"n": 1}, InvocationType="Event")
        with full(world.database, way):
            refused(world.invoke, payload={"n": LARGE}, InvocationType="Event")
        assert world.executor.events == [{"n": 1}]
        world.invoke(payload={"n": 3}, InvocationType="Event")
        assert world.executor.events == [{"n": 1}, {"n": 3}]
        assert world.database.rows("SELECT * FROM lambda_events") == []


def test_an_invocation_whose_end_could_not_be_stored_runs_again(tmp_path: Path) -> None:
    with lambda_.World(tmp_path, tmp_path / "state.db") as world:
        world.function()
        world.executor.hold("estoque")
        world.invoke(payload={"n": 1}, InvocationType="Event")
        with full(world.database, "commit"):
            world.runner.run(released(world))
        assert len(world.executor.events) == 1
        world.advance(PAUSE)
        assert world.executor.events == [{"n": 1}] * 2
        assert world.database.rows("SELECT * FROM lambda_events") == []


async def released(world: lambda_.World) -> None:
    world.executor.release("estoque")
    await lambda_.turns()


@in_each_way
def test_log_events_are_kept_or_refused_and_handed_on_in_the_end(tmp_path: Path, way: str) -> None:
    targets = KeptDeliveries()
    function = "arn:aws:lambda:us-east-1:000000000000:function:alarme"

    def make(kit: Kit) -> LogsService:
        return LogsService(kit, targets)

    with World(make, tmp_path / "state.db") as world:
        names: dict[str, Any] = {"logGroupName": "g", "logStreamName": "s"}
        world.call("CreateLogGroup", logGroupName="g")
        world.call("CreateLogStream", **names)
        world.call(
            "PutSubscriptionFilter",
            logGroupName="g",
            filterName="f",
            filterPattern="",
            destinationArn=function,
        )

        def put(message: str) -> None:
            event = {"timestamp": world.clock.now_ms(), "message": message}
            world.call("PutLogEvents", logEvents=[event], **names)

        put("guardada")
        with full(world.database, way):
            refused(put, LARGE)
        put("depois")
        found = world.call("GetLogEvents", startFromHead=True, **names)["events"]
        assert [event["message"] for event in found] == ["guardada", "depois"]
        world.advance(60)
        assert len(targets.deliveries) == 2


@in_each_way
def test_dynamodb_keeps_items_and_refuses_others(tmp_path: Path, way: str) -> None:
    with Tables(tmp_path / "state.db") as tables:
        tables.table()
        tables.put("a", 1)
        with full(tables.database, way):
            refused(tables.put, "b", 1, much={"S": LARGE})
            if way == "commit":
                refused(tables.table, "outra")
        assert tables.call("ListTables")["TableNames"] == ["pedidos"]
        assert tables.get("a", 1) is not None
        assert tables.get("b", 1) is None
        tables.put("b", 1, much={"S": LARGE})
        assert tables.get("b", 1) is not None
        tables.table("outra")


def test_a_message_whose_receive_could_not_be_stored_is_still_there(tmp_path: Path) -> None:
    with sqs.World(tmp_path / "state.db") as world:
        url = world.queue()
        world.send(url, "uma")
        with full(world.database, "commit"):
            refused(world.receive, url)
        assert sqs.bodies(world.receive(url)) == ["uma"]


def test_dead_letters_that_could_not_be_moved_are_moved_later(tmp_path: Path) -> None:
    with sqs.World(tmp_path / "state.db") as world:
        url, dead = world.with_dead_letters(1)
        world.send(url, "uma")
        world.send(url, "outra")
        world.receive(url, 10)
        world.advance(31)
        assert world.receive(url, 10) == []
        queue = str(sqs.arn(dead.rsplit("/", 1)[1]))
        world.call("StartMessageMoveTask", SourceArn=queue, MaxNumberOfMessagesPerSecond=1)
        assert world.depth(url)[0] == 1
        with full(world.database, "commit"):
            suppressed(world, 1)
        assert world.depth(dead)[0] == 1
        world.advance(PAUSE)
        assert (world.depth(url)[0], world.depth(dead)[0]) == (2, 0)
