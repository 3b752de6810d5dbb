"""One hop in words: what happened, where, how it went."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.model.hops import Hop, HopKind
from tui.present.cells import Line, Tone, join, text
from tui.present.numbers import milliseconds
from tui.present.refs import short

_WORDS: dict[HopKind, tuple[str, str]] = {
    HopKind.API_CALL: ("↗", "call"),
    HopKind.HTTP_REQUEST: ("⇄", "request"),
    HopKind.EVENT_PUT: ("◇", "event"),
    HopKind.RULE_MATCHED: ("◆", "rule"),
    HopKind.RULE_NOT_MATCHED: ("◇", "no match"),
    HopKind.SCHEDULE_FIRED: ("◷", "schedule"),
    HopKind.PUBLISHED: ("◈", "published"),
    HopKind.FILTERED: ("◇", "filtered out"),
    HopKind.ITEM_CHANGED: ("△", "changed"),
    HopKind.DELIVERED: ("→", "delivered"),
    HopKind.DELIVERY_FAILED: ("✗", "not delivered"),
    HopKind.MESSAGE_SENT: ("▤", "queued"),
    HopKind.MESSAGE_RECEIVED: ("▥", "received"),
    HopKind.MESSAGE_DELETED: ("−", "deleted"),
    HopKind.MESSAGE_RETURNED: ("↩", "visible again"),
    HopKind.DEAD_LETTERED: ("☠", "dead letter"),
    HopKind.REDRIVEN: ("↻", "redriven"),
    HopKind.REPLAYED: ("↻", "replayed"),
    HopKind.INVOKE_START: ("ƒ", "invoke"),
    HopKind.INVOKE_END: ("ƒ", "ended"),
    HopKind.INVOKE_THROTTLED: ("▲", "throttled"),
    HopKind.INVOKE_RETRY: ("↻", "retry"),
    HopKind.LOG_LINE: ("≡", "log"),
    HopKind.STATE_CHANGED: ("⇒", "state"),
    HopKind.FAULT_INJECTED: ("⚡", "fault"),
}
_BAD = (HopKind.DEAD_LETTERED, HopKind.DELIVERY_FAILED)
_QUIET = (
    HopKind.MESSAGE_DELETED,
    HopKind.DELIVERED,
    HopKind.RULE_NOT_MATCHED,
    HopKind.FILTERED,
    HopKind.LOG_LINE,
    HopKind.API_CALL,
)
#: What is said of these is what happened, and then the place of it.
_AT_A_PLACE = (HopKind.EVENT_PUT, HopKind.API_CALL, HopKind.FAULT_INJECTED)
_STRONG = (HopKind.HTTP_REQUEST, HopKind.EVENT_PUT, HopKind.PUBLISHED, HopKind.INVOKE_START)


def tone_of(hop: Hop) -> Tone:
    """How a hop went."""
    if hop.status != "ok" or hop.kind in _BAD:
        return Tone.BAD
    if hop.kind is HopKind.INVOKE_THROTTLED:
        return Tone.WARN
    return Tone.DIM if hop.kind in _QUIET else Tone.STRONG if hop.kind in _STRONG else Tone.PLAIN


def words(hop: Hop) -> Line:
    """What happened, and where; the piece that tells least is the last."""
    glyph, verb = _WORDS.get(hop.kind, ("◦", hop.kind.value))
    if hop.queues_at_function:
        glyph, verb = "▤", "queued for"
    tone = tone_of(hop)
    doing, _, place = where(hop).rpartition(" ") if hop.kind in _AT_A_PLACE else ("", "", where(hop))
    verb_tone = tone if tone is Tone.BAD else Tone.DIM
    return join(text(f"{glyph} {verb}", verb_tone), text(doing, tone), text(place, tone))


def where(hop: Hop) -> str:
    """The thing a hop is about."""
    name = short(hop.resource) if hop.resource.startswith("arn:") else hop.resource
    if hop.kind is HopKind.HTTP_REQUEST:
        return hop.operation
    if hop.kind in (HopKind.INVOKE_START, HopKind.INVOKE_END) and hop.function:
        return short(hop.function)
    if hop.kind is HopKind.FAULT_INJECTED:
        return f"{hop.operation} at {name}"
    if hop.kind is HopKind.API_CALL:
        return f"{hop.service}:{hop.operation} {name}".strip()
    if hop.kind is HopKind.EVENT_PUT:
        return f"{hop.detail.get('detailType', '')} on {name}".strip()
    return name


def http_status(status: int | None) -> Line:
    """How a request was answered; nothing where there was none."""
    if status is None:
        return ()
    return text(status, Tone.BAD if status >= 500 else Tone.WARN if status >= 400 else Tone.OK)


def facts(hop: Hop) -> Iterator[Line]:
    """Small facts worth a place in the tree."""
    if hop.detail.get("cold"):
        yield text("cold", Tone.ACCENT)
    if hop.detail.get("receive_count", 1) != 1:
        yield text(f"receive {hop.detail['receive_count']}", Tone.WARN)
    if hop.detail.get("waited_ms"):
        yield text(f"waited {milliseconds(float(hop.detail['waited_ms']))}", Tone.DIM)
    if status := hop.detail.get("http_status"):
        yield http_status(int(status))
    if hop.status != "ok":
        yield text(f"{hop.status}: {hop.error}" if hop.error else hop.status, Tone.BAD)
    elif hop.error:
        yield text(f"({hop.error})", Tone.WARN)
