"""From the hops of a saga to stretches of waiting and working.

A message waits in its queue, is worked on, is hidden after a failure, waits again, or lies among the dead
letters; an event waits in an outbox until somebody publishes it. One pass over the hops follows each message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from sandbox.model.hops import Hop, HopKind, LinkKind
from sandbox.model.saga.declaration import Declaration, Step
from sandbox.model.saga.stretches import Doing, Stretch, brief, short

#: Causes are followed this far back.
_DEPTH = 8
#: An invocation that seems to have lasted so many times its real duration saw the clock being moved.
_MOVED = 100
_FAILED_ITEM = re.compile(r'"itemIdentifier"\s*:\s*"([^"]+)"')
_DETAIL_TYPE = re.compile(r'"detail-type"\s*:\s*"([^"]+)"')


def build(
    declaration: Declaration,
    hops: Sequence[Hop],
    *,
    around: Mapping[int, Hop] | None = None,
    running: bool = True,
) -> list[Stretch]:
    """The stretches of one saga, oldest first.

    Args:
        declaration: with the names of the stack in it.
        hops: of the saga's flow, in any order.
        around: hops of other flows that led to some of them (the outbox run that published an event), by id.
        running: whether it still runs; then an event that was not seen yet waits in its outbox.
    """
    builder = _Builder(declaration, hops, around or {})
    for hop in sorted(hops, key=lambda one: one.id):
        builder.read(hop)
    return builder.finish(running=running)


def of_saga(hops: Sequence[Hop], key: str, value: str) -> list[Hop]:
    """Hops without those that belong to another saga in the same flow.

    One call may publish events of several sagas: what follows from an event or message that carries another
    value of the key is left out.
    """
    foreign: set[int] = set()
    kept = []
    for hop in sorted(hops, key=lambda one: one.id):
        carried = hop.keys.get(key)
        carries = hop.kind in (HopKind.EVENT_PUT, HopKind.MESSAGE_SENT) and carried is not None
        causes = {hop.cause, *(link.cause for link in hop.links)} - {None}
        follows = bool(causes) and causes <= foreign
        if (carries and carried != value) or (follows and carried != value):
            foreign.add(hop.id)
        else:
            kept.append(hop)
    return kept


class _Held(msgspec.Struct, kw_only=True):
    """A message that was received and not settled: `work` is the invocation that has it."""

    queue: str
    step: str
    attempt: int
    at: float
    hop: int
    wait: Stretch | None
    work: Stretch | None = None


class _Builder:
    def __init__(self, declaration: Declaration, hops: Sequence[Hop], around: Mapping[int, Hop]) -> None:
        self._declaration = declaration
        self._hops = {**around, **{hop.id: hop for hop in hops}}
        self._stretches: list[Stretch] = []
        self._waits: dict[str, Stretch] = {}
        self._held: dict[str, _Held] = {}
        self._received: dict[int, str] = {}
        self._works: dict[int, list[Stretch]] = {}
        self._steps: dict[str, str] = {}
        self._errors: dict[str, str] = {}
        self._published: set[str] = set()
        self._readers = {
            HopKind.MESSAGE_SENT: self._sent,
            HopKind.MESSAGE_RECEIVED: self._message_received,
            HopKind.MESSAGE_DELETED: self._deleted,
            HopKind.MESSAGE_RETURNED: self._returned,
            HopKind.DEAD_LETTERED: self._dead_lettered,
            HopKind.REDRIVEN: self._redriven,
            HopKind.INVOKE_START: self._invoke_start,
            HopKind.INVOKE_END: self._invoke_end,
            HopKind.INVOKE_THROTTLED: self._throttled,
            HopKind.EVENT_PUT: self._event_put,
        }

    def read(self, hop: Hop) -> None:
        reader = self._readers.get(hop.kind)
        if reader is not None:
            reader(hop)

    def finish(self, *, running: bool) -> list[Stretch]:
        for message_id, held in self._held.items():
            if held.work is None:
                self._add(Doing.CONSUMER, held.at, held.queue, held, message_id=message_id, hop=held.hop)
            elif not held.work.open and not held.work.ok:
                self._add(Doing.HIDDEN, held.work.until, held.queue, held, message_id=message_id)
        if running:
            for step in self._declaration.steps:
                self._wait_in_outbox(step)
        return sorted(self._stretches, key=_order)

    # --- messages ----------------------------------------------------------------------------------------
    def _sent(self, hop: Hop) -> None:
        self._steps[hop.message_id] = self._step_of_message(hop)
        self._wait(hop, Doing.QUEUE, short(hop.resource))

    def _message_received(self, hop: Hop) -> None:
        wait = self._waits.pop(hop.message_id, None)
        if wait is not None:
            wait.until = hop.at
        self._received[hop.id] = hop.message_id
        self._held[hop.message_id] = _Held(
            queue=short(hop.resource),
            step=self._steps.get(hop.message_id, ""),
            attempt=int(hop.detail.get("receive_count", 1)),
            at=hop.at,
            hop=hop.id,
            wait=wait,
        )

    def _deleted(self, hop: Hop) -> None:
        wait = self._waits.pop(hop.message_id, None)
        if wait is not None:
            wait.until = hop.at
        held = self._held.pop(hop.message_id, None)
        if held is None:
            return
        if held.work is None:
            self._add(Doing.CONSUMER, held.at, held.queue, held, until=hop.at, hop=held.hop)
        else:  # whoever deletes a message is done with it, whatever else it answered
            held.work.ok, held.work.error = True, ""

    def _returned(self, hop: Hop) -> None:
        self._hide(hop, short(hop.resource))
        self._wait(hop, Doing.QUEUE, short(hop.resource))

    def _dead_lettered(self, hop: Hop) -> None:
        self._hide(hop, short(str(hop.detail.get("source", ""))))
        self._wait(hop, Doing.DEAD_LETTER, short(hop.resource))
        wait = self._waits[hop.message_id]
        wait.ok = False
        wait.error = self._errors.get(hop.message_id, "")
        wait.attempt = int(hop.detail.get("receive_count", 1))

    def _redriven(self, hop: Hop) -> None:
        """A dead letter leaves its queue; what is sent anew is another message."""
        wait = self._waits.pop(hop.message_id, None)
        if wait is not None:
            wait.until = hop.at

    def _hide(self, hop: Hop, queue: str) -> None:
        """A message that was received is back: until now it was hidden."""
        held = self._held.pop(hop.message_id, None)
        if held is None:
            return
        if held.work is None:
            error = "it was received and not deleted"
            self._add(Doing.CONSUMER, held.at, queue, held, until=hop.at, hop=held.hop, ok=False, error=error)
        elif not held.work.open:
            self._add(Doing.HIDDEN, held.work.until, queue, held, until=hop.at)

    def _wait(self, hop: Hop, doing: Doing, resource: str) -> None:
        before = self._waits.pop(hop.message_id, None)
        if before is not None:
            before.until = hop.at
        self._waits[hop.message_id] = stretch = Stretch(
            doing=doing,
            at=hop.at,
            resource=resource,
            step=self._steps.get(hop.message_id, ""),
            hop=hop.id,
            message_id=hop.message_id,
        )
        self._stretches.append(stretch)

    # --- work --------------------------------------------------------------------------------------------
    def _invoke_start(self, hop: Hop) -> None:
        causes = [*((hop.cause,) if hop.cause is not None else ()), *(link.cause for link in hop.links)]
        messages = [self._received[cause] for cause in causes if cause in self._received]
        held = [self._held[message] for message in messages if message in self._held]
        if held:
            self._works[hop.id] = [self._take_up(hop, one) for one in held]
            return
        step = self._step_of_invocation(hop)
        self._wait_for_invocation(hop, step)
        attempt = 1 + sum(one.step == step and one.working and not one.ok for one in self._stretches)
        stretch = Stretch(
            doing=Doing.FUNCTION,
            at=hop.at,
            resource=short(hop.function),
            step=step,
            hop=hop.id,
            attempt=attempt if step else 1,
        )
        self._stretches.append(stretch)
        self._works[hop.id] = [stretch]

    def _take_up(self, hop: Hop, held: _Held) -> Stretch:
        if held.wait is not None:
            held.wait.until = hop.at
        held.work = Stretch(
            doing=Doing.FUNCTION,
            at=hop.at,
            resource=short(hop.function),
            step=held.step,
            attempt=held.attempt,
            hop=hop.id,
            message_id=self._received.get(held.hop, ""),
        )
        self._stretches.append(held.work)
        return held.work

    def _invoke_end(self, hop: Hop) -> None:
        failed = set(_FAILED_ITEM.findall(hop.payload)) if "batchItemFailures" in hop.payload else set()
        for work in self._works.pop(hop.cause or 0, ()):
            work.until = _ended(work.at, hop)
            work.duration_ms = hop.duration_ms
            if hop.status != "ok":
                work.ok, work.error = False, brief(hop.error) or hop.status
            elif work.message_id and work.message_id in failed:
                work.ok, work.error = False, "reported in batchItemFailures"
            if work.error:
                self._errors[work.message_id] = work.error

    def _throttled(self, hop: Hop) -> None:
        self._stretches.append(
            Stretch(
                doing=Doing.FUNCTION,
                at=hop.at,
                until=hop.at,
                resource=short(hop.function),
                step=self._step_of_invocation(hop),
                ok=False,
                error=brief(hop.error) or "throttled",
                hop=hop.id,
            )
        )

    def _step_of_invocation(self, hop: Hop) -> str:
        for cause in self._causes(hop):
            if cause.kind is HopKind.MESSAGE_RECEIVED:
                return self._steps.get(cause.message_id, "")
            if cause.kind is HopKind.HTTP_REQUEST:
                step = self._declaration.step_of_request(cause.operation)
                return step.name if step is not None else ""
            if cause.kind is HopKind.EVENT_PUT:
                event = str(cause.detail.get("detailType", ""))
                step = self._declaration.step_of_event(event, short(hop.function))
                return step.name if step is not None else ""
        return ""

    def _wait_for_invocation(self, hop: Hop, step: str) -> None:
        cause = self._hops.get(hop.cause or 0)
        asked = cause is not None and cause.kind in (HopKind.DELIVERED, HopKind.INVOKE_RETRY)
        if cause is not None and asked and cause.at < hop.at:
            self._stretches.append(
                Stretch(
                    doing=Doing.ASYNC,
                    at=cause.at,
                    until=hop.at,
                    resource=short(hop.function),
                    step=step,
                    hop=cause.id,
                )
            )

    # --- events ------------------------------------------------------------------------------------------
    def _event_put(self, hop: Hop) -> None:
        event = str(hop.detail.get("detailType", ""))
        step = self._declaration.emitter(event)
        self._published.add(event)
        if step is None or not self._through_outbox(hop, step):
            return
        linked = [self._hops[link.cause].at for link in hop.links if link.cause in self._hops]
        written = [
            at for at in (self._last_work(step.name, hop.at), max(linked, default=None)) if at is not None
        ]
        if written and max(written) < hop.at:
            outbox = self._declaration.participant_of(step).outbox
            self._stretches.append(
                Stretch(
                    doing=Doing.OUTBOX,
                    at=max(written),
                    until=hop.at,
                    resource=outbox,
                    step=step.name,
                    hop=hop.id,
                )
            )

    def _through_outbox(self, hop: Hop, step: Step) -> bool:
        """Whether somebody else than the step's own function published its event."""
        participant = self._declaration.participant_of(step)
        if not participant.outbox:
            return False
        publisher = next((one.function for one in self._causes(hop) if one.function), "")
        if publisher:
            return short(publisher) != participant.function
        return any(link.kind is LinkKind.INFERRED for link in hop.links)

    def _wait_in_outbox(self, step: Step) -> None:
        participant = self._declaration.participant_of(step)
        if not step.emits or not participant.outbox or self._published & set(step.emits):
            return
        written = self._last_work(step.name, float("inf"))
        if written is not None:
            self._stretches.append(
                Stretch(doing=Doing.OUTBOX, at=written, resource=participant.outbox, step=step.name)
            )

    def _last_work(self, step: str, before: float) -> float | None:
        """When work on a step last ended well, not after `before`."""
        ended = [
            one.until
            for one in self._stretches
            if one.working and one.ok and one.step == step and one.until is not None and one.until <= before
        ]
        return max(ended, default=None)

    # --- inside ------------------------------------------------------------------------------------------
    def _add(
        self,
        doing: Doing,
        at: float | None,
        resource: str,
        held: _Held,
        *,
        until: float | None = None,
        hop: int | None = None,
        message_id: str = "",
        ok: bool = True,
        error: str = "",
    ) -> None:
        self._stretches.append(
            Stretch(
                doing=doing,
                at=at if at is not None else held.at,
                until=until,
                resource=resource,
                step=held.step,
                attempt=held.attempt,
                hop=hop,
                message_id=message_id,
                ok=ok,
                error=error,
            )
        )

    def _step_of_message(self, hop: Hop) -> str:
        """The step that a message begins: of one that was sent anew, the step of the one it was."""
        cause = self._hops.get(hop.cause or 0)
        if cause is not None and cause.kind is HopKind.REDRIVEN and cause.message_id in self._steps:
            return self._steps[cause.message_id]
        step = self._declaration.step_of_message(short(hop.resource), self._event_of(hop))
        return step.name if step is not None else ""

    def _event_of(self, hop: Hop) -> str:
        """The type of the event that a message carries."""
        for cause in self._causes(hop):
            if cause.kind is HopKind.EVENT_PUT:
                return str(cause.detail.get("detailType", ""))
        match = _DETAIL_TYPE.search(hop.payload)
        return match[1] if match is not None else ""

    def _causes(self, hop: Hop) -> Iterator[Hop]:
        """What led to a hop, the nearest first, as far as it is known."""
        current: Hop | None = hop
        for _ in range(_DEPTH):
            current = self._hops.get(current.cause or 0) if current is not None else None
            if current is None:
                return
            yield current


def _ended(began: float, hop: Hop) -> float:
    """When an invocation ended. Functions work in real time: where the clock was moved forward meanwhile, it
    ended when it would have without that, and what lies between is no work.
    """
    took = (hop.duration_ms or 0.0) / 1000
    moved = hop.duration_ms is not None and hop.at - began > max(_MOVED * took, took + 1.0)
    return began + took if moved else max(hop.at, began)


def _order(stretch: Stretch) -> tuple[float, float, int]:
    """By beginning, then by end; what lasts comes last."""
    return stretch.at, stretch.until if stretch.until is not None else float("inf"), stretch.hop or 0
