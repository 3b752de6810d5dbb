"""Redrives under any order of failures, moves, cancellations and time: nothing is lost, doubled or misled."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sandbox.model.arn import Arn
from tests.contract.sqs.harness import World, arn

SOURCES = ("nota", "estoque")
DEAD, OTHER = arn("mortas"), arn("outra")
QUEUES = {name: arn(name) for name in (*SOURCES, "mortas", "outra")}


class RedriveMachine(RuleBasedStateMachine):
    """Two queues that share a dead-letter queue, and a fourth that messages may be moved to."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.world.queue("mortas")
        self.world.queue("outra")
        policy = {"deadLetterTargetArn": str(DEAD), "maxReceiveCount": 1}
        for name in SOURCES:
            self.world.queue(name, RedrivePolicy=policy)
        #: Where each message was sent, by its body.
        self.origins: dict[str, Arn] = {}
        #: Bodies that a task may have taken to the fourth queue.
        self.astray: set[str] = set()
        self.handle = ""

    def bodies(self, queue: Arn, state: str | None = None) -> list[str]:
        return [message.body for message in self.world.sqs.peek(queue, state, limit=1000)]

    def task(self) -> dict[str, object] | None:
        found = self.world.call("ListMessageMoveTasks", SourceArn=str(DEAD), MaxResults=1)["Results"]
        return found[0] if found else None

    def running(self) -> bool:
        task = self.task()
        return task is not None and task["Status"] == "RUNNING"

    @rule(name=st.sampled_from(["nota", "estoque", "nota", "estoque", "mortas"]))
    def send(self, name: str) -> None:
        body = f"mensagem {len(self.origins)}"
        self.origins[body] = QUEUES[name]
        self.world.send(name, body)

    @rule(name=st.sampled_from(SOURCES), limit=st.integers(1, 5))
    def fail(self, name: str, limit: int) -> None:
        """A consumer takes messages and gives them back; the next receive finds them exhausted."""
        self.world.receive(name, limit, VisibilityTimeout=0)
        self.world.receive(name, limit, VisibilityTimeout=0)

    @rule(limit=st.integers(1, 3))
    def hold_dead_letters(self, limit: int) -> None:
        self.world.receive("mortas", limit, VisibilityTimeout=20)

    @rule(rate=st.sampled_from([None, 1, 3]), elsewhere=st.booleans())
    def start(self, rate: int | None, elsewhere: bool) -> None:
        params: dict[str, Any] = {"SourceArn": str(DEAD)}
        if elsewhere:
            params["DestinationArn"] = str(OTHER)
        if rate is not None:
            params["MaxNumberOfMessagesPerSecond"] = rate
        if self.running():
            error = self.world.refused("StartMessageMoveTask", **params)
            assert "Only one active task" in error.message
            return
        if elsewhere:
            self.astray |= set(self.origins)
        there = Counter(self.bodies(DEAD))
        self.handle = self.world.call("StartMessageMoveTask", **params)["TaskHandle"]
        self.world.advance(0)
        task = self.task()
        assert task is not None
        moved = there - Counter(self.bodies(DEAD))
        assert task["ApproximateNumberOfMessagesMoved"] == moved.total()
        assert rate is None or moved.total() <= rate
        if rate is None:
            # At once, up to a message that nobody knows the source of.
            left = self.bodies(DEAD, "visible")
            assert task["Status"] == ("FAILED" if left else "COMPLETED")
            assert not left or (not elsewhere and self.origins[left[0]] == DEAD)

    @precondition(lambda self: self.handle)
    @rule()
    def cancel(self) -> None:
        if self.running():
            self.world.call("CancelMessageMoveTask", TaskHandle=self.handle)
            assert not self.running()
        else:
            error = self.world.refused("CancelMessageMoveTask", TaskHandle=self.handle)
            assert error.code == "InvalidParameterValue"

    @rule(seconds=st.sampled_from([1, 1, 5, 20]))
    def advance(self, seconds: int) -> None:
        if self.running():
            # What arrives later may be taken along.
            task = self.task()
            assert task is not None
            if task.get("DestinationArn") == str(OTHER):
                self.astray |= set(self.origins)
        self.world.advance(seconds)

    @invariant()
    def every_message_is_in_one_queue_that_it_may_be_in(self) -> None:
        where = [(body, queue) for queue in QUEUES.values() for body in self.bodies(queue)]
        assert sorted(body for body, _ in where) == sorted(self.origins)
        for body, queue in where:
            allowed = {self.origins[body], DEAD, *((OTHER,) if body in self.astray else ())}
            assert queue in allowed

    def teardown(self) -> None:
        self.world.__exit__(None, None, None)


# What hypothesis sets for state machines stays: no deadline, no check of how quick a machine is.
RedriveMachine.TestCase.settings = settings(
    RedriveMachine.TestCase.settings, max_examples=40, stateful_step_count=25
)
TestRedriveMachine = RedriveMachine.TestCase
