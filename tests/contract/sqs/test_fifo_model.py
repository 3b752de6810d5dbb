"""FIFO queues against a small model, under any order of sends, receives, deletes, changes and time."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, invariant, multiple, rule

from tests.contract.sqs.harness import START, World, arn, bodies

MAX_RECEIVES = 3
VISIBILITY = 30
INTERVAL = 300
GROUPS = st.sampled_from("abc")
SECONDS = st.sampled_from([0, 1, 29, 30, 60, 299])


@dataclass
class Message:
    """What the model knows of a message; `lock` is when the receive of its handle lapses."""

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

    def send(self, group: str, body: str) -> bool:
        """Whether the message is new."""
        if self.seen.get(body, 0.0) > self.now:
            return False
        self.seen[body] = self.now + INTERVAL
        self.sends += 1
        self.queue.append(Message(body, group, self.sends, self.now))
        return True

    def ready(self, group: str) -> list[Message]:
        """The messages of a group up to the first that is hidden."""
        found = []
        for message in self.queue:
            if message.group == group:
                if message.visible_at > self.now:
                    break
                found.append(message)
        return found

    def bury(self, group: str) -> None:
        """Messages at the front that were received too often leave, as a receive finds them."""
        while (ready := self.ready(group)) and ready[0].receives >= MAX_RECEIVES:
            self.queue.remove(ready[0])
            self.dead.append(ready[0])

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
        policy = {"deadLetterTargetArn": str(arn("mortas.fifo")), "maxReceiveCount": MAX_RECEIVES}
        self.url = self.world.queue("vendas.fifo", RedrivePolicy=policy, **fifo)

    @rule(group=GROUPS, body=st.sampled_from("123456789"))
    def send(self, group: str, body: str) -> None:
        before = sum(self.world.depth(self.url))
        new = self.model.send(group, body)
        self.world.send(self.url, body, MessageGroupId=group)
        assert sum(self.world.depth(self.url)) - before == int(new)

    @rule(target=handles, limit=st.integers(1, 4), visibility=st.sampled_from([VISIBILITY, 0, 90]))
    def receive(self, limit: int, visibility: int) -> MultipleResults[Held]:
        got = self.world.receive(
            self.url,
            limit,
            VisibilityTimeout=visibility,
            AttributeNames=["MessageGroupId", "ApproximateReceiveCount"],
        )
        taken: list[Held] = []
        expected: dict[str, list[str]] = {}
        # The order of the groups is the queue's own affair; the order within each is not.
        groups = dict.fromkeys(message["Attributes"]["MessageGroupId"] for message in got)
        for group in groups:
            mine = [m for m in got if m["Attributes"]["MessageGroupId"] == group]
            self.model.bury(group)
            ready = self.model.ready(group)[: len(mine)]
            expected[group] = [message.body for message in ready]
            assert bodies(mine) == expected[group]
            for message, answer in zip(ready, mine, strict=True):
                self.model.receives += 1
                message.receives += 1
                assert answer["Attributes"]["ApproximateReceiveCount"] == str(message.receives)
                message.receive, message.returned = self.model.receives, False
                message.visible_at = self.model.now + visibility
                taken.append(Held(answer["ReceiptHandle"], self.model.receives, message.body))
        if len(got) < limit:
            self._nothing_was_left(groups, visibility)
        return multiple(*taken)

    def _nothing_was_left(self, received: dict[str, None], visibility: int) -> None:
        """A receive that was not filled took everything there was."""
        for group in "abc":
            if group not in received:
                self.model.bury(group)
                assert self.model.ready(group) == []

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
        self.world.call("StartMessageMoveTask", SourceArn=str(arn("mortas.fifo")))
        self.world.advance(0)
        for message in self.model.dead:
            self.model.sends += 1
            self.model.seen[message.body] = self.model.now + INTERVAL
            self.model.queue.append(Message(message.body, message.group, self.model.sends, self.model.now))
        self.model.dead.clear()

    @invariant()
    def every_message_is_somewhere(self) -> None:
        hidden = sum(message.visible_at > self.model.now for message in self.model.queue)
        visible, in_flight, delayed = self.world.depth(self.url)
        dead = sum(self.world.depth(self.dead))
        assert (in_flight, delayed) == (hidden, 0)
        # What was received too often moves when a receive finds it, which the model learns of later.
        assert visible + in_flight + dead == len(self.model.queue) + len(self.model.dead)

    def teardown(self) -> None:
        self.world.__exit__(None, None, None)


FifoMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestFifoMachine = FifoMachine.TestCase
