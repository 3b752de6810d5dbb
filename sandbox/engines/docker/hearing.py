"""What LocalStack tells of its inner life (see `inside/witness.py`), turned into hops.

Deliveries are joined to events by the id in what is delivered, receives to sends by message id, invocations
to messages and to changes of items by the ids in their records, to requests by the trace header, and whatever
a client asked for to its call by the hop that the front door sends along.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from sandbox.engines.docker.invocations import Invocation, Invocations, bare_function, trace_root
from sandbox.model.arn import Arn, queue_arn
from sandbox.model.hops import HopKind, Link, LinkKind
from sandbox.model.ports import Recorder
from sandbox.model.recent import Recent
from sandbox.model.scope import Scope

#: Begins every line of the witness.
MARK = "sandbox-witness "
_KEPT = 8192
#: Real seconds that a delivery waits for the answer of the PutEvents that led to it.
_PATIENCE = 2.0
_SCHEDULED = "Scheduled Event"
_TRACE_PASSED = re.compile(r'"x-amzn-trace-id":\s*"Root=([^;"]+)', re.IGNORECASE)

Facts = Mapping[str, Any]


class Hearing:
    """Records what is told.

    Args:
        recorder: the journal.
        invocations: where invocations are recorded.
        notice: tells the user something they should know.
        letter: given what could not be delivered to a target that has a dead-letter queue, and the hop.
    """

    def __init__(
        self,
        recorder: Recorder,
        invocations: Invocations,
        notice: Callable[[str], None],
        letter: Callable[[Facts, int], None],
    ) -> None:
        self.heard = False
        self._recorder = recorder
        self._invocations = invocations
        self._notice = notice
        self._letter = letter
        self._told: deque[Facts] = deque()
        self._deadline: asyncio.TimerHandle | None = None
        self._events: Recent[str, int] = Recent(_KEPT)
        self._requests: Recent[str, int] = Recent(_KEPT)
        self._served: Recent[str, int] = Recent(_KEPT)
        self._over: Recent[int, bool] = Recent(_KEPT)
        self._to_record: dict[int, Callable[[], object]] = {}
        self._matches: Recent[tuple[str, str], int] = Recent(_KEPT)
        self._messages: Recent[str, int] = Recent(_KEPT)
        self._dead_in: Recent[str, str] = Recent(_KEPT)
        self._acts: dict[str, Callable[[Facts], None]] = {
            "here": self._here,
            "failure": self._failure,
            "sent": self._sent,
            "received": self._received,
            "deleted": self._deleted,
            "dead": self._dead,
            "invoke": self._invoke,
            "invoked": self._invoked,
            "undelivered": self._undelivered,
        }

    # --- told by the front door --------------------------------------------------------------------------
    def event_put(self, event: str, hop: int) -> None:
        """An event was accepted: its id and its hop."""
        self._events.put(event, hop)

    def puts_answered(self) -> None:
        """The events of a call are known: what waited for them goes on."""
        self._go_on()

    def request(self, trace: str, hop: int) -> None:
        """A request to a deployed API is on its way, with a trace of its own."""
        self._requests.put(trace_root(trace), hop)

    def message(self, message_id: str) -> int:
        """The latest hop of a message; 0 where none is known."""
        return self._messages.get(message_id) or 0

    def changed(self, stream: Arn, record: Mapping[str, Any]) -> int:
        """A record of a table's stream was read, as a function gets it; returns its hop.

        Told once for all mappings that read it; what wrote the item is joined by its business key.
        """
        known = self._messages.get(record["eventID"])
        if known is not None:
            return known
        hop = self._recorder.record(
            HopKind.ITEM_CHANGED,
            Scope(stream.account, record["awsRegion"]),
            "dynamodb",
            operation=record["eventName"],
            resource=stream.resource.split("/")[1],
            event_id=record["eventID"],
            payload=msgspec.json.encode(record["dynamodb"]),
        )
        self._messages.put(record["eventID"], hop)
        return hop

    def leaving(self, message_id: str) -> int:
        """The number of the hop by which a message will have left its queue; see `moved`."""
        return self._recorder.reserve(self._messages.get(message_id))

    def moved(
        self,
        kind: HopKind,
        queue: Arn,
        message_id: str,
        operation: str,
        hop: int,
        detail: Mapping[str, Any],
        error: str,
    ) -> None:
        """The message desk took a message out of its queue, which LocalStack does not tell.

        Args:
            kind: what became of it. queue: where it goes, or was. hop: see `leaving`.
            error: why it stayed; nothing where it left.
        """
        self._recorder.record(
            kind,
            queue.scope,
            "sqs",
            hop=hop,
            cause=self._messages.get(message_id),
            operation=operation,
            resource=str(queue),
            status="error" if error else "ok",
            error=error,
            message_id=message_id,
            detail=detail,
        )

    def answered(self, hop: int, record: Callable[[], object]) -> None:
        """A request was answered: it is recorded after the invocation that answered it, of which LocalStack's
        log may still tell. What carries a business key first is then who brought it, as on other engines.

        Args:
            hop: the request's. record: records it.
        """
        if not self.heard or self._over.pop(hop):
            record()
            return
        self._to_record[hop] = record
        asyncio.get_running_loop().call_later(_PATIENCE, self._record, hop)

    def _record(self, hop: int) -> None:
        record = self._to_record.pop(hop, None)
        if record is not None:
            record()

    # --- told by LocalStack ------------------------------------------------------------------------------
    def line(self, text: str) -> bool:
        """A line of LocalStack's log; returns whether it was the witness's."""
        _, mark, told = text.partition(MARK)
        if not mark:
            return False
        self._told.append(msgspec.json.decode(told, type=dict[str, Any]))
        self._go_on()
        return True

    def close(self) -> None:
        """Records what still waits."""
        while self._told:
            self._act_on_next()
        for hop in tuple(self._to_record):
            self._record(hop)

    def _go_on(self) -> None:
        while self._told and not self._early(self._told[0]):
            self._act_on_next()
        if self._told and self._deadline is None:
            self._deadline = asyncio.get_running_loop().call_later(_PATIENCE, self._too_late)

    def _act_on_next(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        facts = self._told.popleft()
        self._acts[facts["told"]](facts)

    def _early(self, facts: Facts) -> bool:
        """Whether it is the delivery of an event whose put the front door has not seen answered yet."""
        if facts.get("principal") != "events":
            return False
        event = _event(facts.get("body") or facts.get("payload") or "")
        if str(event.get("source")).startswith("aws."):
            return False
        identity = _identity(facts, event)
        return bool(identity) and self._events.get(identity) is None

    def _too_late(self) -> None:
        self._act_on_next()
        self._go_on()

    # --- one kind of line each ---------------------------------------------------------------------------
    def _here(self, facts: Facts) -> None:
        self.heard = True

    def _failure(self, facts: Facts) -> None:
        self._notice(
            f"LocalStack cannot tell all it does ({facts['where']}: {facts['why']}): the journal has gaps"
        )

    def _sent(self, facts: Facts) -> None:
        queue = _queue(facts)
        event = _event(facts["body"])
        hop = self._recorder.record(
            HopKind.MESSAGE_SENT,
            queue.scope,
            "sqs",
            cause=self._delivered(facts, queue, event),
            operation="SendMessage",
            resource=str(queue),
            event_id=_identity(facts, event) if facts["principal"] == "events" else "",
            message_id=facts["id"],
            trace=facts["trace"],
            payload=facts["body"],
        )
        self._messages.put(facts["id"], hop)

    def _received(self, facts: Facts) -> None:
        queue = _queue(facts)
        came_from = self._dead_in.get(facts["id"])
        if came_from is not None and came_from != queue.resource:
            self._dead_in.pop(facts["id"])
            self._next(HopKind.REDRIVEN, facts, queue, {"source": str(queue_arn(queue.scope, came_from))})
        count = int(facts.get("count") or 0)
        self._next(HopKind.MESSAGE_RECEIVED, facts, queue, {"receive_count": count} if count else {})

    def _deleted(self, facts: Facts) -> None:
        self._next(HopKind.MESSAGE_DELETED, facts, _queue(facts), {})

    def _dead(self, facts: Facts) -> None:
        """LocalStack counts the receive that fails: AWS's count is one less."""
        target = queue_arn(Scope(facts["account"], facts["region"]), facts["letters"])
        source = queue_arn(target.scope, facts["queue"])
        self._dead_in.put(facts["id"], target.resource)
        detail = {"source": str(source), "receive_count": int(facts["count"]) - 1}
        self._next(HopKind.DEAD_LETTERED, facts, target, detail)

    def _invoke(self, facts: Facts) -> None:
        function = bare_function(facts["function"], facts["account"], facts["region"])
        if facts["type"] == "DryRun":
            return
        causes = [hop for hop in map(self._messages.get, facts["messages"]) if hop is not None]
        if causes:
            cause: int | None = causes[0]
        else:
            cause = self._delivered(facts, function, _event(facts["payload"]))
        if facts["principal"] == "apigateway" and cause is not None:
            self._served.put(facts["id"], cause)
        links = [Link(hop, LinkKind.BATCH) for hop in causes[1:]]
        operation = "Event" if facts["type"] == "Event" else "Invoke"
        self._invocations.asked(
            Invocation(facts["id"], function, operation, cause, links, facts["trace"], facts["payload"]),
            facts["at"],
        )

    def _invoked(self, facts: Facts) -> None:
        known = self._invocations.known(facts["id"])
        if known is None or (known.operation == "Event" and not facts["refused"]):
            return
        error = str(facts["error"])
        if error and not facts["refused"]:
            error = _said(facts["payload"]) or error
        self._invocations.ended(
            facts["id"], facts["at"], error=error, payload=facts["payload"], refused=facts["refused"]
        )
        request = self._served.pop(facts["id"])
        if request is not None and request in self._to_record:
            self._record(request)
        elif request is not None:
            self._over.put(request, True)

    # --- causes ------------------------------------------------------------------------------------------
    def _delivered(self, facts: Facts, target: Arn, event: Mapping[str, Any]) -> int | None:
        """What led to a send or an invocation: a rule's delivery, which is recorded here, or a call."""
        rule = facts.get("source")
        if facts.get("principal") != "events" or not rule:
            call: int | None = facts.get("hop")
            return self._request_of(facts) if call is None else call
        return self._recorder.record(
            HopKind.DELIVERED,
            target.scope,
            "events",
            cause=self._matched(facts, event, target.scope),
            resource=str(target),
            event_id=_identity(facts, event),
            trace=facts["trace"],
        )

    def _request_of(self, facts: Facts) -> int | None:
        """The request to a deployed API that led to an invocation, by the trace in what it passes on."""
        found = _TRACE_PASSED.search(facts.get("payload") or "")
        return self._requests.get(found[1]) if found is not None else None

    def _matched(self, facts: Facts, event: Mapping[str, Any], scope: Scope) -> int:
        """The match of a rule, recorded once for all its targets."""
        rule, identity = facts["source"], _identity(facts, event)
        known = self._matches.get((rule, identity))
        if known is not None:
            return known
        scheduled = event.get("detail-type") == _SCHEDULED
        hop = self._recorder.record(
            HopKind.SCHEDULE_FIRED if scheduled else HopKind.RULE_MATCHED,
            scope,
            "events",
            cause=self._events.get(identity),
            resource=rule,
            event_id=identity,
            trace=facts["trace"],
        )
        self._matches.put((rule, identity), hop)
        return hop

    def _undelivered(self, facts: Facts) -> None:
        """LocalStack gives up at once, and has no dead-letter queues of targets: they are filled here."""
        event = _event(facts["body"])
        scope = Scope(facts["account"], facts["region"])
        failed = self._recorder.record(
            HopKind.DELIVERY_FAILED,
            scope,
            "events",
            cause=self._matched(facts, event, scope),
            resource=facts["target"],
            status="error",
            error=f"{facts['code']}: {facts['why']}",
            event_id=facts["event"],
            trace=facts["trace"],
        )
        if facts["letters"]:
            self._letter(facts, failed)

    def _next(self, kind: HopKind, facts: Facts, queue: Arn, detail: Mapping[str, Any]) -> None:
        """The next step of a message."""
        before = self._messages.get(facts["id"])
        call: int | None = facts.get("hop")
        links = () if call is None or before is None else (Link(call, LinkKind.DIRECT),)
        hop = self._recorder.record(
            kind,
            queue.scope,
            "sqs",
            cause=call if before is None else before,
            links=links,
            resource=str(queue),
            message_id=facts["id"],
            trace=facts.get("trace", ""),
            detail=detail,
        )
        if kind is not HopKind.MESSAGE_DELETED:
            self._messages.put(facts["id"], hop)


def _queue(facts: Facts) -> Arn:
    return queue_arn(Scope(facts["account"], facts["region"]), facts["queue"])


def _identity(facts: Facts, event: Mapping[str, Any]) -> str:
    """The id of the event that is delivered, whatever an input transformer made of it."""
    return str(facts.get("event") or event.get("id") or "")


def _event(text: str) -> Mapping[str, Any]:
    """An event as a target gets it whole; nothing where the text is something else."""
    if '"detail-type"' not in text:
        return {}
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _said(payload: str) -> str:
    """The error that a function ended with, in one line."""
    try:
        error = msgspec.json.decode(payload, type=dict[str, Any])
    except msgspec.DecodeError:
        return ""
    return f"{error.get('errorType', '')}: {error.get('errorMessage', '')}".strip(": ")
