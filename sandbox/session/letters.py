"""Dead letters, acted on one by one: of the sandbox's own queues, or of those that an engine has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.engines.base import QueueSource
from sandbox.model.arn import Arn, queue_url
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.ports import AwsClient
from sandbox.services.lambda_.service import LambdaService
from sandbox.services.sqs.desk import MessageDesk, RefusedMoveError, Sent
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

    async def hand_over(
        self,
        message_id: str,
        target: Arn,
        body: str,
        attributes: Attributes,
        delay: int | None,
        group: str | None,
    ) -> str:
        """Sends what one of `ids` holds to the queue that should have got it, and takes it away.

        Returns:
            The id of the message there.

        Raises:
            RefusedMoveError: it stays where it is.
        """
        ...

    async def invoke(self, message_id: str, function: Arn, payload: bytes, cause: int | None) -> str:
        """Has the function that should have got one of `ids` run with it, takes it away, and returns its id.

        Args:
            cause: the hop of the message.

        Raises:
            RefusedMoveError: it stays where it is.
            AwsError: the function does not take it; it stays where it is.
        """
        ...

    async def drop(self, message_id: str) -> str:
        """Deletes one of `ids` for good.

        Raises:
            RefusedMoveError: it stays where it is.
        """
        ...


class OwnLetters:
    """Implements `Letters` for a queue of the sandbox's own, with functions of its own."""

    def __init__(self, desk: MessageDesk, queue: Arn, functions: LambdaService) -> None:
        self._desk = desk
        self._queue = queue
        self._functions = functions
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

    async def hand_over(
        self,
        message_id: str,
        target: Arn,
        body: str,
        attributes: Attributes,
        delay: int | None,
        group: str | None,
    ) -> str:
        """See `Letters.hand_over`; both are one commit."""
        number = self._numbers[message_id]
        sent = self._desk.hand_over(self._queue, number, target, body, attributes, delay, group)
        return sent.message_id

    async def invoke(self, message_id: str, function: Arn, payload: bytes, cause: int | None) -> str:
        """See `Letters.invoke`; both are one commit."""
        return self._desk.give(
            self._queue,
            self._numbers[message_id],
            lambda: self._functions.accept(function, payload, cause=cause),
        )

    async def drop(self, message_id: str) -> str:
        """See `Letters.drop`."""
        return self._desk.drop(self._queue, self._numbers[message_id])


class ForeignLetters:
    """Implements `Letters` for a queue that an engine has.

    Args:
        aws: sends to its queues.
        endpoint: base URL of the front door.
    """

    def __init__(self, source: QueueSource, queue: Arn, aws: AwsClient, endpoint: str) -> None:
        self._source = source
        self._queue = queue
        self._aws = aws
        self._endpoint = endpoint
        self._hops: dict[str, int | None] = {}

    async def ids(self) -> Sequence[str]:
        """See `Letters.ids`."""
        self._hops = {message.message_id: message.hop for message in await self._source.peek(self._queue)}
        return list(self._hops)

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

    async def hand_over(
        self,
        message_id: str,
        target: Arn,
        body: str,
        attributes: Attributes,
        delay: int | None,
        group: str | None,
    ) -> str:
        """See `Letters.hand_over`; interrupted half way, it is in both queues."""
        params: dict[str, Any] = {
            "QueueUrl": queue_url(target.scope, target.resource, self._endpoint),
            "MessageBody": body,
            "MessageAttributes": attributes,
        }
        if delay is not None:
            params["DelaySeconds"] = delay
        if group is not None:
            params["MessageGroupId"] = group
        call = Call(target.scope, self._endpoint, hop=self._hops[message_id])
        try:
            sent = await self._aws.call("sqs", "SendMessage", params, call)
        except AwsError as error:
            raise RefusedMoveError(f"{target.name} refuses it: {error.message}") from error
        await self.drop(message_id)
        return str(sent["MessageId"])

    async def invoke(self, message_id: str, function: Arn, payload: bytes, cause: int | None) -> str:
        """See `Letters.invoke`; interrupted half way, the function runs and it is there still."""
        params = {"FunctionName": str(function), "InvocationType": "Event", "Payload": payload}
        await self._aws.call("lambda", "Invoke", params, Call(function.scope, self._endpoint, hop=cause))
        return await self.drop(message_id)

    async def drop(self, message_id: str) -> str:
        """See `Letters.drop`."""
        return await self._source.drop(self._queue, message_id)


def letters_of(session: Session, queue: Arn) -> Letters:
    """The messages of a queue, whoever has it."""
    source = session.engine.queues
    if source is not None:
        return ForeignLetters(source, queue, session.client, session.endpoint)
    functions = session.engine.services["lambda"]
    assert isinstance(functions, LambdaService)  # whoever has queues of its own has functions too
    return OwnLetters(MessageDesk(sqs_service(session)), queue, functions)
