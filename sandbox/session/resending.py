"""Sends what a rule, a schedule or a function gave up to where it was meant, by the API of the target.

AWS redrives dead letters of queues alone; whoever mends the others delivers what they hold by hand, as here.
A letter leaves its queue once its target has taken what it holds: interrupted in between, it is there twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.flow.failures import failure_of
from sandbox.model.arn import Arn, bare, is_arn, parse_arn, queue_url
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.letters import Giver, Letter, read_letter
from sandbox.services.sqs.desk import RefusedMoveError
from sandbox.services.sqs.messages import IN_FLIGHT
from sandbox.services.sqs.service import PeekedMessage
from sandbox.session.letterviews import letter_of
from sandbox.session.present import ask_all
from sandbox.session.queueviews import peeked

if TYPE_CHECKING:
    from sandbox.session.session import Session
    from sandbox.session.topology import RuleFacts

#: Letters of one queue that are looked through.
_MOST = 10_000
#: What a target does to an event before it gets it.
_CHANGES = ("Input", "InputPath", "InputTransformer")


async def letters_without_queue(session: Session, queue: Arn) -> dict[str, tuple[PeekedMessage, Letter]]:
    """The letters of a queue that no queue gave up, by message id."""
    found = {}
    for message in await peeked(session, queue, None, _MOST, 0, ""):
        failure = failure_of(session.journal.database, message.hop)
        letter = None if message.source or failure.source else letter_of(message, failure)
        if letter is not None:
            found[message.message_id] = message, letter
    return found


async def deliver_anew(
    session: Session,
    message: PeekedMessage,
    letter: Letter,
    body: str | None,
    attributes: Mapping[str, Mapping[str, Any]] | None,
    delay: int | None,
) -> str:
    """Delivers what a letter holds to its target; the letter stays where it is.

    Args:
        body: what takes the place of the letter's body; a record's payload is taken out of it.
        attributes, delay: of a message to a queue; a function has none.

    Returns:
        The id of the message, or of the invocation.

    Raises:
        RefusedMoveError: it cannot be delivered; the text says what can be done.
    """
    if message.state == IN_FLIGHT:
        raise RefusedMoveError("somebody has received it; wait until it is visible again")
    payload = _payload(letter, body)
    target, more = await _target(session, letter)
    call = Call(target.scope, session.endpoint, hop=message.hop)
    try:
        if target.service == "sqs":
            params: dict[str, Any] = {
                "QueueUrl": queue_url(target.scope, target.resource, session.endpoint),
                "MessageBody": payload,
                "MessageAttributes": attributes or {},
                **more,
            }
            if delay is not None:
                params["DelaySeconds"] = delay
            return str((await session.client.call("sqs", "SendMessage", params, call))["MessageId"])
        if attributes or delay is not None:
            raise RefusedMoveError("it goes to a function: leave attributes and delay out")
        params = {"FunctionName": str(target), "InvocationType": "Event", "Payload": payload.encode()}
        await session.client.call("lambda", "Invoke", params, call)
        return message.message_id
    except AwsError as error:
        raise RefusedMoveError(f"{target.name} refuses it: {error.message}") from error


def _payload(letter: Letter, body: str | None) -> str:
    if letter.giver is Giver.MAPPING:
        raise RefusedMoveError(
            "the record says where the stream's records are and has none of them: read them with GetRecords"
            f" from {letter.facts.get('startSequenceNumber', 'there')} on, or change the items again"
        )
    if letter.giver is Giver.SUBSCRIPTION:
        raise RefusedMoveError(
            f"a topic delivers to all its subscriptions or to none: publish it anew to {letter.name}, or send"
            " it to the queue with `sandbox queue send`; then drop it here"
        )
    edited = None if body is None else read_letter(body, {})
    payload = letter.payload if body is None else body if edited is None else edited.payload
    if payload is None:
        raise RefusedMoveError("it was cut, and what was left out is not here: give the whole with --body")
    return payload


async def _target(session: Session, letter: Letter) -> tuple[Arn, Mapping[str, Any]]:
    """What should have got a letter, and what else a message to it needs."""
    if not is_arn(letter.target):
        raise RefusedMoveError("nobody knows which function it is of: use `sandbox invoke`, then drop it")
    target = parse_arn(letter.target)
    if target.service not in ("sqs", "lambda"):
        raise RefusedMoveError(
            f"its target is one of {target.service}, which takes nothing from the desk: call it, then drop it"
        )
    more = await _of_rule(session, letter) if letter.giver is Giver.RULE else {}
    if target.resource.endswith(".fifo") and "MessageGroupId" not in more:
        raise RefusedMoveError(
            f"{target.name} wants a message group, and the letter has none: send it with `awslocal sqs"
            " send-message --message-group-id`, then drop it"
        )
    return target, more


async def _of_rule(session: Session, letter: Letter) -> Mapping[str, Any]:
    """What a rule sends along with events to the target of a letter: the message group.

    Raises:
        RefusedMoveError: it sends something else than the event, or nothing any more, so nobody can say.
    """
    targets = [
        target
        for rule in (await session.topology.now()).rules
        if rule.name == letter.name
        for target in await _targets(session, rule)
        if bare(target["Arn"]) == bare(letter.target)
    ]
    if not targets:
        raise RefusedMoveError(
            f"{letter.sender} sends nothing there any more, and nobody can say what it made of events: send"
            " it with `sandbox queue send` or `sandbox invoke`, then drop it here"
        )
    if any(name in target for target in targets for name in _CHANGES):
        raise RefusedMoveError(
            f"{letter.sender} changes events for this target, and the letter has the event as it was: put it"
            " on the bus again (PutEvents, or `sandbox bus replay --rule`), then drop it here"
        )
    parameters: Mapping[str, Any] = targets[0].get("SqsParameters") or {}
    return parameters


async def _targets(session: Session, rule: RuleFacts) -> list[Any]:
    params = {"Rule": rule.name, "EventBusName": rule.bus}
    return await ask_all(session, "events", "ListTargetsByRule", params, "Targets")
