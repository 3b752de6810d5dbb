"""PutEvents: from the entries of a request to events, matches and deliveries.

Page: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sandbox.model.arn import event_bus_arn, parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.event_patterns import FlatEvent, MalformedJsonError, compact, decode, flatten
from sandbox.model.hops import HopKind
from sandbox.model.lambda_trace import without_lineage
from sandbox.model.scope import Scope
from sandbox.services.base import Kit
from sandbox.services.events.archive_store import Replay
from sandbox.services.events.archiving import Archivist
from sandbox.services.events.documents import (
    EventDocument,
    build_document,
    known_event,
    timestamp,
    with_replay_name,
)
from sandbox.services.events.errors import invalid
from sandbox.services.events.inputs import Firing
from sandbox.services.events.names import bus_reference
from sandbox.services.events.outlets import is_bus
from sandbox.services.events.pending import Pending, pending_delivery
from sandbox.services.events.routing import Router
from sandbox.services.events.rulebook import RuleBook
from sandbox.services.events.store import EventsStore

MAX_ENTRIES = 10
#: Bytes of all entries together (1 MB since January 2026).
MAX_SIZE = 1_048_576
ENTRY_MEMBERS = frozenset(
    ("Time", "Source", "Resources", "DetailType", "Detail", "EventBusName", "TraceHeader")
)
_TIME_SIZE = 14


class EntryError(Exception):
    """An entry is refused; the others are not."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


def entry_size(entry: Mapping[str, Any]) -> int:
    """Bytes of an entry as EventBridge counts them."""
    texts = [
        entry.get("Source"),
        entry.get("DetailType"),
        entry.get("Detail"),
        *(entry.get("Resources") or ()),
    ]
    size = sum(len(text.encode(errors="surrogatepass")) for text in texts if text)
    return size + (_TIME_SIZE if entry.get("Time") is not None else 0)


def check_request(entries: list[Mapping[str, Any]]) -> None:
    """Refuses what makes the whole request invalid.

    Raises:
        AwsError: ValidationException.
    """
    if len(entries) > MAX_ENTRIES:
        raise invalid(
            "1 validation error detected: Value at 'entries' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_ENTRIES}"
        )
    if sum(map(entry_size, entries)) > MAX_SIZE:
        raise invalid("Total size of the entries in the request is over the limit.")


