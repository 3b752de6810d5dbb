"""SQS against a small model, under any order of sends, receives, deletes, changes, purges and time."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from sandbox.model.hops import HopKind
from tests.contract.sqs.harness import START, World, bodies

MAX_RECEIVES = 2
VISIBILITY = 30
RETENTION = {"fonte": 2000, "morta": 1500}
QUEUES = st.sampled_from(sorted(RETENTION))
SECONDS = st.sampled_from([30, 0, 1, 29, 31, 60])


@dataclass
class Message:
    """What the model knows of a message."""

    order: int
    queue: str
    sent: float
    visible_at: float
    receives: int = 0
    receive: int | None = None
    returned: bool = False
    received_at: float = 0.0

    @property
    def body(self) -> str:
        return f"mensagem {self.order}"


@dataclass
class Model:
    """The rules of standard queues with a dead-letter queue."""

    now: float = START
    messages: list[Message] = field(default_factory=list)
    purged: dict[str, float] = field(default_factory=dict)
    sends: int = 0
    receives: int = 0

    def alive(self, queue: str) -> list[Message]:
        kept = [m for m in self.messages if m.queue == queue and m.sent + RETENTION[queue] > self.now]
        return sorted(kept, key=lambda m: (m.visible_at, m.sent, m.order))

    def send(self, queue: str, delay: int) -> Message:
        message = Message(self.sends, queue, self.now, self.now + delay)
        self.sends += 1
        self.messages.append(message)
        return message

    def receive(self, queue: str, limit: int, visibility: int) -> list[tuple[Message, int]]:
        while True:
            ready = [m for m in self.alive(queue) if m.visible_at <= self.now][:limit]
            dead = [m for m in ready if queue == "fonte" and m.receives >= MAX_RECEIVES]
            if not dead:
                break
            for message in dead:
                message.queue, message.visible_at, message.receive = "morta", self.now, None
        taken = []
        for message in ready:
            self.receives += 1
            message.receives += 1
            message.receive, message.returned = self.receives, False
            message.received_at, message.visible_at = self.now, self.now + visibility
            taken.append((message, self.receives))
        return taken

    def held(self, queue: str, receive: int) -> Message | None:
        """The message whose latest receive this is; expired ones may or may not be swept yet."""
        return next((m for m in self.alive(queue) if m.receive == receive), None)

    def counts(self, queue: str) -> tuple[int, int, int]:
        alive = self.alive(queue)
        hidden = [m for m in alive if m.visible_at > self.now]
        in_flight = sum(m.receive is not None for m in hidden)
        return len(alive) - len(hidden), in_flight, len(hidden) - in_flight


@dataclass(frozen=True)
class Held:
    """A receipt handle, and the receive of the model that it stands for."""

    queue: str
    handle: str
    receive: int


class SqsMachine(RuleBasedStateMachine):
    """Drives both and compares."""

    handles: Bundle[Held] = Bundle("handles")

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.model = Model()
        dead = {
            "deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:morta",
            "maxReceiveCount": MAX_RECEIVES,
        }
        self.urls = {
            "morta": self.world.queue("morta", MessageRetentionPeriod=str(RETENTION["morta"])),
            "fonte": self.world.queue(
                "fonte", MessageRetentionPeriod=str(RETENTION["fonte"]), RedrivePolicy=dead
            ),
        }

    @initialize()
    def begin_with_work(self) -> None:
        for _ in range(3):
            self.world.send(self.urls["fonte"], self.model.send("fonte", 0).body)

    @rule(queue=QUEUES, delay=st.sampled_from([0, 0, 0, 5, 45]))
    def send(self, queue: str, delay: int) -> None:
        message = self.model.send(queue, delay)
        self.world.send(self.urls[queue], message.body, DelaySeconds=delay)

    @rule(
        target=handles,
        queue=QUEUES,
        limit=st.integers(1, 3),
        visibility=st.sampled_from([VISIBILITY, 0, 100]),
    )
    def receive(self, queue: str, limit: int, visibility: int) -> MultipleResults[Held]:
        return self._receive(queue, limit, visibility)

    def _receive(self, queue: str, limit: int, visibility: int) -> MultipleResults[Held]:
        got = self.world.receive(
            self.urls[queue], limit, VisibilityTimeout=visibility, AttributeNames=["ApproximateReceiveCount"]
        )
        expected = self.model.receive(queue, limit, visibility)
        assert bodies(got) == [message.body for message, _ in expected]
        counts = [message["Attributes"]["ApproximateReceiveCount"] for message in got]
        assert counts == [str(message.receives) for message, _ in expected]
        taken = zip(got, expected, strict=True)
        return multiple(*(Held(queue, message["ReceiptHandle"], receive) for message, (_, receive) in taken))

    @rule(target=handles, limit=st.integers(1, 3))
    def receive_and_fail(self, limit: int) -> MultipleResults[Held]:
        """The way to the dead-letter queue: a consumer takes messages and lets their timeout lapse."""
        held = self._receive("fonte", limit, VISIBILITY)
        self._advance(VISIBILITY)
        return held

    @rule(held=handles)
    def delete(self, held: Held) -> None:
        self.world.delete(self.urls[held.queue], held.handle)
        message = self.model.held(held.queue, held.receive)
        if message is not None:
            self.model.messages.remove(message)

    @rule(held=handles, seconds=SECONDS)
    def change_visibility(self, held: Held, seconds: int) -> None:
        message = self.model.held(held.queue, held.receive)
        expected = "ok"
        if message is None:
            expected = "InvalidParameterValue"
        elif message.returned:
            expected = "MessageNotInflight"
        elif message.visible_at > self.model.now:
            message.visible_at, message.returned = self.model.now + seconds, seconds == 0
        if expected == "ok":
            self.world.hide(self.urls[held.queue], held.handle, seconds)
            return
        params = {"ReceiptHandle": held.handle, "VisibilityTimeout": seconds}
        error = self.world.refused("ChangeMessageVisibility", QueueUrl=self.urls[held.queue], **params)
        assert error.code == expected

    @rule(seconds=SECONDS)
    def advance(self, seconds: int) -> None:
        self._advance(seconds)

    @rule()
    def wait_long(self) -> None:
        self._advance(700)

    def _advance(self, seconds: int) -> None:
        self.world.advance(seconds)
        self.model.now += seconds

    @precondition(lambda self: len(self.model.messages) > 3)
    @rule(queue=QUEUES)
    def purge(self, queue: str) -> None:
        last = self.model.purged.get(queue)
        if last is not None and self.model.now - last < 60:
            assert self.world.refused("PurgeQueue", QueueUrl=self.urls[queue]).code == "PurgeQueueInProgress"
            return
        self.world.call("PurgeQueue", QueueUrl=self.urls[queue])
        self.model.purged[queue] = self.model.now
        self.model.messages = [message for message in self.model.messages if message.queue != queue]

    @invariant()
    def counts_agree(self) -> None:
        for queue, url in self.urls.items():
            assert self.world.depth(url) == self.model.counts(queue)

    @invariant()
    def hops_are_chains(self) -> None:
        for hop in self.world.hops.hops:
            assert hop.kind is HopKind.MESSAGE_SENT or (hop.cause is not None and hop.cause < hop.id)

    def teardown(self) -> None:
        self.world.__exit__(None, None, None)


# What hypothesis sets for state machines stays: no deadline, no check of how quick a machine is.
SqsMachine.TestCase.settings = settings(SqsMachine.TestCase.settings, max_examples=80, stateful_step_count=40)
TestSqsMachine = SqsMachine.TestCase
