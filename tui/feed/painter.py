"""Makes the next picture of the last one: asks for every wanted topic that is due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from sandbox.control.client import RemoteError
from sandbox.errors import NotRunningError, SandboxError
from tui.feed.base import Channel
from tui.feed.topics import TOPICS, Topic
from tui.picture import Connection, Link, Picture, Trouble

#: A slow topic may take at most this share of the time.
_SHARE = 0.2
#: In a quiet sandbox a topic is asked for a little early, with one that is due: one picture, not two.
_TOGETHER = 0.7


def trouble_of(error: Exception) -> Trouble:
    """An error as what the dashboard says about it."""
    if isinstance(error, SandboxError):
        missing = isinstance(error, RemoteError) and "has no control method" in error.what
        return Trouble(error.what, error.why, error.remedy, missing=missing)
    return Trouble(
        "the sandbox answered something this dashboard cannot read",
        f"{type(error).__name__}: {error}",
        "dashboard and sandbox are of different versions: restart the sandbox",
    )


class Painter:
    """Keeps the picture and what is due when.

    Args:
        wall: the wall clock, seconds since the epoch.
    """

    def __init__(self, wall: Callable[[], float]) -> None:
        self.picture = Picture(connection=Connection(since=wall()))
        self._wall = wall
        self._asked: dict[str, float] = {}
        self._next: dict[str, float] = {}
        #: How often the sandbox has told of a change, and how often it had when a topic was asked for last.
        self._changes = 0
        self._known: dict[str, int] = {}

    def changed(self) -> None:
        """Something has happened in the sandbox: every topic may be another."""
        self._changes += 1

    def forget(self, topics: frozenset[str]) -> None:
        """Asks for these at the next occasion, whenever they were asked for last."""
        for topic in topics:
            self._known.pop(topic, None)
            self._next.pop(topic, None)

    def due(self, topics: frozenset[str]) -> list[str]:
        """The topics to ask for now."""
        now = self._wall()
        due, quiet = [], []
        for name in sorted(topics):
            if name in self.picture.missing or now < self._next.get(name, 0):
                continue
            if self._may_be_other(name):
                due.append(name)
            elif now - self._asked.get(name, 0) >= TOPICS[name].idle * _TOGETHER:
                quiet.append(name)
        if due or any(now - self._asked.get(name, 0) >= TOPICS[name].idle for name in quiet):
            return sorted([*due, *quiet])
        return []

    def wait(self, topics: frozenset[str]) -> float:
        """Seconds until the next topic is due."""
        now = self._wall()
        waits = [
            max(
                self._next.get(name, 0) - now,
                0 if self._may_be_other(name) else self._asked.get(name, 0) + TOPICS[name].idle - now,
            )
            for name in topics
            if name not in self.picture.missing
        ]
        return max(0.0, min(waits, default=5.0))

    def _may_be_other(self, name: str) -> bool:
        return self._known.get(name) != self._changes

    def paint(self, channel: Channel, names: list[str]) -> Picture:
        """Asks and returns the new picture.

        Raises:
            NotRunningError: the sandbox went away meanwhile.
        """
        picture = self.picture
        for name in names:
            began, status = self._wall(), picture.status
            self._known[name] = self._changes
            picture = self._answer(picture, channel, name, TOPICS[name])
            ended = self._wall()
            if picture.status is not status:
                picture = replace(picture, status_at=ended)
            self._asked[name] = began
            self._next[name] = began + max(TOPICS[name].every, (ended - began) / _SHARE)
        connection = picture.connection
        if connection.link is not Link.LIVE:
            connection = Connection(Link.LIVE, self._wall())
        self.picture = replace(picture, connection=connection, taken_at=self._wall())
        return self.picture

    def lose(self, error: SandboxError) -> Picture:
        """The last picture, with the connection lost; since when stays what it was at first."""
        connection = self.picture.connection
        since = connection.since if connection.link is Link.LOST else self._wall()
        self.picture = replace(
            self.picture,
            connection=Connection(Link.LOST, since, error.what, error.remedy),
            missing=frozenset(),
        )
        self._known.clear()
        self._next.clear()
        return self.picture

    def _answer(self, picture: Picture, channel: Channel, name: str, topic: Topic) -> Picture:
        try:
            answer: Any = msgspec.convert(channel.call(topic.method, **topic.params), topic.kind)
            picture = topic.put(picture, answer)
        except NotRunningError:
            raise
        except (SandboxError, msgspec.ValidationError) as error:
            trouble = trouble_of(error)
            missing = picture.missing | {name} if trouble.missing else picture.missing
            text = trouble.what if trouble.missing else f"{trouble.what}: {trouble.why}"
            return replace(picture, missing=missing, troubles={**picture.troubles, name: text})
        if name in picture.troubles:
            rest = {other: text for other, text in picture.troubles.items() if other != name}
            return replace(picture, troubles=rest)
        return picture
