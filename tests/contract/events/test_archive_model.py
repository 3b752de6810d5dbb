"""Archives and replays against a model that remembers every event: what is kept, and what comes again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.contract.events.harness import START, World

BUS = "arn:aws:events:us-east-1:000000000000:event-bus/default"
ARCHIVE = "arn:aws:events:us-east-1:000000000000:archive/arquivo"
DAY = 86_400
KINDS = ("a", "b")
STEP = 100


@dataclass
class Kept:
    """An event in the archive: the time in it, and when it came."""

    number: int
    kind: str
    at: int
    archived: float


@dataclass
class Expected:
    """A replay under way, as the model runs it."""

    name: str
    since: float
    until: float
    kinds: tuple[str, ...]
    next_at: float
    cursor: tuple[float, int]
    cancelled: bool = False


class Archives(RuleBasedStateMachine):
    """An archive, two rules that each want one kind of event, and replays."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.now = START
        self.kept: list[Kept] = []
        self.replays: list[Expected] = []
        self.again: list[tuple[int, str]] = []
        self.number = 0
        self.retention = 0
        self.only: str | None = None

    @initialize(kind=st.sampled_from([None, *KINDS]), retention=st.sampled_from([0, 1, 2]))
    def begin(self, kind: str | None, retention: int) -> None:
        for name in KINDS:
            self.world.rule(name, {"detail-type": [name]}, queue=name)
        self.only, self.retention = kind, retention
        pattern: dict[str, Any] = {"EventPattern": json.dumps({"detail-type": [kind]})} if kind else {}
        given: dict[str, Any] = {"ArchiveName": "arquivo", "EventSourceArn": BUS, "RetentionDays": retention}
        self.world.call("CreateArchive", **given, **pattern)

    def teardown(self) -> None:
        self.world.__exit__(None, None, None)

    @rule(kind=st.sampled_from(KINDS), offset=st.integers(-200, 200), count=st.sampled_from([1, 2, 130]))
    def put(self, kind: str, offset: int, count: int) -> None:
        for _ in range(count):
            self.number += 1
            at = int(self.now) + offset
            self.world.put(DetailType=kind, Detail=json.dumps({"n": self.number}), Time=at)
            if self.only in (None, kind):
                self.kept.append(Kept(self.number, kind, at, self.now))

    @rule(seconds=st.sampled_from([1, 1, 2, 100, DAY / 2, DAY]))
    def advance(self, seconds: float) -> None:
        self._pass(seconds)

    def _pass(self, seconds: float) -> None:
        self.world.advance(seconds)
        target = self.now + seconds
        while (due := self._next_due()) <= target:
            self.now = due
            self._expire()
            for replay in [replay for replay in self.replays if replay.next_at == due]:
                self._step(replay)
        self.now = target
        self._expire()

    @rule(retention=st.sampled_from([0, 1, 2]))
    def keep_for(self, retention: int) -> None:
        self.world.call("UpdateArchive", ArchiveName="arquivo", RetentionDays=retention)
        self.retention = retention
        self._expire()

    @rule(
        since=st.sampled_from([-1_000, -300, -50, 50]),
        length=st.sampled_from([50, 400, 2_000]),
        kinds=st.sampled_from([("a",), ("b",), ("a", "b")]),
        seconds=st.sampled_from([1, 0, 2]),
    )
    def replay(self, since: int, length: int, kinds: tuple[str, ...], seconds: int) -> None:
        if len(self.replays) >= 10:
            return
        self.number += 1
        start = int(self.now) + since
        rules = [f"arn:aws:events:us-east-1:000000000000:rule/{kind}" for kind in kinds]
        destination: dict[str, Any] = {"Arn": BUS, "FilterArns": rules}
        name = f"r{self.number}"
        self.world.call(
            "StartReplay",
            ReplayName=name,
            EventSourceArn=ARCHIVE,
            EventStartTime=start,
            EventEndTime=start + length,
            Destination=destination,
        )
        self.replays.append(Expected(name, start, start + length, kinds, self.now + 1, (start, 0)))
        self._pass(seconds)

    @rule()
    def cancel_the_newest(self) -> None:
        running = [replay for replay in self.replays if not replay.cancelled]
        if running:
            running[-1].cancelled = True
            self.world.call("CancelReplay", ReplayName=running[-1].name)

    @invariant()
    def the_archive_holds_what_the_model_holds(self) -> None:
        found = self.world.call("ListArchives")["Archives"]
        assert [each["EventCount"] for each in found] in ([], [len(self.kept)])

    @invariant()
    def what_came_again_is_what_the_model_expects(self) -> None:
        bodies = [json.loads(delivery.body) for _, delivery in self.world.targets.taken]
        again = [(body["detail"]["n"], body["detail-type"]) for body in bodies if "replay-name" in body]
        assert sorted(again) == sorted(self.again)

    # --- the model ---------------------------------------------------------------------------------------
    def _next_due(self) -> float:
        return min((replay.next_at for replay in self.replays), default=float("inf"))

    def _expire(self) -> None:
        if self.retention:
            oldest = self.now - self.retention * DAY
            self.kept = [event for event in self.kept if event.archived > oldest]

    def _step(self, replay: Expected) -> None:
        following = sorted(
            (event.at, event.number, event.kind)
            for event in self.kept
            if (event.at, event.number) > replay.cursor and event.at < replay.until
        )[:STEP]
        if replay.cancelled:
            following = []
        for at, number, kind in following:
            replay.cursor = (at, number)
            if kind in replay.kinds:
                self.again.append((number, kind))
        if len(following) < STEP:
            self.replays.remove(replay)
        else:
            replay.next_at += 1


Archives.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestArchives = Archives.TestCase
