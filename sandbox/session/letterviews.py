"""Messages and dead letters as people see them."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.flow.failures import Failure, failure_of
from sandbox.model.arn import Arn, is_arn, parse_arn
from sandbox.model.letters import Giver, Letter, read_letter
from sandbox.model.views.messages import DeadLetter, MessageView
from sandbox.services.sqs.service import PeekedMessage
from sandbox.session.deadletters import raised_by

if TYPE_CHECKING:
    from sandbox.session.session import Session


def message_view(session: Session, queue: Arn, message: PeekedMessage) -> MessageView:
    """A message as it lies in its queue."""
    return MessageView(
        queue=queue.resource,
        message_id=message.message_id,
        body=message.body,
        state=message.state,
        sent_at=message.sent,
        visible_at=message.visible_at,
        receive_count=message.receive_count,
        attributes=_printable(message.attributes),
        group_id=message.group_id,
        flow=session.journal.flow_of(message.hop),
    )


def dead_letter_view(session: Session, queue: Arn, message: PeekedMessage) -> DeadLetter:
    """A dead letter, and why it is one: as the journal knows it, else as it says itself."""
    failure = failure_of(session.journal.database, message.hop)
    raised = raised_by(session, failure, message.message_id)
    source = message.source or failure.source
    letter = None if source else letter_of(message, failure)
    told = (letter.attempts or 0) if letter else failure.attempts
    return DeadLetter(
        message=message_view(session, queue, message),
        source=parse_arn(source).resource if source else None,
        sender=letter.sender if letter else None,
        facts=dict(letter.facts) if letter else {},
        attempts=told or message.receive_count,
        error=raised.error or (letter.error if letter else ""),
        stack_trace=list(raised.frames),
        function=parse_arn(failure.function).name if failure.function else None,
        dead_lettered_at=failure.at or (message.sent if letter else None),
        original_id=failure.original_id,
        changed=failure.changed,
    )


def letter_of(message: PeekedMessage, failure: Failure) -> Letter | None:
    """What is known of a message that no queue gave up; None where nobody else did either.

    Topics say nothing beside what they send, and functions not their name: the journal knows both.
    """
    if failure.subscription:
        topic = failure.subscription.rsplit(":", 1)[0]
        name, facts = topic.rsplit(":", 1)[-1], {"subscription": failure.subscription}
        return Letter(Giver.SUBSCRIPTION, name, failure.error, failure.tries, facts)
    letter = read_letter(message.body, message.attributes)
    if letter is not None and letter.giver is Giver.FUNCTION and is_arn(failure.function):
        function = parse_arn(failure.function)
        return replace(letter, name=function.name, target=str(function))
    return letter


def _printable(attributes: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Message attributes with binary values in base64, as JSON has them."""
    return {
        name: {
            member: b64encode(value).decode() if isinstance(value, bytes) else value
            for member, value in attribute.items()
        }
        for name, attribute in attributes.items()
    }
