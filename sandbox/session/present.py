"""What the sandbox looks like now, for what a saga waits for: next runs of schedules, consumers, messages.

It asks the services themselves: looking leaves no hop in the journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sandbox.clock import TimerKind
from sandbox.model.arn import function_arn, queue_arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.saga.stretches import Doing, Stretch, short
from sandbox.model.saga.waiting import Message, Present
from sandbox.model.scope import Scope
from sandbox.services.sqs.service import SqsService

if TYPE_CHECKING:
    from sandbox.session.session import Session

_DEFAULT = Scope()
#: Messages of one queue that are looked through.
_LOOKED = 1_000
_IN_QUEUE = (Doing.QUEUE, Doing.HIDDEN, Doing.CONSUMER, Doing.DEAD_LETTER)


async def look(
    session: Session, stretches: Iterable[Stretch], relays: Iterable[str], scope: Scope = _DEFAULT
) -> Present:
    """What matters to stretches that last.

    Args:
        relays: names of the functions whose next scheduled run matters.
        scope: where all of this is.
    """
    queues = {one.resource for one in stretches if one.open and one.doing in _IN_QUEUE}
    messages, looked_in = _messages(session, queues, scope)
    return Present(
        now=session.clock.now(),
        next_runs=await _next_runs(session, relays, scope),
        consumers=await consumers(session, scope) if queues else {},
        messages=messages,
        looked_in=looked_in,
    )


async def ask(
    session: Session, service: str, operation: str, params: Mapping[str, Any], scope: Scope = _DEFAULT
) -> dict[str, Any]:
    """Asks a service itself, or whoever answers in its place, without a hop in the journal.

    Args:
        scope: account and region; whoever answers in a service's place is asked about the default ones.

    Raises:
        AwsError: what it answers instead.
    """
    native = session.engine.services.get(service)
    if native is None or operation not in native.operations:
        return await session.client.look(service, operation, params)
    return await native.call(operation, Call(scope, session.endpoint), dict(params))


async def ask_all(
    session: Session,
    service: str,
    operation: str,
    params: Mapping[str, Any],
    items: str,
    *,
    token: tuple[str, str] = ("NextToken", "NextToken"),
    scope: Scope = _DEFAULT,
) -> list[Any]:
    """Every item of all pages.

    Args:
        items: the member of the answer that holds a page's items.
        token: members of the request and of the answer that name the next page.
        scope: see `ask`.

    Raises:
        AwsError: what the service answers instead.
    """
    found: list[Any] = []
    more: dict[str, Any] = {}
    while True:
        page = await ask(session, service, operation, {**params, **more}, scope)
        found.extend(page.get(items, ()))
        if not page.get(token[1]):
            return found
        more = {token[0]: page[token[1]]}


async def consumers(session: Session, scope: Scope = _DEFAULT) -> dict[str, list[str]]:
    """Functions that enabled event source mappings feed, by the name of their queue."""
    found: dict[str, list[str]] = {}
    for mapping in await mappings(session, scope):
        if mapping.get("State") not in ("Disabled", "Disabling", "Deleting"):
            queue = short(str(mapping.get("EventSourceArn", "")))
            found.setdefault(queue, []).append(short(str(mapping["FunctionArn"])))
    return found


async def mappings(session: Session, scope: Scope = _DEFAULT) -> list[dict[str, Any]]:
    """Every event source mapping."""
    token = ("Marker", "NextMarker")
    return await ask_all(
        session, "lambda", "ListEventSourceMappings", {}, "EventSourceMappings", token=token, scope=scope
    )


async def _next_runs(session: Session, functions: Iterable[str], scope: Scope) -> dict[str, float]:
    due = {
        timer.label: timer.when
        for timer in reversed(session.clock.pending())
        if timer.kind is TimerKind.SCHEDULE
    }
    runs: dict[str, float] = {}
    for function in set(functions):
        arn = str(function_arn(scope, function))
        answer = await ask(session, "events", "ListRuleNamesByTarget", {"TargetArn": arn}, scope)
        times = [due[f"rule {rule}"] for rule in answer["RuleNames"] if f"rule {rule}" in due]
        if times:
            runs[function] = min(times)
    return runs


def _messages(
    session: Session, queues: Iterable[str], scope: Scope
) -> tuple[dict[str, Message], frozenset[str]]:
    sqs = session.engine.services.get("sqs")
    if not isinstance(sqs, SqsService):
        return {}, frozenset()
    messages: dict[str, Message] = {}
    looked_in = set()
    for queue in queues:
        try:
            found = sqs.peek(queue_arn(scope, queue), limit=_LOOKED)
        except AwsError:  # the queue is gone, and its messages with it
            found = []
        if len(found) < _LOOKED:
            looked_in.add(queue)
        messages |= {one.message_id: Message(state=one.state, visible_at=one.visible_at) for one in found}
    return messages, frozenset(looked_in)
