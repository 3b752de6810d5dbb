"""Sends what a rule, a schedule or a function gave up to where it was meant, by the API of the target.

AWS redrives dead letters of queues alone; whoever mends the others delivers what they hold by hand, as here.
A letter leaves in the commit in which a queue or function of the sandbox's own gets what it holds; on an
engine that has others it leaves once its target has taken that: interrupted in between, it is there twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.flow.failures import failure_of
from sandbox.model.arn import Arn, bare, is_arn, parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.letters import Giver, Letter, read_letter
from sandbox.services.sqs.desk import RefusedMoveError
from sandbox.services.sqs.messages import IN_FLIGHT
from sandbox.services.sqs.service import PeekedMessage
from sandbox.session.letters import Letters
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
    letters: Letters,
    message: PeekedMessage,
    letter: Letter,
    body: str | None,
    attributes: Mapping[str, Mapping[str, Any]] | None,
    delay: int | None,
) -> str:
    """Delivers what a letter holds to its target, and takes it out of its queue.

    Args:
        letters: of the queue.
        body: what takes the place of the letter's body; a record's payload is taken out of it.
        attributes, delay: of a message to a queue; a function has none.

    Returns:
        The id of the message, or of the invocation.

    Raises:
        RefusedMoveError: it cannot be delivered, and stays; the text says what can be done.
    """
    if message.state == IN_FLIGHT:
        raise RefusedMoveError("somebody has received it; wait until it is visible again")
    payload = _payload(letter, body)
    target, group = await _target(session, message, letter)
    if target.service == "sqs":
        return await letters.hand_over(message.message_id, target, payload, attributes or {}, delay, group)
    if attributes or delay is not None:
        raise RefusedMoveError("it goes to a function: leave attributes and delay out")
    try:
        msgspec.json.decode(payload)
        return await letters.invoke(message.message_id, target, payload.encode(), message.hop)
    except AwsError as error:
        raise RefusedMoveError(f"{target.name} refuses it: {error.message}") from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise RefusedMoveError(f"{target.name} takes JSON alone: {error}") from error


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


async def _target(session: Session, message: PeekedMessage, letter: Letter) -> tuple[Arn, str | None]:
    """What should have got a letter, and the message group that it should have come in."""
    if not is_arn(letter.target):
        raise RefusedMoveError("nobody knows which function it is of: use `sandbox invoke`, then drop it")
    target = parse_arn(letter.target)
    if target.service not in ("sqs", "lambda"):
        raise RefusedMoveError(
            f"its target is one of {target.service}, which takes nothing from the desk: call it, then drop it"
        )
    group, fifo = None, target.resource.endswith(".fifo")
    if letter.giver is Giver.RULE:
        group = await _group_of_rule(session, letter)
    elif letter.giver is Giver.SCHEDULE and fifo:
        group = await _group_of_schedule(session, message, letter)
    if fifo and group is None:
        raise RefusedMoveError(
            f"{target.name} wants a message group, and the letter has none: send it with `awslocal sqs"
            " send-message --message-group-id`, then drop it"
        )
    return target, group


async def _group_of_schedule(session: Session, message: PeekedMessage, letter: Letter) -> str | None:
    """The message group that a schedule sends to.

    Raises:
        RefusedMoveError: it is gone, or sends somewhere else now, so nobody can say.
    """
    arn = parse_arn(str(message.attributes["SCHEDULE_ARN"]["StringValue"]))
    _, group, name = arn.resource.split("/", 2)
    params = {"GroupName": group, "Name": name}
    try:
        found = await session.client.call("scheduler", "GetSchedule", params, Call(arn.scope))
    except AwsError:
        found = {"Target": {"Arn": ""}}
    if found["Target"]["Arn"] != letter.target:
        raise _nothing_any_more(letter)
    return _group(found["Target"])


async def _group_of_rule(session: Session, letter: Letter) -> str | None:
    """The message group that a rule sends events to the target of a letter in.

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
        raise _nothing_any_more(letter)
    if any(name in target for target in targets for name in _CHANGES):
        raise RefusedMoveError(
            f"{letter.sender} changes events for this target, and the letter has the event as it was: put it"
            " on the bus again (PutEvents, or `sandbox bus replay --rule`), then drop it here"
        )
    return _group(targets[0])


def _group(target: Mapping[str, Any]) -> str | None:
    group: str | None = (target.get("SqsParameters") or {}).get("MessageGroupId")
    return group


def _nothing_any_more(letter: Letter) -> RefusedMoveError:
    return RefusedMoveError(
        f"{letter.sender} sends nothing there any more, and nobody can say what it made of events: send"
        " it with `sandbox queue send` or `sandbox invoke`, then drop it here"
    )


async def _targets(session: Session, rule: RuleFacts) -> list[Any]:
    params = {"Rule": rule.name, "EventBusName": rule.bus}
    return await ask_all(session, "events", "ListTargetsByRule", params, "Targets")