class Publisher:
    """Puts events on buses.

    Args:
        kit: clock, journal and ids.
        store, rulebook: the buses, and the rules that match.
        router: delivers to targets.
        archivist: keeps events in archives.
    """

    def __init__(
        self,
        kit: Kit,
        store: EventsStore,
        rulebook: RuleBook,
        router: Router,
        archivist: Archivist,
    ) -> None:
        self._clock = kit.clock
        self._recorder = kit.recorder
        self._ids = kit.ids
        self._faults = kit.faults
        self._store = store
        self._rulebook = rulebook
        self._router = router
        self._archivist = archivist

    async def put(self, call: Call, entry: Mapping[str, Any], *, own: bool = False) -> dict[str, str]:
        """Puts one event, and hands it to the targets of the rules that match.

        Args:
            own: AWS itself puts it, whose sources begin with `aws.`.

        Returns:
            The entry of the answer: an event id, or an error code and message.
        """
        try:
            scope, bus = bus_reference(call.scope, entry.get("EventBusName"))
            event = self._document(call.scope, entry, own=own)
            flat = flatten(event.tree)
        except EntryError as error:
            return {"ErrorCode": error.code, "ErrorMessage": error.message}
        except MalformedJsonError:
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        except AwsError as error:
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": error.message}
        if self._faults.planned("fail-entries") and (refusal := self._refused(call, entry, scope, bus)):
            return refusal
        trace = without_lineage(entry.get("TraceHeader") or call.trace)
        lost = (
            "" if self._store.find_bus(scope, bus) else f"Event bus {bus} does not exist: the event is lost"
        )
        hop = self._recorder.record(
            HopKind.EVENT_PUT,
            scope,
            "events",
            cause=call.hop,
            operation="PutEvents",
            resource=str(event_bus_arn(scope, bus)),
            status="error" if lost else "ok",
            error=lost,
            request_id=call.request_id,
            event_id=event.id,
            trace=trace,
            detail={"source": event.tree["source"], "detailType": event.tree["detail-type"]},
            payload=event.text,
        )
        # AWS accepts events for buses that do not exist, and loses them; here the journal says so.
        if not lost:
            self._archivist.keep(scope, bus, event, flat)
            await self._route(scope, bus, event, flat, hop, trace)
        return {"EventId": event.id}

    def _refused(self, call: Call, entry: Mapping[str, Any], scope: Scope, bus: str) -> dict[str, str] | None:
        """The failure that is to be injected for an entry, if any."""
        fault = self._faults.check(
            "fail-entries",
            scope,
            service="events",
            cause=call.hop,
            resource=str(event_bus_arn(scope, bus)),
            event=entry["DetailType"],
            function=call.caller.function or "",
        )
        if fault is None:
            return None
        return {"ErrorCode": fault.settings["code"], "ErrorMessage": fault.settings["message"]}

    async def forward(self, pending: Pending, cause: int) -> None:
        """Puts the event of a delivery on the bus that is its target, as it is.

        Events that came from another bus go to no third one, so that buses cannot form a loop:
        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-bus-to-bus.html

        Raises:
            AwsError: ResourceNotFoundException, no such bus.
        """
        target = parse_arn(pending.target)
        scope, bus = target.scope, target.name
        self._store.bus(scope, bus)
        event = known_event(pending.event)
        flat = flatten(event.tree)
        hop = self._recorder.record(
            HopKind.EVENT_PUT,
            scope,
            "events",
            cause=cause,
            resource=str(target),
            event_id=event.id,
            trace=pending.trace,
            detail={"source": event.tree["source"], "detailType": event.tree["detail-type"]},
            payload=event.text,
        )
        self._archivist.keep(scope, bus, event, flat)
        await self._route(scope, bus, event, flat, hop, pending.trace, forwarded=True)

    async def repeat(self, scope: Scope, bus: str, document: str) -> int:
        """Hands an event document to the rules of a bus under the id that it has: a duplicate, where that was
        published before.

        Returns:
            Its hop.

        Raises:
            MalformedJsonError: it is no JSON object.
            AwsError: ResourceNotFoundException, no such bus.
        """
        tree = decode(document)
        if not isinstance(tree, dict):
            raise MalformedJsonError("an event is a JSON object")
        self._store.bus(scope, bus)
        event = known_event(document)
        hop = self._recorder.record(
            HopKind.REPLAYED,
            scope,
            "events",
            resource=str(event_bus_arn(scope, bus)),
            event_id=event.id,
            detail={"source": tree["source"], "detailType": tree["detail-type"]},
            payload=document,
        )
        await self._route(scope, bus, event, flatten(tree), hop, None)
        return hop

    def replay(self, scope: Scope, bus: str, document: str, replay: Replay) -> None:
        """Gives an archived event to the rules that the replay asks for; it is not archived again."""
        event = known_event(with_replay_name(document, replay.name))
        tree = event.tree
        hop = self._recorder.record(
            HopKind.REPLAYED,
            scope,
            "events",
            cause=replay.cause,
            resource=str(event_bus_arn(scope, bus)),
            event_id=event.id,
            detail={
                "source": tree["source"],
                "detailType": tree["detail-type"],
                "replay": replay.name,
                "archive": replay.archive,
            },
            payload=event.text,
        )
        for pending in self._matches(scope, bus, event, flatten(tree), hop, None, only=replay.filters):
            self._router.enqueue(pending)

    async def _route(
        self,
        scope: Scope,
        bus: str,
        event: EventDocument,
        flat: FlatEvent,
        cause: int,
        trace: str | None,
        *,
        forwarded: bool = False,
    ) -> None:
        for pending in self._matches(scope, bus, event, flat, cause, trace):
            if forwarded and is_bus(parse_arn(pending.target)):
                self._router.refuse(pending, "the event came from another bus, and goes to no third one")
            else:
                await self._router.deliver(pending)

    def _matches(
        self,
        scope: Scope,
        bus: str,
        event: EventDocument,
        flat: FlatEvent,
        cause: int,
        trace: str | None,
        only: Collection[str] = (),
    ) -> Iterator[Pending]:
        """A delivery for each target of each rule that matches.

        Args:
            only: ARNs of the rules that are asked; none means all.
        """
        matching = self._rulebook.matching(scope, bus, flat)
        ingested = timestamp(self._clock.now())
        for compiled in matching:
            rule_arn = str(compiled.rule.arn)
            if only and rule_arn not in only:
                continue
            match = self._recorder.record(
                HopKind.RULE_MATCHED,
                scope,
                "events",
                cause=cause,
                resource=rule_arn,
                event_id=event.id,
                trace=trace,
            )
            firing = Firing(rule_arn, compiled.rule.name, ingested)
            for target in compiled.targets:
                now = self._clock.now()
                yield pending_delivery(scope, firing, target, event, now=now, cause=match, trace=trace)

    def _time(self, at: float | None) -> str:
        try:
            return timestamp(self._clock.now() if at is None else at)
        except (ValueError, OverflowError, OSError):
            raise EntryError("InvalidArgument", "Parameter Time is not valid.") from None

    def _document(self, scope: Scope, entry: Mapping[str, Any], *, own: bool) -> EventDocument:
        for member in ("Source", "DetailType", "Detail"):
            if not entry.get(member):
                raise EntryError(
                    "InvalidArgument",
                    f"Parameter {member} is not valid. Reason: {member} is a required argument.",
                )
        if entry["Source"].startswith("aws.") and not own:
            raise EntryError("NotAuthorizedForSourceException", "Not authorized for the source.")
        detail = decode(entry["Detail"])
        if not isinstance(detail, dict):
            raise MalformedJsonError("a detail is a JSON object")
        return build_document(
            self._ids.uuid(),
            source=entry["Source"],
            detail_type=entry["DetailType"],
            account=scope.account,
            region=scope.region,
            time=self._time(entry.get("Time")),
            resources=entry.get("Resources") or [],
            detail_text=compact(entry["Detail"]),
            detail=detail,
            detail_size=len(entry["Detail"].encode(errors="surrogatepass")),
        )
