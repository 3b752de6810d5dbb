"""Archives of event buses: what is in them, and replaying it."""

from __future__ import annotations

import math
from difflib import get_close_matches
from typing import TYPE_CHECKING

from sandbox.control.server import Method
from sandbox.errors import UsageError
from sandbox.model.arn import is_arn, parse_arn, rule_arn
from sandbox.model.call import Call
from sandbox.model.scope import Scope
from sandbox.model.views.archives import ArchiveView, ReplayView
from sandbox.services.events.archive_store import Archive, ArchiveStore, Replay
from sandbox.session.rules import events_service

if TYPE_CHECKING:
    from sandbox.session.session import Session


class Archives:
    """Methods about archives and replays."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def table(self) -> dict[str, Method]:
        """Name of each method -> what answers it."""
        return {
            "bus_archives": self.bus_archives,
            "bus_replays": self.bus_replays,
            "bus_replay": self.bus_replay,
            "bus_cancel": self.bus_cancel,
        }

    async def bus_archives(self) -> list[ArchiveView]:
        """Every archive, by name."""
        return [self._archive_view(archive) for archive in self._store.archives(Scope())]

    async def bus_replays(self) -> list[ReplayView]:
        """Every replay, the newest first."""
        replays = sorted(self._store.replays(Scope()), key=lambda replay: (-replay.started, replay.name))
        return [_replay_view(replay) for replay in replays]

    async def bus_replay(
        self,
        archive: str,
        since: float | None = None,
        until: float | None = None,
        rules: list[str] | None = None,
        name: str | None = None,
    ) -> ReplayView:
        """Starts a replay, as StartReplay does.

        Args:
            archive: its name, part of it, or its ARN.
            since, until: of the times in the events (`until` not included), seconds since the epoch; None
                takes the archive from its first event, and until now.
            rules: names or ARNs of the rules that alone get the events; None means every rule of the bus.
            name: of the replay; None makes one.

        Raises:
            UsageError: no such archive.
            AwsError: what the service answered.
        """
        found = self._archive(archive)
        span = self._store.span(found)
        now = math.floor(self._session.clock.now()) + 1
        if since is None:
            since = span[0] if span else found.created
        arns = [self._rule(found, rule) for rule in rules or ()]
        filters = {"FilterArns": arns} if arns else {}
        name = name or f"{found.name[:50]}-{self._session.ids.hex(8)}"
        await self._session.client.call(
            "events",
            "StartReplay",
            {
                "ReplayName": name,
                "EventSourceArn": str(found.arn),
                "EventStartTime": since,
                "EventEndTime": max(now, since + 1) if until is None else until,
                "Destination": {"Arn": str(found.bus_arn), **filters},
            },
        )
        return _replay_view(self._store.replay(Scope(), name))

    async def bus_cancel(self, replay: str) -> ReplayView:
        """Cancels a replay, as CancelReplay does.

        Raises:
            UsageError: no such replay.
            AwsError: it is over.
        """
        if self._store.find_replay(Scope(), replay) is None:
            known = [one.name for one in self._store.replays(Scope())]
            near = get_close_matches(replay, known, n=1)
            said = (
                f"Did you mean {near[0]}?"
                if near
                else f"There are {len(known)}."
                if known
                else "There is none."
            )
            raise UsageError(f"there is no replay {replay}", said, "`sandbox bus replays` lists them")
        await self._session.client.call("events", "CancelReplay", {"ReplayName": replay}, Call())
        return _replay_view(self._store.replay(Scope(), replay))

    # --- inside ------------------------------------------------------------------------------------------
    @property
    def _store(self) -> ArchiveStore:
        return events_service(self._session).archives

    def _archive(self, name: str) -> Archive:
        known = {archive.name: archive for archive in self._store.archives(Scope())}
        wanted = parse_arn(name).name if is_arn(name) else name
        matching = [wanted] if wanted in known else [other for other in known if wanted in other]
        if len(matching) == 1:
            return known[matching[0]]
        near = matching or get_close_matches(wanted, known, n=3)
        raise UsageError(
            f"there is no archive {name}" if not matching else f"{name} is part of several archives' names",
            f"the sandbox has: {', '.join(known) or 'none'}",
            f"say {' or '.join(near)}" if near else "`sandbox bus archives` lists them",
        )

    def _rule(self, archive: Archive, name: str) -> str:
        """The ARN of a rule of the archive's bus.

        Raises:
            UsageError: no such rule.
        """
        arn = name if is_arn(name) else str(rule_arn(archive.scope, archive.bus, name))
        store = events_service(self._session).store
        names = [rule.name for rule in store.rules(archive.scope, archive.bus)]
        if arn in (str(rule_arn(archive.scope, archive.bus, known)) for known in names):
            return arn
        near = get_close_matches(name, names, n=3)
        raise UsageError(
            f"the bus {archive.bus} has no rule {name}",
            f"its rules are: {', '.join(names) or 'none'}",
            f"say {' or '.join(near)}" if near else "`sandbox bus ls` lists them",
        )

    def _archive_view(self, archive: Archive) -> ArchiveView:
        events, size = self._store.holdings(archive)
        span = self._store.span(archive)
        return ArchiveView(
            name=archive.name,
            arn=str(archive.arn),
            bus=archive.bus,
            pattern=archive.pattern or "",
            retention_days=archive.retention,
            events=events,
            bytes=size,
            first_at=span[0] if span else None,
            last_at=span[1] if span else None,
        )


def _replay_view(replay: Replay) -> ReplayView:
    return ReplayView(
        name=replay.name,
        archive=replay.archive,
        bus=replay.bus,
        state=replay.state,
        since=replay.since,
        until=replay.until,
        started_at=replay.started,
        ended_at=replay.ended,
        rules=[parse_arn(arn).name for arn in replay.filters],
        replayed=replay.replayed,
        last_at=replay.cursor[0] if replay.cursor else None,
    )
