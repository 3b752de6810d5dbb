"""The live feed over fake connections: pictures, changes, reconnecting, questions, the tail."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from textual.message import Message

from sandbox.control.client import RemoteError
from sandbox.control.protocol import ErrorInfo
from sandbox.errors import NotRunningError
from sandbox.model.views.sagas import SagaView
from sandbox.model.views.system import Snapshot
from tests.tui import canned
from tui.feed.live import LiveFeed
from tui.feed.messages import Answered, Ask, Heard, LinesReady, Pictured
from tui.feed.painter import Painter, trouble_of
from tui.feed.tail import Tail
from tui.feed.topics import TOPICS
from tui.picture import Link

_PATIENCE = 20.0
SNAPSHOT = Snapshot(
    revision=1,
    status=msgspec.to_builtins(canned.STATUS),
    map=canned.MAP,
    functions=canned.FUNCTIONS,
    buses=canned.BUSES,
)


class Wall:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeSandbox:
    """Answers as the daemon does, over any number of connections.

    Attributes:
        up: whether it runs.
        answers: method -> answer, or an error to raise.
    """

    def __init__(self) -> None:
        self.up = True
        self.answers: dict[str, Any] = {
            "snapshot": SNAPSHOT,
            "queue_ls": canned.QUEUES,
            "saga_ls": canned.SAGAS[:3],
            "flow_show": canned.flow("103"),
        }
        self.asked: list[str] = []
        self.changes: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self.lines: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def open(self) -> FakeChannel:
        """A connection."""
        if not self.up:
            raise NotRunningError("no sandbox is running", "nothing answers", "start one")
        return FakeChannel(self)


class FakeChannel:
    """One connection to it."""

    def __init__(self, sandbox: FakeSandbox) -> None:
        self._sandbox = sandbox
        self.dropped = 0

    def call(self, method: str, **params: Any) -> Any:
        """Answers, as plain data."""
        if not self._sandbox.up:
            raise NotRunningError("the sandbox went away while it was asked", "closed", "start it again")
        self._sandbox.asked.append(method)
        answer = self._sandbox.answers.get(method)
        if answer is None:
            raise RemoteError(ErrorInfo(f"the sandbox has no control method {method}", "older", "restart"))
        if isinstance(answer, Exception):
            raise answer
        return msgspec.to_builtins(answer)

    def stream(self, method: str, **params: Any) -> Iterator[Any]:
        """Yields what the test puts in."""
        if method == "deploy":
            yield from ({"step": "deploy", "state": "begin"}, {"step": "deploy", "state": "done"})
            return
        source = self._sandbox.changes if method == "watch" else self._sandbox.lines
        while (item := source.get()) is not None:
            yield msgspec.to_builtins(item)
        raise NotRunningError("the sandbox went away while it was asked", "closed", "start it again")

    def close(self) -> None:
        """Nothing to do."""


class Inbox:
    """What a feed posted."""

    def __init__(self) -> None:
        self._messages: queue.Queue[Message] = queue.Queue()

    def __call__(self, message: Message) -> None:
        self._messages.put(message)

    def until(self, wanted: Callable[[Any], object]) -> Any:
        """The first message from now on that is wanted."""
        while True:
            message = self._messages.get(timeout=_PATIENCE)
            if wanted(message):
                return message


@pytest.fixture
def sandbox() -> FakeSandbox:
    return FakeSandbox()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def feed(sandbox: FakeSandbox, inbox: Inbox) -> Iterator[LiveFeed]:
    made = LiveFeed(sandbox.open)
    made.want(frozenset({"snapshot", "queues"}))
    made.start(inbox)
    yield made
    made.stop()
    sandbox.changes.put(None)
    sandbox.lines.put(None)


class TestLive:
    def test_a_picture_has_what_the_screen_wants_and_nothing_else(
        self, feed: LiveFeed, sandbox: FakeSandbox, inbox: Inbox
    ) -> None:
        picture = inbox.until(lambda message: isinstance(message, Pictured)).picture
        assert picture.live
        assert picture.status == canned.STATUS
        assert picture.queues == tuple(canned.QUEUES)
        assert picture.sagas is None
        assert "saga_ls" not in sandbox.asked

    def test_another_screen_wants_something_else(self, feed: LiveFeed, inbox: Inbox) -> None:
        feed.want(frozenset({"sagas"}))
        picture = inbox.until(lambda message: isinstance(message, Pictured) and message.picture.sagas).picture
        assert picture.sagas == tuple(canned.SAGAS[:3])

    def test_a_change_leads_to_a_newer_picture(
        self, feed: LiveFeed, sandbox: FakeSandbox, inbox: Inbox
    ) -> None:
        inbox.until(lambda message: isinstance(message, Pictured))
        sandbox.answers["queue_ls"] = canned.QUEUES[:1]
        sandbox.changes.put(2)
        inbox.until(lambda message: isinstance(message, Pictured) and len(message.picture.queues or ()) == 1)

    def test_it_comes_back_by_itself(self, feed: LiveFeed, sandbox: FakeSandbox, inbox: Inbox) -> None:
        inbox.until(lambda message: isinstance(message, Pictured))
        sandbox.up = False
        feed.refresh()
        lost = inbox.until(lambda message: isinstance(message, Pictured) and not message.picture.live).picture
        assert lost.connection.link is Link.LOST
        assert lost.queues == tuple(canned.QUEUES)
        assert lost.connection.remedy
        sandbox.up = True
        feed.refresh()
        inbox.until(lambda message: isinstance(message, Pictured) and message.picture.live)

    def test_a_sandbox_without_snapshots_is_asked_for_its_status(
        self, sandbox: FakeSandbox, inbox: Inbox
    ) -> None:
        del sandbox.answers["snapshot"]
        sandbox.answers["status"] = canned.STATUS
        feed = LiveFeed(sandbox.open)
        feed.start(inbox)
        picture = inbox.until(
            lambda message: isinstance(message, Pictured) and message.picture.status
        ).picture
        assert picture.missing == {"snapshot"}
        feed.stop()

    def test_questions_are_answered_to_their_asker(self, feed: LiveFeed) -> None:
        mine = Inbox()
        feed.ask(Ask("saga_ls", {"limit": 3}, list[SagaView]), mine)
        answer = mine.until(lambda message: isinstance(message, Answered))
        assert answer.value == canned.SAGAS[:3]
        assert answer.trouble is None

    def test_trouble_is_an_answer_too(self, feed: LiveFeed) -> None:
        mine = Inbox()
        feed.ask(Ask("queue_purge", {"queue": "q"}), mine)
        trouble = mine.until(lambda message: isinstance(message, Answered)).trouble
        assert trouble.missing
        feed.ask(Ask("queue_ls", {}, list[SagaView]), mine)
        trouble = mine.until(lambda message: isinstance(message, Answered)).trouble
        assert "cannot read" in trouble.what

    def test_a_stream_is_collected(self, feed: LiveFeed) -> None:
        mine = Inbox()
        feed.ask(Ask("deploy", {}, stream=True), mine)
        assert len(mine.until(lambda message: isinstance(message, Answered)).value) == 2

    def test_a_stream_is_told_item_by_item_until_it_is_stopped(
        self, feed: LiveFeed, sandbox: FakeSandbox
    ) -> None:
        inbox = Inbox()
        ask = Ask("dlq_redrive", stream=True, each=lambda item: None)
        feed.ask(ask, inbox)
        sandbox.lines.put({"done": 0})
        assert inbox.until(lambda message: isinstance(message, Heard)).item == {"done": 0}
        ask.stopped.set()
        sandbox.lines.put({"done": 1})
        sandbox.lines.put({"done": 2})
        answered = inbox.until(lambda message: isinstance(message, Answered))
        assert answered.value == [{"done": 0}, {"done": 1}]

    def test_log_lines_are_told_of_once_until_they_are_taken(
        self, feed: LiveFeed, sandbox: FakeSandbox, inbox: Inbox
    ) -> None:
        feed.follow_logs(on=True)
        for line in canned.log_lines(10):
            sandbox.lines.put(line)
        inbox.until(lambda message: isinstance(message, LinesReady))
        taken, dropped = feed.take_lines()
        while len(taken) < 10:
            inbox.until(lambda message: isinstance(message, LinesReady))
            more, dropped = feed.take_lines()
            taken += more
        assert taken == canned.log_lines(10)
        assert dropped == 0

    def test_stopping_ends_its_threads(self, sandbox: FakeSandbox, inbox: Inbox) -> None:
        before = set(threading.enumerate())
        feed = LiveFeed(sandbox.open)
        feed.start(inbox)
        inbox.until(lambda message: isinstance(message, Pictured))
        ours = set(threading.enumerate()) - before
        feed.stop()
        sandbox.changes.put(None)
        sandbox.lines.put(None)
        for thread in ours:
            thread.join(_PATIENCE)
        assert not any(thread.is_alive() for thread in ours)


class TestPainter:
    def test_a_topic_is_due_once_and_again_after_a_change(self) -> None:
        wall = Wall()
        painter = Painter(wall)
        topics = frozenset({"queues"})
        assert painter.due(topics) == ["queues"]
        painter.paint(FakeChannel(FakeSandbox()), ["queues"])
        painter.changed()
        assert painter.due(topics) == []
        wall.now += TOPICS["queues"].every
        assert painter.due(topics) == ["queues"]
        painter.paint(FakeChannel(FakeSandbox()), ["queues"])
        wall.now += TOPICS["queues"].every
        assert painter.due(topics) == []

    def test_one_change_is_painted_once_though_topics_are_asked_for_at_different_times(self) -> None:
        wall = Wall()
        painter = Painter(wall)
        topics = frozenset({"queues", "sagas"})
        painted = 0
        painter.paint(FakeChannel(FakeSandbox()), painter.due(topics))
        wall.now += TOPICS["queues"].every
        painter.changed()
        while wall.now < 1000.0 + TOPICS["queues"].idle * 0.9:
            if names := painter.due(topics):
                painter.paint(FakeChannel(FakeSandbox()), names)
                painted += 1
            wall.now += max(0.01, painter.wait(topics))
        assert painted == 2  # the queues at once, the sagas as soon as they may

    def test_what_changes_while_it_is_asked_for_is_asked_for_again(self) -> None:
        wall = Wall()
        painter = Painter(wall)

        class Changing(FakeChannel):
            def call(self, method: str, **params: Any) -> Any:
                painter.changed()
                return super().call(method, **params)

        painter.paint(Changing(FakeSandbox()), ["queues"])
        wall.now += TOPICS["queues"].every
        assert painter.due(frozenset({"queues"})) == ["queues"]

    def test_the_clock_goes_on_from_when_it_was_asked_for(self) -> None:
        """A part that is asked for later makes a newer picture, whose clock is as old as before."""
        wall = Wall()
        painter = Painter(wall)
        channel = FakeChannel(FakeSandbox())
        painter.paint(channel, ["snapshot"])
        then = painter.picture.now(wall())
        wall.now += 3
        assert painter.paint(channel, ["queues"]).now(wall()) == then + 3

    def test_a_quiet_sandbox_is_asked_now_and_then(self) -> None:
        wall = Wall()
        painter = Painter(wall)
        painter.paint(FakeChannel(FakeSandbox()), ["queues"])
        wall.now += TOPICS["queues"].idle
        assert painter.due(frozenset({"queues"})) == ["queues"]

    def test_a_slow_answer_is_asked_for_less_often(self) -> None:
        wall = Wall()
        painter = Painter(wall)

        class Slow(FakeChannel):
            def call(self, method: str, **params: Any) -> Any:
                wall.now += 2.0
                return super().call(method, **params)

        painter.paint(Slow(FakeSandbox()), ["queues"])
        painter.changed()
        wall.now += 5.0
        assert painter.due(frozenset({"queues"})) == []
        wall.now += 5.0
        assert painter.due(frozenset({"queues"})) == ["queues"]

    def test_one_topic_in_trouble_leaves_the_others(self) -> None:
        sandbox = FakeSandbox()
        sandbox.answers["saga_ls"] = RemoteError(
            ErrorInfo("the database cannot be asked", "it is down", "wait")
        )
        painter = Painter(Wall())
        picture = painter.paint(FakeChannel(sandbox), ["queues", "sagas"])
        assert picture.queues is not None
        assert "the database cannot be asked" in picture.troubles["sagas"]
        sandbox.answers["saga_ls"] = canned.SAGAS[:1]
        assert painter.paint(FakeChannel(sandbox), ["sagas"]).troubles == {}

    def test_since_when_it_is_lost_stays(self) -> None:
        wall = Wall()
        painter = Painter(wall)
        gone = NotRunningError("gone", "why", "do")
        assert painter.lose(gone).connection.since == 1000.0
        wall.now += 60
        assert painter.lose(gone).connection.since == 1000.0

    def test_an_error_of_ours_names_a_remedy(self) -> None:
        assert trouble_of(ValueError("x")).remedy


class TestTail:
    def test_it_is_bounded_and_counts(self) -> None:
        tail = Tail(5)
        told = [tail.put(line) for line in canned.log_lines(8)]
        assert told == [True] + [False] * 7
        lines, dropped = tail.take()
        assert len(lines) == 5
        assert dropped == 3
        assert tail.put(canned.log_lines(1)[0])
