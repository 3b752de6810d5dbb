"""The feed of a running sandbox: blocking connections in threads.

One thread paints pictures, one is told of changes, one tails the logs, and a few answer questions. Each has a
connection of its own, opens it again when it breaks, and only posts messages.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from textual.message import Message

from sandbox.errors import SandboxError
from sandbox.model.views.system import LogView
from tui.feed.base import Channel, Opener, Post
from tui.feed.messages import Answered, Ask, Heard, LinesReady, Pictured
from tui.feed.painter import Painter, trouble_of
from tui.feed.tail import Tail

_ANSWERERS = 3
_RETRY = 1.0
_LOG_LINES = 500


class LiveFeed:
    """A feed over control connections.

    Args:
        opener: opens a connection.
        wall: the wall clock, seconds since the epoch.
    """

    def __init__(self, opener: Opener, wall: Callable[[], float] = time.time) -> None:
        self._opener = opener
        self._painter = Painter(wall)
        self._topics: frozenset[str] = frozenset({"snapshot"})
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._logs_on = threading.Event()
        self._asks: queue.SimpleQueue[tuple[Ask, Post] | None] = queue.SimpleQueue()
        self._tail = Tail()
        self._post: Post = _nobody

    def start(self, post: Post) -> None:
        """Begins to post."""
        self._post = post
        works: list[tuple[str, Callable[[], None]]] = [
            ("paint", self._paint),
            ("watch", self._watch),
            ("logs", self._follow),
        ]
        works += [(f"answer-{number}", self._answer) for number in range(_ANSWERERS)]
        for name, work in works:
            threading.Thread(target=work, name=f"feed-{name}", daemon=True).start()

    def stop(self) -> None:
        """Ends; threads that wait for the sandbox end with their connection, or with the process."""
        self._stopped.set()
        self._post = _nobody
        self._wake.set()
        self._logs_on.set()
        for _ in range(_ANSWERERS):
            self._asks.put(None)

    def want(self, topics: frozenset[str]) -> None:
        """What the visible screen shows."""
        if topics != self._topics:
            self._painter.forget(topics - self._topics)
            self._topics = topics
            self._wake.set()

    def refresh(self) -> None:
        """Requests a picture."""
        self._painter.changed()
        self._wake.set()

    def ask(self, ask: Ask, post: Post) -> None:
        """Asks one question; one whose answer may take long is not in the way of others."""
        if ask.each is None:
            self._asks.put((ask, post))
            return

        def listen() -> None:
            self._say(post, self._answered(ask, post))

        threading.Thread(target=listen, name="feed-listen", daemon=True).start()

    def follow_logs(self, *, on: bool) -> None:
        """Begins or ends the live tail; once begun it goes on, so that nothing is missed."""
        if on:
            self._logs_on.set()

    def take_lines(self) -> tuple[list[LogView], int]:
        """The log lines that have come since the last time."""
        return self._tail.take()

    # -- threads

    def _paint(self) -> None:
        channel: Channel | None = None
        while not self._stopped.is_set():
            try:
                channel = channel or self._opener()
                self._one_picture(channel)
            except (SandboxError, OSError, msgspec.DecodeError) as error:
                _close(channel)
                channel = None
                lost = error if isinstance(error, SandboxError) else _broken(error)
                self._say(self._post, Pictured(self._painter.lose(lost)))
                self._wake.wait(_RETRY)
                self._wake.clear()
        _close(channel)

    def _one_picture(self, channel: Channel) -> None:
        topics = self._wanted()
        names = self._painter.due(topics)
        if names:
            self._say(self._post, Pictured(self._painter.paint(channel, names)))
        self._wake.wait(min(5.0, self._painter.wait(self._wanted())))
        self._wake.clear()

    def _wanted(self) -> frozenset[str]:
        """What the screen wants; a sandbox that cannot make snapshots is at least asked for its status."""
        return self._topics | ({"status"} if "snapshot" in self._painter.picture.missing else set())

    def _say(self, post: Post, message: Message) -> None:
        if not self._stopped.is_set():
            with contextlib.suppress(RuntimeError):  # the application has ended meanwhile
                post(message)

    def _watch(self) -> None:
        """Is told of changes; without that control method, everything is taken to change all the time."""
        while not self._stopped.is_set():
            channel: Channel | None = None
            try:
                channel = self._opener()
                for _ in channel.stream("watch"):
                    self._painter.changed()
                    self._wake.set()
                    if self._stopped.is_set():
                        break
            except (SandboxError, OSError, msgspec.DecodeError):
                self._painter.changed()
                self._wake.set()
            finally:
                _close(channel)
            self._stopped.wait(_RETRY)

    def _follow(self) -> None:
        limit = _LOG_LINES
        while not self._stopped.is_set():
            self._logs_on.wait()
            channel: Channel | None = None
            try:
                channel, missed = self._opener(), 0
                for item in channel.stream("logs", names=[], limit=limit, follow=True):
                    if self._stopped.is_set():
                        return
                    self._tail.lose(channel.dropped - missed)
                    missed = channel.dropped
                    if self._tail.put(msgspec.convert(item, LogView)):
                        self._say(self._post, LinesReady())
            except (SandboxError, OSError, msgspec.DecodeError, msgspec.ValidationError):
                limit = 0  # what there was before is on the screen already
            finally:
                _close(channel)
            self._stopped.wait(_RETRY)

    def _answer(self) -> None:
        while (item := self._asks.get()) is not None:
            ask, post = item
            self._say(post, self._answered(ask, post))

    def _answered(self, ask: Ask, post: Post) -> Answered:
        channel: Channel | None = None
        try:
            channel = self._opener()
            value: Any
            if ask.stream:
                value = list(self._heard(channel, ask, post))
            else:
                value = channel.call(ask.method, **ask.params)
            return Answered(ask, value if ask.kind is None else msgspec.convert(value, ask.kind))
        except (SandboxError, OSError, msgspec.DecodeError, msgspec.ValidationError) as error:
            return Answered(ask, trouble=trouble_of(error))
        finally:
            _close(channel)

    def _heard(self, channel: Channel, ask: Ask, post: Post) -> Iterator[Any]:
        for item in channel.stream(ask.method, **ask.params):
            if ask.each is not None:
                self._say(post, Heard(ask, item))
            yield item
            if ask.stopped.is_set() or self._stopped.is_set():
                break


def _close(channel: Channel | None) -> None:
    if channel is not None:
        with contextlib.suppress(OSError):
            channel.close()


def _broken(error: Exception) -> SandboxError:
    return SandboxError(
        "the connection to the sandbox broke",
        f"{type(error).__name__}: {error}",
        "it is opened again by itself",
    )


def _nobody(message: object) -> None:
    del message
