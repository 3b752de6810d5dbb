"""The document of an event, as rules match it and targets get it.

Page: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.model.event_patterns import decode, encode


@dataclass(frozen=True, slots=True)
class EventDocument:
    """An event.

    Attributes:
        text: the document as JSON, keys in AWS's order; `detail` token for token as it was published.
        tree: the same, decoded.
        time: `YYYY-MM-DDTHH:MM:SSZ`.
        detail_size: bytes of the detail as it was published.
    """

    id: str
    text: str
    tree: Mapping[str, Any]
    time: str
    detail_size: int = 0

    @property
    def size(self) -> int:
        """Bytes that it counts for in an archive: its source, detail type, detail, resources and time."""
        tree = self.tree
        texts = (tree["source"], tree["detail-type"], tree["time"], *tree["resources"])
        return sum(len(str(text).encode(errors="surrogatepass")) for text in texts) + self.detail_size


def known_event(text: str) -> EventDocument:
    """An event that was published before, from its document."""
    tree = decode(text)
    size = len(encode(tree["detail"]).encode(errors="surrogatepass"))
    return EventDocument(str(tree["id"]), text, tree, str(tree["time"]), size)


def event_time(text: str) -> float:
    """The time in an event, seconds since the epoch."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()


def with_replay_name(text: str, name: str) -> str:
    """The document of an event as a replay delivers it.

    Every quote inside a string is escaped, so that the first match is the member of the envelope.
    """
    return text.replace(',"resources":', f',"replay-name":{encode(name)},"resources":', 1)


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
    detail_size: int = 0,
) -> EventDocument:
    """Puts an event together.

    Args:
        detail_text: the detail as compact JSON, embedded as it is.
        detail: the same, decoded.
        detail_size: bytes of the detail as it was published.
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
    return EventDocument(identity, text, {**envelope, "detail": detail}, time, detail_size)


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
