"""One event on its way to one target."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.model.scope import Scope
from sandbox.services.events.documents import EventDocument
from sandbox.services.events.inputs import Firing, InputError
from sandbox.services.events.targets import Target


class Pending(msgspec.Struct, kw_only=True):
    """A delivery.

    Attributes:
        event: the event document; what a dead-letter queue gets.
        body: what the target gets.
        cause: the hop of the match or firing that led to it.
        accepted: virtual time when the event came in.
        attempts: how many have failed.
        failure: code and message of the last one that did; wait: seconds that the target then asked for.
        http: `path`, `headers` and `query` of a request, for targets that are called by HTTP.
        unusable: why there is no body: the target's transformer made nothing that can be delivered.
    """

    account: str
    region: str
    rule: str
    target: str
    target_id: str
    event: str
    event_id: str
    body: str
    cause: int | None
    trace: str | None
    group_id: str | None
    dead_letter: str | None
    max_retries: int
    max_age: int
    accepted: float
    attempts: int = 0
    failure: tuple[str, str] = ("", "")
    wait: float = 0.0
    http: dict[str, Any] | None = None
    unusable: str = ""

    @property
    def scope(self) -> Scope:
        """The scope of the rule."""
        return Scope(self.account, self.region)

    @property
    def source(self) -> str:
        """ARN of the rule."""
        return self.rule

    @property
    def letter(self) -> str:
        """What a dead-letter queue gets: the event."""
        return self.event

    @property
    def deadline(self) -> float:
        """Virtual time after which it is not tried any more."""
        return self.accepted + self.max_age

    @property
    def facts(self) -> dict[str, str | int]:
        """What a hop tells of it."""
        return {"rule": self.rule, "target": self.target_id, "attempt": self.attempts + 1}


def pending_delivery(
    scope: Scope,
    firing: Firing,
    target: Target,
    event: EventDocument,
    *,
    now: float,
    cause: int | None,
    trace: str | None = None,
) -> Pending:
    """The delivery of an event to a target of a rule.

    Args:
        scope: of the rule.
        now: virtual time, from which the event's age counts.
        cause: the hop that led to it.
        trace: the X-Ray trace header to carry on.
    """
    body, unusable = "", ""
    try:
        body = target.render(event, firing)
    except InputError as error:
        unusable = str(error)
    return Pending(
        account=scope.account,
        region=scope.region,
        rule=firing.rule_arn,
        target=str(target.arn),
        target_id=target.id,
        event=event.text,
        event_id=event.id,
        body=body,
        cause=cause,
        trace=trace,
        group_id=target.group_id,
        dead_letter=None if target.dead_letter is None else str(target.dead_letter),
        max_retries=target.max_retries,
        max_age=target.max_age,
        accepted=now,
        http=None if target.http is None else target.http(event),
        unusable=unusable,
    )
