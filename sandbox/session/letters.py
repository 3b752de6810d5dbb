"""Dead letters, acted on one by one: of the sandbox's own queues, or of those that an engine has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.engines.base import QueueSource
from sandbox.model.arn import Arn
from sandbox.services.sqs.desk import MessageDesk, Sent
from sandbox.session.queueviews import sqs_service

if TYPE_CHECKING:
    from sandbox.session.session import Session

Attributes = Mapping[str, Mapping[str, Any]]


class Letters(Protocol):
    """The messages of one queue."""

    async def ids(self) -> Sequence[str]:
        """All that are there now, in order of sending."""
        ...

    async def redrive(self, message_id: str) -> Sent:
        """Sends one of `ids` back to the queue it came from.

        Raises:
            RefusedMoveError: it stays where it is.
        """
        ...

    async def resend(
        self, message_id: str, body: str | None, attributes: Attributes | None, delay: int | None
    ) -> Sent:
        """The same, edited; None leaves what it is.

        Raises:
            RefusedMoveError: it stays where it is.
        """
        ...

    async def drop(self, message_id: str) -> str:
        """Deletes one of `ids` for good.

        Raises:
            RefusedMoveError: it stays where it is.
        """
        ...


class OwnLetters:
    """Implements `Letters` for a queue of the sandbox's own."""

    def __init__(self, desk: MessageDesk, queue: Arn) -> None:
        self._desk = desk
        self._queue = queue
        self._numbers: dict[str, int] = {}

    async def ids(self) -> Sequence[str]:
        """See `Letters.ids`."""
        self._numbers = self._desk.numbers(self._queue)
        return list(self._numbers)

    async def redrive(self, message_id: str) -> Sent:
        """See `Letters.redrive`."""
        return self._desk.redrive(self._queue, self._numbers[message_id])

    async def resend(
        self, message_id: str, body: str | None, attributes: Attributes | None, delay: int | None
    ) -> Sent:
        """See `Letters.resend`."""
        return self._desk.resend(self._queue, self._numbers[message_id], body, attributes, delay)

    async def drop(self, message_id: str) -> str:
        """See `Letters.drop`."""
        return self._desk.drop(self._queue, self._numbers[message_id])


class ForeignLetters:
    """Implements `Letters` for a queue that an engine has."""

    def __init__(self, source: QueueSource, queue: Arn) -> None:
        self._source = source
        self._queue = queue

    async def ids(self) -> Sequence[str]:
        """See `Letters.ids`."""
        return [message.message_id for message in await self._source.peek(self._queue)]

    async def redrive(self, message_id: str) -> Sent:
        """See `Letters.redrive`."""
        return await self._source.send_anew(self._queue, message_id, "Redrive")

    async def resend(
        self, message_id: str, body: str | None, attributes: Attributes | None, delay: int | None
    ) -> Sent:
        """See `Letters.resend`."""
        return await self._source.send_anew(
            self._queue, message_id, "Resend", body=body, attributes=attributes, delay=delay
        )

    async def drop(self, message_id: str) -> str:
        """See `Letters.drop`."""
        return await self._source.drop(self._queue, message_id)


def letters_of(session: Session, queue: Arn) -> Letters:
    """The messages of a queue, whoever has it."""
    source = session.engine.queues
    if source is not None:
        return ForeignLetters(source, queue)
    return OwnLetters(MessageDesk(sqs_service(session)), queue)
