"""Dead letters of LocalStack's queues, acted on one by one as the message desk does.

SQS reaches a message by receiving it: others that come along are given back at once. A letter is sent anew
before it leaves its queue, so an interruption may leave it in both queues, and never in none.
Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from sandbox.engines.docker.hearing import Hearing
from sandbox.engines.queues import ForeignQueue
from sandbox.model.arn import Arn, parse_arn, queue_url
from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from sandbox.model.ids import Ids
from sandbox.services.sqs.desk import NoSourceError, RefusedMoveError, Sent
from sandbox.services.sqs.messages import IN_FLIGHT, VISIBLE
from sandbox.services.sqs.service import PeekedMessage

_ENDPOINT = "http://127.0.0.1"
#: Seconds that messages are held while one is looked for; after a crash they are visible again by then.
_HELD = 30
_BATCH = 10

#: Calls an operation of LocalStack's SQS. `hop`: whose call it is; without one nothing is told of it.
Ask = Callable[[str, Mapping[str, Any], int | None], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Edit:
    """What is different of a letter that is sent anew; None leaves it.

    Attributes:
        attributes: in the form of the SQS API.
        delay: seconds.
    """

    body: str | None = None
    attributes: Mapping[str, Mapping[str, Any]] | None = None
    delay: int | None = None


class LetterMoves:
    """Moves, edits and drops letters.

    Args:
        ask: reaches LocalStack.
        queues: every queue there is.
        peek: the messages of one.
        hearing: told of what is done.
    """

    def __init__(
        self,
        ask: Ask,
        queues: Callable[[], Awaitable[list[ForeignQueue]]],
        peek: Callable[[Arn], Awaitable[list[PeekedMessage]]],
        hearing: Hearing,
        ids: Ids,
    ) -> None:
        self._ask = ask
        self._queues = queues
        self._peek = peek
        self._hearing = hearing
        self._ids = ids

    async def send_anew(self, queue: Arn, message_id: str, operation: str, edit: Edit) -> Sent:
        """Sends a letter to the queue it came from, and takes it out of its own.

        Args:
            operation: what the journal calls it.

        Raises:
            RefusedMoveError: it stays where it is.
        """
        letter, target = await self._letter(queue, message_id)
        handle = await self._held(queue, message_id)
        changed = _changes(letter, edit)
        detail: dict[str, Any] = {"source": str(queue), "original_id": message_id}
        if changed:
            detail["changed"] = list(changed)
        hop = self._hearing.leaving(message_id)
        error = "it was interrupted"
        try:
            answer = await self._ask("SendMessage", self._message(target, letter, edit), hop)
            error = ""
        except AwsError as refusal:
            error = str(refusal)
            raise RefusedMoveError(f"{target.resource} refuses it: {refusal.message}") from refusal
        finally:
            self._hearing.moved(HopKind.REDRIVEN, target, message_id, operation, hop, detail, error)
            if error:
                await asyncio.shield(self._give_back(queue, [handle]))
        await self._delete(queue, handle, f"it was sent to {target.resource} as {answer['MessageId']}, and")
        return Sent(target, answer["MessageId"], message_id, changed)

    async def drop(self, queue: Arn, message_id: str) -> str:
        """Deletes a message for good.

        Raises:
            RefusedMoveError: it stays where it is.
        """
        await self._found(queue, message_id)
        handle = await self._held(queue, message_id)
        await self._delete(queue, handle, "it")
        hop = self._hearing.leaving(message_id)
        self._hearing.moved(HopKind.MESSAGE_DELETED, queue, message_id, "Drop", hop, {}, "")
        return message_id

    # --- inside ------------------------------------------------------------------------------------------
    async def _letter(self, queue: Arn, message_id: str) -> tuple[PeekedMessage, Arn]:
        """A message that nobody holds, and the queue that it goes back to."""
        letter = await self._found(queue, message_id)
        queues = await self._queues()
        target = self._source(queue, letter, queues)
        if target not in {one.depth.queue for one in queues}:
            raise RefusedMoveError(f"the queue it goes to, {target.resource}, does not exist any more")
        return letter, target

    async def _found(self, queue: Arn, message_id: str) -> PeekedMessage:
        found = next((one for one in await self._peek(queue) if one.message_id == message_id), None)
        if found is None:
            raise RefusedMoveError("it is not in the queue any more")
        if found.state != VISIBLE:
            held = "somebody has received it" if found.state == IN_FLIGHT else "it is delayed"
            raise RefusedMoveError(f"{held}: try again once it is visible")
        own = next((one for one in await self._queues() if one.depth.queue == queue), None)
        if own is not None and own.max_receives is not None:
            raise RefusedMoveError(
                f"{queue.resource} dead-letters its own messages, and looking for one counts as a receive of"
                " others; redrive all of them (--all)"
            )
        return found

    @staticmethod
    def _source(queue: Arn, letter: PeekedMessage, queues: Sequence[ForeignQueue]) -> Arn:
        if letter.source:
            return parse_arn(letter.source)
        sources = [one.depth.queue for one in queues if one.depth.dead_letter_target == queue]
        if len(sources) != 1:
            raise NoSourceError(
                "no queue dead-lettered it: it was sent here, and "
                + (f"{len(sources)} queues send" if sources else "no queue sends")
                + " dead letters here"
            )
        return sources[0]

    async def _held(self, queue: Arn, message_id: str) -> str:
        """Receives until the message is among what came, and gives the rest back; returns its handle."""
        asked = {"QueueUrl": _url(queue), "MaxNumberOfMessages": _BATCH, "VisibilityTimeout": _HELD}
        others: list[str] = []
        found: str | None = None
        try:
            while found is None:
                batch = (await self._ask("ReceiveMessage", asked, None)).get("Messages") or ()
                if not batch:
                    break
                for message in batch:
                    if message["MessageId"] == message_id:
                        found = message["ReceiptHandle"]
                    else:
                        others.append(message["ReceiptHandle"])
        finally:
            if others:
                await asyncio.shield(self._give_back(queue, others))
        if found is None:
            raise RefusedMoveError(
                "it could not be received: others of its message group come first, or somebody was quicker;"
                " redrive all of them (--all), or try again"
            )
        return found

    async def _give_back(self, queue: Arn, handles: Sequence[str]) -> None:
        for start in range(0, len(handles), _BATCH):
            entries = [
                {"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                for index, handle in enumerate(handles[start : start + _BATCH])
            ]
            asked = {"QueueUrl": _url(queue), "Entries": entries}
            await self._ask("ChangeMessageVisibilityBatch", asked, None)

    async def _delete(self, queue: Arn, handle: str, what: str) -> None:
        try:
            await self._ask("DeleteMessage", {"QueueUrl": _url(queue), "ReceiptHandle": handle}, None)
        except AwsError as error:
            raise RefusedMoveError(f"{what} could not be deleted here: {error.message}") from error

    def _message(self, target: Arn, letter: PeekedMessage, edit: Edit) -> dict[str, Any]:
        attributes = letter.attributes if edit.attributes is None else edit.attributes
        message: dict[str, Any] = {
            "QueueUrl": _url(target),
            "MessageBody": letter.body if edit.body is None else edit.body,
            "MessageAttributes": dict(attributes),
        }
        if edit.delay is not None:
            message["DelaySeconds"] = edit.delay
        if letter.trace:
            header = {"DataType": "String", "StringValue": letter.trace}
            message["MessageSystemAttributes"] = {"AWSTraceHeader": header}
        if target.resource.endswith(".fifo"):
            message["MessageGroupId"] = letter.group_id
            # Its own may have been seen in the last five minutes, and it is no duplicate for that.
            message["MessageDeduplicationId"] = self._ids.uuid()
        return message


def _url(queue: Arn) -> str:
    return queue_url(queue.scope, queue.resource, _ENDPOINT)


def _json(attributes: Mapping[str, Mapping[str, Any]]) -> bytes:
    return msgspec.json.encode(attributes, order="sorted")


def _changes(letter: PeekedMessage, edit: Edit) -> tuple[str, ...]:
    changed = []
    if edit.body is not None and edit.body != letter.body:
        changed.append("body")
    # As JSON: binary values are base64 on one side and bytes on the other.
    if edit.attributes is not None and _json(edit.attributes) != _json(letter.attributes):
        changed.append("attributes")
    return tuple(changed)
