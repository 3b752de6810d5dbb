"""The vocabulary of the journal: every step an event takes is a hop, and a hop knows its cause."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec


class HopKind(StrEnum):
    """What happened."""

    API_CALL = "api-call"  # an AWS API operation at the front door
    HTTP_REQUEST = "http-request"  # a request to a deployed API (API Gateway)
    EVENT_PUT = "event-put"  # one entry of PutEvents accepted by a bus
    RULE_MATCHED = "rule-matched"
    RULE_NOT_MATCHED = "rule-not-matched"
    SCHEDULE_FIRED = "schedule-fired"
    PUBLISHED = "published"  # a topic accepted a message
    FILTERED = "filtered"  # a subscription's filter policy kept a message away
    ITEM_CHANGED = "item-changed"  # a table's stream has a record of it
    DELIVERED = "delivered"  # a target took the event
    DELIVERY_FAILED = "delivery-failed"
    MESSAGE_SENT = "message-sent"
    MESSAGE_RECEIVED = "message-received"
    MESSAGE_DELETED = "message-deleted"
    MESSAGE_RETURNED = "message-returned"  # visible again after a receive that was not deleted
    DEAD_LETTERED = "dead-lettered"
    REDRIVEN = "redriven"
    REPLAYED = "replayed"
    INVOKE_START = "invoke-start"
    INVOKE_END = "invoke-end"
    INVOKE_THROTTLED = "invoke-throttled"
    INVOKE_RETRY = "invoke-retry"
    LOG_LINE = "log-line"
    STATE_CHANGED = "state-changed"
    FAULT_INJECTED = "fault-injected"


class LinkKind(StrEnum):
    """Why one hop is taken to have caused another."""

    DIRECT = "direct"  # the engine saw it
    BATCH = "batch"  # one of several messages handed to one invocation
    INFERRED = "inferred"  # joined by business key across something the engine does not own (a database)


class Link(msgspec.Struct, frozen=True):
    """A further cause of a hop, beside its first one."""

    cause: int
    kind: LinkKind


class Hop(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of an event.

    Attributes:
        id: position in the journal; causes have smaller ids than what they cause.
        kind: what happened.
        at: virtual time, seconds since the epoch.
        real_at: wall-clock time, seconds since the epoch.
        cause: the hop that led to this one, if the engine saw it.
        links: further causes (other messages of a batch, joins by business key).
        flow: id of the hop that began the flow this one belongs to.
        service, operation, resource: what was called, on what (an ARN or a name).
        status: `ok`, or what went wrong (`error`, `throttled`, `timeout`, …).
        error: code and message of what went wrong.
        request_id, event_id, message_id, trace: ids to find it by.
        function: ARN of the function that ran, for invocation and log hops.
        keys: business keys found in the payload (`notaFiscalId` -> value).
        duration_ms: how long it took in real time.
        detail: further facts, small.
        payload: what was carried, bounded and with secrets masked.
    """

    id: int
    kind: HopKind
    at: float
    real_at: float
    account: str
    region: str
    service: str
    operation: str = ""
    resource: str = ""
    cause: int | None = None
    links: tuple[Link, ...] = ()
    flow: int = 0
    status: str = "ok"
    error: str = ""
    request_id: str = ""
    event_id: str = ""
    message_id: str = ""
    trace: str = ""
    function: str = ""
    keys: dict[str, str] = {}
    duration_ms: float | None = None
    detail: dict[str, Any] = {}
    payload: str = ""

    @property
    def queues_at_function(self) -> bool:
        """Whether it says that Lambda's own queue took an event, which the function is to run with later."""
        return self.kind is HopKind.DELIVERED and self.service == "lambda"
