"""Archives at work: they keep the events of their bus that match, and let them go when their time has come.

Page: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive-event.html
"""

from __future__ import annotations

from sandbox.clock import Timer, TimerKind
from sandbox.model.event_patterns import EventPattern, FlatEvent
from sandbox.model.scope import Scope
from sandbox.services.base import PAUSE, Kit
from sandbox.services.events.archive_store import Archive, ArchiveStore
from sandbox.services.events.documents import EventDocument, event_time


class Archivist:
    """Keeps events in archives.

    Args:
        kit: clock.
        store: where archives are.
    """

    def __init__(self, kit: Kit, store: ArchiveStore) -> None:
        self._clock = kit.clock
        self._store = store
        self._by_bus: dict[tuple[Scope, str], list[tuple[Archive, EventPattern | None]]] | None = None
        self._timer: Timer | None = None

    def start(self) -> None:
        """Deletes what has expired meanwhile, and sets the timer for the next."""
        self.changed()

    def recall(self) -> None:
        """Reads the archives anew; see `Service.recall`."""
        self._by_bus = None
        self._arm(not_before=self._clock.now() + PAUSE)

    def stop(self) -> None:
        """Ends the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def changed(self) -> None:
        """Archives were made, changed or deleted."""
        self._by_bus = None
        self._sweep()

    def keep(self, scope: Scope, bus: str, event: EventDocument, flat: FlatEvent) -> None:
        """Adds an event to the archives of its bus that want it."""
        for archive, pattern in self._of(scope, bus):
            if pattern is None or pattern.matches(flat):
                now = self._clock.now()
                self._store.keep(archive, event_time(event.time), now, event.size, event.text)
                if archive.retention and self._timer is None:
                    self._arm()

    def _of(self, scope: Scope, bus: str) -> list[tuple[Archive, EventPattern | None]]:
        if self._by_bus is None:
            self._by_bus = {}
            for archive in self._store.archives():
                pattern = None if archive.pattern is None else EventPattern(archive.pattern)
                self._by_bus.setdefault((archive.scope, archive.bus), []).append((archive, pattern))
        return self._by_bus.get((scope, bus), [])

    def _sweep(self) -> None:
        now = self._clock.now()
        for archive in self._store.archives():
            self._store.expire(archive, now)
        self._arm()

    def _arm(self, *, not_before: float = 0.0) -> None:
        """One timer, for the event that expires next in any archive."""
        self.stop()
        due = [
            when
            for archive in self._store.archives()
            if (when := self._store.next_expiry(archive)) is not None
        ]
        if due:
            self._timer = self._clock.call_at(
                max(min(due), not_before),
                self._sweep,
                label="events: retention of archives",
                kind=TimerKind.EXPIRY,
            )
