"""Live tail: whoever asks is sent the events that some groups get from now on.

Reference: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.clock import Clock, TimerKind
from sandbox.model.scope import Scope
from sandbox.services.logs.store import LogLine

#: Events of one update, and those that are kept for a client that does not keep up; the oldest go first.
MOST = 500
KEPT = 5_000
#: Virtual seconds that a session lasts.
LONGEST = 3 * 3600.0

Follow = Callable[[Callable[[LogLine], None]], Callable[[], None]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a session shows.

    Attributes:
        scope: of the groups.
        groups: the ARNs that were asked for, by the name of their group.
        streams, prefixes: names of log streams, or what they begin with; none means all.
        pattern: the filter pattern, `matches` what it means.
    """

    scope: Scope
    groups: Mapping[str, str]
    streams: tuple[str, ...]
    prefixes: tuple[str, ...]
    pattern: str
    matches: Callable[[str], bool]

    def takes(self, line: LogLine) -> bool:
        """Whether a line is shown."""
        if line.group not in self.groups or line.scope != self.scope:
            return False
        if self.streams and line.stream not in self.streams:
            return False
        if self.prefixes and not line.stream.startswith(self.prefixes):
            return False
        return self.matches(line.message)


class Session:
    """One client's live tail.

    Args:
        follow: has lines told.
        identity: of the session. request_id: of the call that began it.
    """

    def __init__(self, clock: Clock, follow: Follow, wanted: Wanted, identity: str, request_id: str) -> None:
        self._clock = clock
        self._follow = follow
        self._wanted = wanted
        self._identity = identity
        self._request_id = request_id
        self._lines: deque[tuple[LogLine, int]] = deque(maxlen=KEPT)
        self._dropped = False
        self._expired = False
        self._closed = False
        self._news = asyncio.Event()

    def close(self) -> None:
        """Ends the session: the service stops."""
        self._closed = True
        self._news.set()

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """What the client is sent; updates come when there is something to show."""
        unfollow = self._follow(self._take)
        timer = self._clock.call_later(LONGEST, self._expire, label="live tail", kind=TimerKind.EXPIRY)
        try:
            yield {"sessionStart": self._start()}
            while not self._closed:
                await self._news.wait()
                if self._lines:
                    yield {"sessionUpdate": self._update()}
                elif self._expired:
                    yield {"SessionTimeoutException": {"message": "The live tail session has timed out."}}
                    return
        finally:
            unfollow()
            timer.cancel()

    def _take(self, line: LogLine) -> None:
        if self._wanted.takes(line):
            self._dropped |= len(self._lines) == KEPT
            self._lines.append((line, self._clock.now_ms()))
            self._news.set()

    def _expire(self) -> None:
        self._expired = True
        self._news.set()

    def _start(self) -> dict[str, Any]:
        wanted = self._wanted
        return {
            "requestId": self._request_id,
            "sessionId": self._identity,
            "logGroupIdentifiers": list(wanted.groups.values()),
            "logStreamNames": list(wanted.streams),
            "logStreamNamePrefixes": list(wanted.prefixes),
            "logEventFilterPattern": wanted.pattern,
        }

    def _update(self) -> dict[str, Any]:
        lines = [self._lines.popleft() for _ in range(min(MOST, len(self._lines)))]
        sampled, self._dropped = self._dropped, False
        if not self._lines and not self._expired and not self._closed:
            self._news.clear()
        results = [
            {
                "logStreamName": line.stream,
                "logGroupIdentifier": self._wanted.groups[line.group],
                "message": line.message,
                "timestamp": int(line.at * 1000),
                "ingestionTime": ingested,
            }
            for line, ingested in lines
        ]
        return {"sessionMetadata": {"sampled": sampled}, "sessionResults": results}
