"""The document of an event, as rules match it and targets get it.

Page: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.model.event_patterns import encode


@dataclass(frozen=True, slots=True)
class EventDocument:
    """An event.

    Attributes:
        text: the document as JSON, keys in AWS's order; `detail` token for token as it was published.
        tree: the same, decoded.
        time: `YYYY-MM-DDTHH:MM:SSZ`.
    """

    id: str
    text: str
    tree: Mapping[str, Any]
    time: str


def timestamp(at: float) -> str:
    """A time as events carry it.

    Args:
        at: seconds since the epoch.
    """
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def build_document(
    identity: str,
    *,
    source: str,
    detail_type: str,
    account: str,
    region: str,
    time: str,
    resources: Sequence[str],
    detail_text: str,
    detail: Mapping[str, Any],
) -> EventDocument:
    """Puts an event together.

    Args:
        detail_text: the detail as compact JSON, embedded as it is.
        detail: the same, decoded.
    """
    envelope = {
        "version": "0",
        "id": identity,
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": time,
        "region": region,
        "resources": list(resources),
    }
    text = f'{encode(envelope)[:-1]},"detail":{detail_text}}}'
    return EventDocument(identity, text, {**envelope, "detail": detail}, time)


def scheduled_event(identity: str, *, account: str, region: str, at: float, rule_arn: str) -> EventDocument:
    """The document that the firing of a schedule delivers.

    Args:
        at: virtual time of the firing, seconds since the epoch.
    """
    return build_document(
        identity,
        source="aws.events",
        detail_type="Scheduled Event",
        account=account,
        region=region,
        time=timestamp(at),
        resources=[rule_arn],
        detail_text="{}",
        detail={},
    )
