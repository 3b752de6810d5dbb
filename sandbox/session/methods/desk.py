"""The message desk: queues, their messages, and dead letters; buses, their events, and rules."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sandbox.control.server import Method
from sandbox.errors import UsageError
from sandbox.model.arn import Arn, parse_arn, queue_arn, queue_url
from sandbox.model.scope import Scope
from sandbox.model.views.messages import DeadLetter, MessageView, MoveProgress, MoveResult, QueueView
from sandbox.services.sqs.desk import RefusedMoveError, Sent
from sandbox.services.sqs.messages import DELAYED, IN_FLIGHT, VISIBLE
from sandbox.session.choosing import chosen_of
from sandbox.session.letters import letters_of
from sandbox.session.letterviews import dead_letter_view, message_view
from sandbox.session.queueviews import peeked, queue_arns, queue_views
from sandbox.session.resending import deliver_anew, letters_without_queue

if TYPE_CHECKING:
    from sandbox.session.session import Session

_STATES = (VISIBLE, IN_FLIGHT, DELAYED)
#: Messages moved before others get their turn.
_TURN = 50
#: Letters of a foreign queue that are told of at most.
_MOST = 10_000


class Desk:
    """Methods about messages."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def table(self) -> dict[str, Method]:
        """Name of each method -> what answers it."""
        return {
            "queue_ls": self.queue_ls,
            "queue_find": self.queue_find,
            "queue_peek": self.queue_peek,
            "queue_send": self.queue_send,
            "queue_purge": self.queue_purge,
            "dlq_ls": self.dlq_ls,
            "dlq_show": self.dlq_show,
            "dlq_redrive": self.dlq_redrive,
            "dlq_resend": self.dlq_resend,
            "dlq_drop": self.dlq_drop,
        }

    # --- queues ------------------------------------------------------------------------------------------
    async def queue_ls(self) -> list[QueueView]:
        """Every queue, by name."""
        return await queue_views(self._session, await self._session.topology.now())

    async def queue_find(self, queue: str) -> QueueView:
        """The queue that a name, a part of one, or an ARN means.

        Raises:
            UsageError: none or several.
        """
        arn = str(await self._queue(queue))
        return next(view for view in await self.queue_ls() if view.arn == arn)

    async def queue_peek(
        self, queue: str, state: str | None = None, limit: int = 50, offset: int = 0, match: str = ""
    ) -> list[MessageView]:
        """Messages of a queue in order of sending, without receiving them.

        Args:
            queue: its name, part of it, or its ARN.
            state: `visible`, `in-flight` or `delayed`; None means all.
            match: only messages whose body or id has this text.

        Raises:
            UsageError: no such queue, or no such state.
        """
        if state is not None and state not in _STATES:
            raise UsageError(
                f"{state!r} is no state of a message",
                f"a message is {', '.join(_STATES[:-1])} or {_STATES[-1]}",
                f"say --state {VISIBLE}",
            )
        arn = await self._queue(queue)
        messages = await peeked(self._session, arn, state, limit, offset, match)
        return [message_view(self._session, arn, message) for message in messages]

    async def queue_send(
        self,
        queue: str,
        body: str,
        attributes: dict[str, dict[str, Any]] | None = None,
        delay: int | None = None,
    ) -> dict[str, str]:
        """Sends a message, as any client would.

        Args:
            attributes: message attributes in the form of the SQS API.
            delay: seconds; None takes the queue's.
        """
        arn = await self._queue(queue)
        params: dict[str, Any] = {"QueueUrl": self._url(arn), "MessageBody": body}
        if attributes:
            params["MessageAttributes"] = _parsed(attributes)
        if delay is not None:
            params["DelaySeconds"] = delay
        answer = await self._session.client.call("sqs", "SendMessage", params)
        return {"queue": arn.resource, "message_id": answer["MessageId"]}

    async def queue_purge(self, queue: str) -> dict[str, Any]:
        """Deletes every message of a queue, as PurgeQueue does (at most once in 60 seconds)."""
        arn = await self._queue(queue)
        view = await self.queue_find(str(arn))
        await self._session.client.call("sqs", "PurgeQueue", {"QueueUrl": self._url(arn)})
        return {"queue": arn.resource, "purged": view.visible + view.in_flight + view.delayed}

    # --- dead letters ------------------------------------------------------------------------------------
    async def dlq_ls(self) -> list[QueueView]:
        """Every dead-letter queue, by name."""
        return [view for view in await self.queue_ls() if view.is_dead_letter_queue]

    async def dlq_show(
        self, queue: str, limit: int = 20, offset: int = 0, match: str = ""
    ) -> list[DeadLetter]:
        """Dead letters in order of sending, each with why it landed there.

        Args:
            match: only those whose body or id has this text.
        """
        arn = await self._queue(queue)
        letters = await peeked(self._session, arn, None, limit, offset, match)
        return [dead_letter_view(self._session, arn, message) for message in letters]

    async def dlq_redrive(
        self, queue: str, message_ids: list[str] | None = None, rate: float | None = None
    ) -> AsyncIterator[MoveProgress]:
        """Sends dead letters anew to the queues they came from, oldest first, and tells how far it is.

        Who stops listening stops it: what was not moved yet stays where it is.

        Args:
            message_ids: these; None means all that are there now.
            rate: messages per virtual second at most; None moves them at once.
        """
        if rate is not None and rate <= 0:
            raise UsageError(
                f"{rate:g} messages per second move nothing",
                "a rate is a number above 0",
                "say --rate 10, or leave it out to move them at once",
            )
        arn = await self._queue(queue)
        stay = await self._not_redriven(arn)
        if self._session.engine.queues is not None and message_ids is None and not stay:
            yield await self._move_task(arn, rate)
            return
        letters = letters_of(self._session, arn)
        moved: list[Sent] = []
        chosen, kept = chosen_of(await letters.ids(), message_ids)
        kept |= {message_id: stay[message_id] for message_id in chosen if message_id in stay}
        chosen = [message_id for message_id in chosen if message_id not in stay]
        for index, message_id in enumerate(chosen):
            if rate is not None or index % _TURN == 0:
                await self._session.database.committed()
                yield MoveProgress(done=index, of=len(chosen))
            try:
                moved.append(await letters.redrive(message_id))
            except RefusedMoveError as refusal:
                kept[message_id] = str(refusal)
                continue
            await self._pace(rate, index, last=index == len(chosen) - 1)
        await self._session.database.committed()
        result = MoveResult(moved=len(moved), kept=kept, message_ids=[sent.message_id for sent in moved])
        yield MoveProgress(done=len(chosen), of=len(chosen), result=result)

    async def dlq_resend(
        self,
        queue: str,
        message_id: str,
        body: str | None = None,
        attributes: dict[str, dict[str, Any]] | None = None,
        delay: int | None = None,
    ) -> MoveResult:
        """Sends a dead letter anew, edited, to the queue it came from; the journal keeps what it was.

        What a rule, a schedule or a function gave up goes to the queue or function that it was meant for.

        Args:
            body, attributes: what takes the place of its own; None leaves it.
        """
        arn = await self._queue(queue)
        letters = letters_of(self._session, arn)
        chosen, kept = chosen_of(await letters.ids(), [message_id])
        given = None if attributes is None else _parsed(attributes)
        others = await letters_without_queue(self._session, arn)
        moved: list[str] = []
        for one in chosen:
            try:
                if one in others:
                    sent = await deliver_anew(self._session, letters, *others[one], body, given, delay)
                    moved.append(sent)
                else:
                    moved.append((await letters.resend(one, body, given, delay)).message_id)
            except RefusedMoveError as refusal:
                kept[message_id] = str(refusal)
        await self._session.database.committed()
        return MoveResult(moved=len(moved), kept=kept, message_ids=moved)

    async def dlq_drop(self, queue: str, message_ids: list[str]) -> MoveResult:
        """Deletes dead letters for good."""
        letters = letters_of(self._session, await self._queue(queue))
        chosen, kept = chosen_of(await letters.ids(), message_ids)
        dropped: list[str] = []
        for index, message_id in enumerate(chosen):
            try:
                dropped.append(await letters.drop(message_id))
            except RefusedMoveError as refusal:
                kept[message_id] = str(refusal)
            await self._pace(None, index, last=False)
        await self._session.database.committed()
        return MoveResult(moved=len(dropped), kept=kept, message_ids=dropped)

    # --- inside ------------------------------------------------------------------------------------------
    async def _not_redriven(self, arn: Arn) -> dict[str, str]:
        """Letters of a queue that AWS does not redrive, with the reason: those that no queue gave up.

        Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html

        Raises:
            UsageError: nobody, or no queue, sends its dead letters here.
        """
        view = await self.queue_find(str(arn))
        if not view.is_dead_letter_queue and not await self._has_dead_letters(arn):
            near = f"; its own is {view.dead_letter_queue}" if view.dead_letter_queue else ""
            raise UsageError(
                f"{arn.resource} is no dead-letter queue",
                f"nobody sends dead letters there{near}",
                f"`sandbox dlq redrive {view.dead_letter_queue} --all` sends back what it holds"
                if view.dead_letter_queue
                else "`sandbox dlq ls` lists the dead-letter queues",
            )
        if view.senders and not view.sources:
            raise UsageError(
                f"{arn.resource} cannot be redriven",
                f"it gets what {', '.join(view.senders)} gave up; AWS redrives dead letters of queues alone",
                f"`sandbox dlq resend {arn.resource} MESSAGE` delivers one to where it was meant",
            )
        if not view.senders:
            return {}
        others = await letters_without_queue(self._session, arn)
        return {
            message_id: f"{letter.sender} gave it up, and AWS redrives dead letters of queues alone:"
            f" `sandbox dlq resend {arn.resource} {message_id[:8]}`"
            for message_id, (_, letter) in others.items()
        }

    async def _has_dead_letters(self, arn: Arn) -> bool:
        """Whether a queue still holds letters of queues that send none there any more."""
        return any(message.source for message in await peeked(self._session, arn, None, _MOST, 0, ""))

    async def _move_task(self, arn: Arn, rate: float | None) -> MoveProgress:
        """Has a foreign SQS move a whole queue, as its own console does; it goes on by itself."""
        letters = await peeked(self._session, arn, None, _MOST, 0, "")
        params: dict[str, Any] = {"SourceArn": str(arn)}
        if rate is not None:
            params["MaxNumberOfMessagesPerSecond"] = max(1, round(rate))
        await self._session.client.call("sqs", "StartMessageMoveTask", params)
        ids = [letter.message_id for letter in letters]
        return MoveProgress(done=0, of=len(ids), result=MoveResult(moved=len(ids), message_ids=ids))

    async def _queue(self, name: str) -> Arn:
        """The queue that a name, a part of one, or an ARN means.

        Raises:
            UsageError: none or several.
        """
        arns = await queue_arns(self._session)
        known = {arn.resource: arn for arn in arns}
        if name.startswith("arn:"):
            arn = parse_arn(name)
            if arn in arns:
                return arn
        if name in known:
            here = queue_arn(Scope(), name)
            return here if here in arns else known[name]
        matching = [other for other in known if name in other]
        if len(matching) == 1:
            return known[matching[0]]
        near = matching or get_close_matches(name, known, n=3)
        raise UsageError(
            f"there is no queue {name}" if not matching else f"{name} is part of several queues' names",
            f"the sandbox has: {', '.join(sorted(known)) or 'none'}",
            f"say {' or '.join(near[:5])}" if near else "`sandbox queue ls` lists them",
        )

    def _url(self, arn: Arn) -> str:
        return queue_url(arn.scope, arn.resource, self._session.endpoint)

    async def _pace(self, rate: float | None, index: int, *, last: bool) -> None:
        if rate is not None and not last:
            await self._session.database.committed()
            await self._session.clock.sleep(1 / rate, label="redrive of dead letters")
        elif index % _TURN == _TURN - 1:
            await asyncio.sleep(0)


def _parsed(attributes: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Message attributes as services take them, from JSON.

    Raises:
        UsageError: a binary value is not base64.
    """
    try:
        return {
            name: {
                member: b64decode(value, validate=True) if member == "BinaryValue" else value
                for member, value in attribute.items()
            }
            for name, attribute in attributes.items()
        }
    except (ValueError, TypeError, AttributeError) as error:
        raise UsageError(
            "the message attributes cannot be read",
            str(error),
            'give them as the SQS API has them: {"cor": {"DataType": "String", "StringValue": "azul"}}',
        ) from error
