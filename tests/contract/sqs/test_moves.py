"""Message move tasks: dead letters go back, at a rate, and the task tells how far it is.

Pages: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html,
…/API_ListMessageMoveTasks.html and …/API_CancelMessageMoveTask.html
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest

from sandbox.model.hops import HopKind
from tests.contract.sqs.harness import START, World, arn, bodies

DEAD = str(arn("reserva-dlq"))


def dead_letters(world: World, count: int, name: str = "reserva") -> tuple[str, str]:
    """A queue and its dead-letter queue, in which are `count` of its messages."""
    url, dead = world.with_dead_letters(1)
    fail(world, url, count)
    return url, dead


def fail(world: World, url: str, count: int, prefix: str = "nota") -> None:
    for number in range(count):
        world.send(url, f"{prefix} {number}")
    for _ in range(count):
        world.receive(url, 1, VisibilityTimeout=0)
    assert world.receive(url) == []


def tasks(world: World, most: int = 10) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.call("ListMessageMoveTasks", SourceArn=DEAD, MaxResults=most)[
        "Results"
    ]
    return found


def begin(world: World, **params: Any) -> str:
    handle: str = world.call("StartMessageMoveTask", SourceArn=DEAD, **params)["TaskHandle"]
    world.advance(0)
    return handle


def test_messages_go_back_to_where_they_came_from(world: World) -> None:
    url, dead = dead_letters(world, 3)
    handle = begin(world)
    assert json.loads(b64decode(handle))["sourceArn"] == DEAD
    assert world.depth(dead) == (0, 0, 0)
    got = world.receive(url, AttributeNames=["All"])
    assert bodies(got) == ["nota 0", "nota 1", "nota 2"]
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in got} == {"1"}
    assert tasks(world) == [
        {
            "Status": "COMPLETED",
            "SourceArn": DEAD,
            "ApproximateNumberOfMessagesMoved": 3,
            "ApproximateNumberOfMessagesToMove": 3,
            "StartedTimestamp": int(START * 1000),
        }
    ]


def test_each_goes_to_its_own_source(world: World) -> None:
    policy = {"deadLetterTargetArn": DEAD, "maxReceiveCount": 1}
    first, _ = world.with_dead_letters(1)
    second = world.queue("estoque", RedrivePolicy=policy)
    fail(world, first, 2, "a")
    fail(world, second, 2, "b")
    begin(world)
    assert (bodies(world.receive(first)), bodies(world.receive(second))) == (["a 0", "a 1"], ["b 0", "b 1"])


def test_a_rate_is_so_many_a_second_of_the_clock(world: World) -> None:
    dead_letters(world, 5)
    other = world.queue("outra")
    handle = begin(world, DestinationArn=str(arn("outra")), MaxNumberOfMessagesPerSecond=2)
    moved = []
    for _ in range(3):
        moved.append(world.depth(other)[0])
        (task,) = tasks(world)
        world.advance(1)
    assert moved == [2, 4, 5]
    assert task == {
        "Status": "COMPLETED",
        "SourceArn": DEAD,
        "DestinationArn": str(arn("outra")),
        "MaxNumberOfMessagesPerSecond": 2,
        "ApproximateNumberOfMessagesMoved": 5,
        "ApproximateNumberOfMessagesToMove": 5,
        "StartedTimestamp": int(START * 1000),
    }
    assert world.refused("CancelMessageMoveTask", TaskHandle=handle).code == "InvalidParameterValue"


def test_a_task_that_runs_has_a_handle_and_can_be_cancelled(world: World) -> None:
    _, dead = dead_letters(world, 3)
    handle = begin(world, MaxNumberOfMessagesPerSecond=1)
    (task,) = tasks(world)
    assert (task["Status"], task["TaskHandle"]) == ("RUNNING", handle)
    error = world.refused("StartMessageMoveTask", SourceArn=DEAD)
    assert (error.code, error.message) == (
        "InvalidParameterValue",
        "There is already a task running. Only one active task is allowed for a source queue arn "
        "at a given time.",
    )
    answer = world.call("CancelMessageMoveTask", TaskHandle=handle)
    assert answer == {"ApproximateNumberOfMessagesMoved": 1}
    world.advance(10)
    assert world.depth(dead) == (2, 0, 0)
    (task,) = tasks(world)
    assert (task["Status"], "TaskHandle" in task) == ("CANCELLED", False)
    begin(world)
    assert [task["Status"] for task in tasks(world)] == ["COMPLETED", "CANCELLED"]
    assert [task["Status"] for task in world.call("ListMessageMoveTasks", SourceArn=DEAD)["Results"]] == [
        "COMPLETED"
    ]


def test_a_destination_that_is_deleted_meanwhile(world: World) -> None:
    dead_letters(world, 3)
    other = world.queue("outra")
    begin(world, DestinationArn=str(arn("outra")), MaxNumberOfMessagesPerSecond=1)
    world.call("DeleteQueue", QueueUrl=other)
    world.advance(1)
    (task,) = tasks(world)
    assert (task["Status"], task["FailureReason"], task["ApproximateNumberOfMessagesMoved"]) == (
        "FAILED",
        "AWS.SimpleQueueService.NonExistentQueue",
        1,
    )


def test_a_message_that_nobody_dead_lettered_needs_a_destination(world: World) -> None:
    url, dead = world.with_dead_letters(1)
    world.send(dead, "direta")
    begin(world)
    (task,) = tasks(world)
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    begin(world, DestinationArn=str(arn()))
    assert bodies(world.receive(url)) == ["direta"]


def test_messages_in_flight_stay(world: World) -> None:
    _, dead = dead_letters(world, 2)
    world.receive(dead, 1)
    begin(world)
    assert world.depth(dead) == (0, 1, 0)
    assert tasks(world)[0]["ApproximateNumberOfMessagesMoved"] == 1


def test_many_messages_are_moved_in_pieces(world: World) -> None:
    url, dead = world.with_dead_letters(1)
    for number in range(250):
        world.send(dead, str(number))
    begin(world, DestinationArn=str(arn()))
    assert (world.depth(url)[0], world.depth(dead)[0]) == (250, 0)


def test_a_task_goes_on_after_a_restart(tmp_path: Path) -> None:
    with World(tmp_path / "state.db") as world:
        _, dead = dead_letters(world, 3)
        begin(world, MaxNumberOfMessagesPerSecond=1)
        now = world.clock.now()
    with World(tmp_path / "state.db", start=now) as world:
        assert world.depth(dead) == (2, 0, 0)
        world.advance(5)
        assert world.depth(dead) == (0, 0, 0)
        assert tasks(world)[0]["Status"] == "COMPLETED"


def test_the_hops_of_a_moved_message_are_one_chain(world: World) -> None:
    dead_letters(world, 1)
    begin(world)
    (redriven,) = world.hops.of(HopKind.REDRIVEN)
    (dead,) = world.hops.of(HopKind.DEAD_LETTERED)
    assert (redriven.cause, redriven.operation) == (dead.id, "StartMessageMoveTask")
    assert world.hops.of(HopKind.MESSAGE_SENT)[-1].cause == redriven.id


FIFO = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}


def test_fifo_messages_move_though_their_ids_were_seen_just_now(world: World) -> None:
    dead = world.queue("mortas.fifo", **FIFO)
    policy = {"deadLetterTargetArn": str(arn("mortas.fifo")), "maxReceiveCount": 1}
    url = world.queue("vendas.fifo", RedrivePolicy=policy, **FIFO)
    for body in "ab":
        world.send(url, body, MessageGroupId="g")
    world.receive(url, VisibilityTimeout=0)
    assert world.receive(url) == []
    world.call("StartMessageMoveTask", SourceArn=str(arn("mortas.fifo")))
    world.advance(0)
    assert bodies(world.receive(url)) == ["a", "b"]
    assert world.depth(dead) == (0, 0, 0)


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        (
            {"SourceArn": str(arn("reserva"))},
            "InvalidParameterValue",
            "Source queue must be configured as a Dead Letter Queue.",
        ),
        (
            {"SourceArn": str(arn("nenhuma"))},
            "ResourceNotFoundException",
            "The resource that you specified for the SourceArn parameter doesn't exist.",
        ),
        (
            {"SourceArn": DEAD, "DestinationArn": str(arn("nenhuma"))},
            "ResourceNotFoundException",
            "The resource that you specified for the DestinationArn parameter doesn't exist.",
        ),
        (
            {"SourceArn": DEAD, "DestinationArn": DEAD},
            "InvalidParameterValue",
            "Source queue arn and destination queue arn cannot be the same.",
        ),
        (
            {"SourceArn": DEAD, "DestinationArn": str(arn("vendas.fifo"))},
            "InvalidParameterValue",
            "The source queue and destination queue must be of the same queue type.",
        ),
        (
            {"SourceArn": DEAD, "MaxNumberOfMessagesPerSecond": 501},
            "InvalidParameterValue",
            "Value 501 for parameter MaxNumberOfMessagesPerSecond is invalid. "
            "Reason: Must be between 1 and 500, if provided.",
        ),
    ],
)
def test_what_cannot_be_moved(world: World, params: dict[str, Any], code: str, message: str) -> None:
    world.with_dead_letters(1)
    world.queue("vendas.fifo", **FIFO)
    error = world.refused("StartMessageMoveTask", **params)
    assert (error.code, error.message) == (code, message)


def handle(source: str) -> str:
    return b64encode(json.dumps({"taskId": "t", "sourceArn": source}).encode()).decode()


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ("qualquer", "InvalidParameterValue", "Value for parameter TaskHandle is invalid."),
        (
            handle(str(arn("nenhuma"))),
            "ResourceNotFoundException",
            "The resource that you specified for the SourceArn parameter doesn't exist.",
        ),
        (handle(DEAD), "ResourceNotFoundException", "Task does not exist."),
    ],
)
def test_handles_that_were_never_given(world: World, given: str, code: str, message: str) -> None:
    world.with_dead_letters(1)
    error = world.refused("CancelMessageMoveTask", TaskHandle=given)
    assert (error.code, error.message) == (code, message)


@pytest.mark.parametrize("most", [0, 11])
def test_at_most_ten_tasks_are_listed(world: World, most: int) -> None:
    world.with_dead_letters(1)
    error = world.refused("ListMessageMoveTasks", SourceArn=DEAD, MaxResults=most)
    assert error.code == "InvalidParameterValue"
