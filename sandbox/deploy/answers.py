"""Where the providers of custom resources answer: URLs of the front door that nobody can guess, each good for
one answer.

On AWS they are presigned URLs of a bucket: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable

from sandbox.clock import Clock, TimerKind

#: The part of the front door's paths that is this door's.
PREFIX = "/_sandbox/custom-resources/"
_TOKEN_BYTES = 32
_PATIENCE = 10.0


class AnswerDoor:
    """Hands out URLs and takes what is sent to them.

    Args:
        clock: measures how long an answer is waited for.
        endpoint: gives the base URL that functions reach the front door by.
        patience: real seconds after which whoever waits is told for what.
    """

    def __init__(self, clock: Clock, endpoint: Callable[[], str], patience: float = _PATIENCE) -> None:
        self._clock = clock
        self._endpoint = endpoint
        self._patience = patience
        self._waiting: dict[str, asyncio.Future[bytes | None]] = {}

    async def ask(
        self,
        send: Callable[[str], Awaitable[object]],
        seconds: float,
        label: str,
        notice: Callable[[], None],
    ) -> bytes | None:
        """Sends a request that says where to answer, and waits for the answer.

        Args:
            send: sends it, with the URL.
            seconds: virtual ones to wait at most.
            label: what is waited for, for people who look at the timers.
            notice: called when the answer takes long.

        Returns:
            The answer as it came; None where none did.

        Raises:
            AwsError: the request could not be sent.
        """
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes | None] = loop.create_future()
        self._waiting[token] = answer
        timer = self._clock.call_later(
            seconds,
            lambda: None if answer.done() else answer.set_result(None),
            label=label,
            kind=TimerKind.EXPIRY,
        )
        slow = loop.call_later(self._patience, notice)
        try:
            await send(f"{self._endpoint()}{PREFIX}{token}")
            return await answer
        finally:
            slow.cancel()
            timer.cancel()
            self._waiting.pop(token, None)

    def take(self, path: str, body: bytes) -> bool:
        """Takes what was sent to a path; whether anything waits for it there."""
        answer = self._waiting.pop(path.removeprefix(PREFIX), None)
        if answer is None or answer.done():
            return False
        answer.set_result(body)
        return True
