"""Follows something that is told by callbacks, without letting a slow reader hold up or fill the sandbox."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

from sandbox.control.protocol import Dropped

T = TypeVar("T")
Subscribe = Callable[[Callable[[T], None]], Callable[[], None]]

#: A reader that is further behind loses the oldest items.
_BEHIND = 5_000


class Follower(Generic[T]):
    """An async iterator over what a subscription tells, from the moment it is entered.

    Args:
        subscribe: begins the subscription and returns what ends it; None yields nothing at all.
    """

    def __init__(self, subscribe: Subscribe[T] | None) -> None:
        self._subscribe = subscribe
        self._end: Callable[[], None] | None = None
        self._items: deque[T] = deque(maxlen=_BEHIND)
        self._some = asyncio.Event()
        self._dropped = 0

    def __enter__(self) -> Self:
        if self._subscribe is not None:
            self._end = self._subscribe(self._take)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._end is not None:
            self._end()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if self._subscribe is None:
            raise StopAsyncIteration
        while not self._items:
            self._some.clear()
            await self._some.wait()
        return self._items.popleft()

    async def told(self) -> AsyncIterator[T | Dropped]:
        """Everything that comes, and how much did not: a gap is told before what comes after it."""
        async for item in self:
            if self._dropped:
                missed, self._dropped = self._dropped, 0
                yield Dropped(missed)
            yield item

    def _take(self, item: T) -> None:
        if len(self._items) == _BEHIND:
            self._dropped += 1
        self._items.append(item)
        self._some.set()
