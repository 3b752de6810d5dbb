"""FIFO queues against a small model, under any order of sends, receives, deletes, changes and time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, invariant, multiple, rule

from sandbox.model.hops import HopKind
from tests.contract.sqs.harness import START, World, arn, bodies

MAX_RECEIVES = 3
VISIBILITY = 30
INTERVAL = 300
GROUPS = st.sampled_from("abc")
DEAD = arn("mortas.fifo")
SECONDS = st.sampled_from([0, 1, 29, 30, 60, 299])


@dataclass
class Message:
    """What the model knows of a message."""

    message_id: str
    body: str
    group: str
    order: int
    visible_at: float
    receives: int = 0
    receive: int | None = None
    returned: bool = False


@dataclass
class Model:
    """The rules of FIFO queues: per group a list, and nothing is received past what is hidden."""

    now: float = START
    queue: list[Message] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)
    seen: dict[str, float] = field(default_factory=dict)
    sends: int = 0
    receives: int = 0

    def accepts(self, body: str) -> bool:
        """Whether a message is new."""
        return self.seen.get(body, 0.0) <= self.now

    def send(self, message_id: str, group: str, body: str) -> None:
        """Puts a message at the end of its group."""
        self.seen[body] = self.now + INTERVAL
        self.sends += 1
        self.queue.append(Message(message_id, body, group, self.sends, self.now))

    def ready(self, group: str) -> list[Message]:
        """The messages of a group up to the first that is hidden."""
        found = []
        for message in self.queue:
            if message.group == group:
                if message.visible_at > self.now:
                    break
                found.append(message)
        return found

    def bury(self, message_ids: set[str]) -> None:
        """Messages were found to be received too often: they were at the front, and leave."""
        for message in [message for message in self.queue if message.message_id in message_ids]:
            assert message.receives >= MAX_RECEIVES
            assert self.ready(message.group)[0] is message
            self.queue.remove(message)
            self.dead.append(message)

    def held(self, receive: int) -> Message | None:
        return next((message for message in self.queue if message.receive == receive), None)


@dataclass(frozen=True)
class Held:
    """A receipt handle, and the receive of the model that it stands for."""

    handle: str
    receive: int
    body: str


class FifoMachine(RuleBasedStateMachine):
    """Drives both and compares."""

    handles: Bundle[Held] = Bundle("handles")

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.model = Model()
        fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        self.dead = self.world.queue("mortas.fifo", **fifo)
        policy = {"deadLetterTargetArn": str(DEAD), "maxReceiveCount": MAX_RECEIVES}
        self.url = self.world.queue("vendas.fifo", RedrivePolicy=policy, **fifo)

    @rule(group=GROUPS, body=st.sampled_from("123456789"))
    def send(self, group: str, body: str) -> None:
        before = sum(self.world.depth(self.url))
        new = self.model.accepts(body)
        answer = self.world.send(self.url, body, MessageGroupId=group)
        assert sum(self.world.depth(self.url)) - before == int(new)
        if new:
            self.model.send(answer["MessageId"], group, body)

    @rule(target=handles, limit=st.integers(1, 4), visibility=st.sampled_from([VISIBILITY, 0, 90]))
    def receive(self, limit: int, visibility: int) -> MultipleResults[Held]:
        got = self.world.receive(
            self.url,
            limit,
            VisibilityTimeout=visibility,
            AttributeNames=["MessageGroupId", "ApproximateReceiveCount"],
        )
        self.model.bury({message.message_id for message in self.world.sqs.peek(DEAD)})
        taken: list[Held] = []
        # The order of the groups is the queue's own affair; the order within each is not.
        groups = dict.fromkeys(message["Attributes"]["MessageGroupId"] for message in got)
        for group in groups:
            mine = [m for m in got if m["Attributes"]["MessageGroupId"] == group]
            ready = self.model.ready(group)[: len(mine)]
            assert bodies(mine) == [message.body for message in ready]
            for message, answer in zip(ready, mine, strict=True):
                taken.append(self._received(message, answer, visibility))
        if len(got) < limit:
            # A receive that was not filled took everything there was.
            assert all(group in groups or self.model.ready(group) == [] for group in "abc")
        return multiple(*taken)

    def _received(self, message: Message, answer: dict[str, Any], visibility: int) -> Held:
        assert message.receives < MAX_RECEIVES
        self.model.receives += 1
        message.receives += 1
        assert answer["Attributes"]["ApproximateReceiveCount"] == str(message.receives)
        message.receive, message.returned = self.model.receives, False
        message.visible_at = self.model.now + visibility
        return Held(answer["ReceiptHandle"], self.model.receives, message.body)

    @rule(held=handles)
    def delete(self, held: Held) -> None:
        message = self.model.held(held.receive)
        there = any(other.body == held.body for other in self.model.queue)
        if message is not None and message.visible_at > self.model.now:
            self.world.delete(self.url, held.handle)
            self.model.queue.remove(message)
        elif message is not None:
            error = self.world.refused("DeleteMessage", QueueUrl=self.url, ReceiptHandle=held.handle)
            assert "The receipt handle has expired." in error.message
        elif not there:
            self.world.delete(self.url, held.handle)

    @rule(held=handles, seconds=SECONDS)
    def change_visibility(self, held: Held, seconds: int) -> None:
        message = self.model.held(held.receive)
        if message is not None and not message.returned and message.visible_at > self.model.now:
            self.world.hide(self.url, held.handle, seconds)
            message.visible_at, message.returned = self.model.now + seconds, seconds == 0
            return
        given = {"QueueUrl": self.url, "ReceiptHandle": held.handle, "VisibilityTimeout": seconds}
        error = self.world.refused("ChangeMessageVisibility", **given)
        returned = message is not None and message.returned
        assert error.code == ("MessageNotInflight" if returned else "InvalidParameterValue")

    @rule(seconds=SECONDS)
    def advance(self, seconds: int) -> None:
        self.world.advance(seconds)
        self.model.now += seconds

    @rule()
    def redrive_everything(self) -> None:
        order = [message.message_id for message in self.world.sqs.peek(DEAD)]
        self.world.call("StartMessageMoveTask", SourceArn=str(DEAD))
        self.world.advance(0)
        sent = self.world.hops.of(HopKind.MESSAGE_SENT)[-len(order) :]
        dead = {message.message_id: message for message in self.model.dead}
        for old, new in zip(order, sent if order else [], strict=True):
            self.model.send(new.message_id, dead[old].group, dead[old].body)
        self.model.dead.clear()

    @invariant()
    def every_message_is_somewhere(self) -> None:
        hidden = sum(message.visible_at > self.model.now for message in self.model.queue)
        visible, in_flight, delayed = self.world.depth(self.url)
        assert (in_flight, delayed) == (hidden, 0)
        assert visible + in_flight == len(self.model.queue)
        assert sum(self.world.depth(self.dead)) == len(self.model.dead)

    def teardown(self) -> None:
        self.world.__exit__(None, None, None)


# What hypothesis sets for state machines stays: no deadline, no check of how quick a machine is.
FifoMachine.TestCase.settings = settings(
    FifoMachine.TestCase.settings, max_examples=60, stateful_step_count=30
)
TestFifoMachine = FifoMachine.TestCase
