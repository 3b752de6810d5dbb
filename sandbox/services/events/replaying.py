"""Replays at work: archived events go to the rules of their bus again, by the time in them, on the clock.

A replay takes a second of virtual time for each hundred events, so that its states can be seen and it can be
cancelled; where it stands is stored with what it has handed over, so none is lost or repeated by a crash.
Page: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html
"""

from __future__ import annotations

from sandbox.clock import Timer, TimerKind
from sandbox.model.scope import Scope
from sandbox.services.base import PAUSE, Kit
from sandbox.services.events.archive_store import ArchiveStore, Replay
from sandbox.services.events.publishing import Publisher

STARTING, RUNNING, CANCELLING = "STARTING", "RUNNING", "CANCELLING"
COMPLETED, CANCELLED = "COMPLETED", "CANCELLED"
#: Virtual seconds between the steps of a replay, and events of each.
STEP = 1.0
BATCH = 100

_Key = tuple[Scope, str]


class ReplayRunner:
    """Runs replays.

    Args:
        kit: clock.
        store: where archives and replays are.
        publisher: gives events to rules.
    """

    def __init__(self, kit: Kit, store: ArchiveStore, publisher: Publisher) -> None:
        self._clock = kit.clock
        self._store = store
        self._publisher = publisher
        self._timers: dict[_Key, Timer] = {}

    def start(self) -> None:
        """Goes on with the replays that are not over."""
        self.stop()
        for replay in self._store.running_replays():
            self._arm(replay)

    def recall(self) -> None:
        """Has every replay go on from where it stands in the store; see `Service.recall`."""
        self.stop()
        for replay in self._store.running_replays():
            self._arm(replay, not_before=self._clock.now() + PAUSE)

    def stop(self) -> None:
        """Ends all timers; where each replay stands is stored."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def begin(self, replay: Replay) -> None:
        """Starts a new replay."""
        self._put_off(replay)

    def cancel(self, replay: Replay) -> None:
        """Has a replay end at its next step instead of going on."""
        replay.state = CANCELLING
        self._store.put_replay(replay)

    # --- inside ------------------------------------------------------------------------------------------
    def _put_off(self, replay: Replay) -> None:
        replay.next_at = self._clock.now() + STEP
        self._store.put_replay(replay)
        self._arm(replay)

    def _arm(self, replay: Replay, *, not_before: float = 0.0) -> None:
        if replay.next_at is not None:
            key = (replay.scope, replay.name)
            self._timers[key] = self._clock.call_at(
                max(replay.next_at, not_before),
                lambda: self._step(key),
                label=f"events: replay {replay.name}",
                kind=TimerKind.WORK,
            )

    def _step(self, key: _Key) -> None:
        self._timers.pop(key, None)
        replay = self._store.replay(*key)
        if replay.state == CANCELLING:
            self._end(replay, CANCELLED)
            return
        replay.state = RUNNING
        events = self._store.following(replay, BATCH)
        for event in events:
            self._publisher.replay(replay.scope, replay.bus, event.document, replay)
            replay.cursor = (event.at, event.id)
            replay.replayed += 1
        if len(events) < BATCH:
            self._end(replay, COMPLETED)
        else:
            self._put_off(replay)

    def _end(self, replay: Replay, state: str) -> None:
        replay.state, replay.ended, replay.next_at = state, self._clock.now(), None
        self._store.put_replay(replay)
