"""API keys and usage plans as values: "Usage plans and API keys" of the API Gateway Developer Guide."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import msgspec

from sandbox.model.apis.throttle import TokenBucket


class Throttle(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel", frozen=True):
    """Requests per second, and at once."""

    rate_limit: float | None = None
    burst_limit: int | None = None


class Quota(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel", frozen=True):
    """Requests in a period (`DAY`, `WEEK`, `MONTH`); an `offset` for the first of them is refused."""

    limit: int = 0
    offset: int = 0
    period: str = "MONTH"


class PlanStage(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A stage that a plan covers, with throttling per method (`/path/METHOD`)."""

    api_id: str
    stage: str
    throttle: dict[str, Throttle] = {}


class UsagePlan(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A usage plan."""

    id: str
    name: str
    description: str | None = None
    api_stages: list[PlanStage] = []
    throttle: Throttle | None = None
    quota: Quota | None = None
    product_code: str | None = None
    tags: dict[str, str] = {}


class ApiKey(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """An API key; times in virtual seconds since the epoch."""

    id: str
    value: str
    name: str | None = None
    customer_id: str | None = None
    description: str | None = None
    enabled: bool = False
    created_date: float
    last_updated_date: float
    stage_keys: list[str] = []
    tags: dict[str, str] = {}


@dataclass(slots=True)
class PlanKey:
    """What a usage plan lets one API key do at one stage."""

    plan: UsagePlan
    key: ApiKey
    stage: PlanStage
    buckets: dict[str, TokenBucket] = field(default_factory=dict)

    def admits(self, path: str, method: str, now: float) -> bool:
        """Takes a token of the key's bucket: of the method's own where the plan has one, else the plan's."""
        own = self.stage.throttle.get(f"{path}/{method}")
        throttle = own or self.plan.throttle
        if throttle is None:
            return True
        name = f"{path}/{method}" if own else ""
        bucket = self.buckets.get(name)
        if bucket is None:
            rate, burst = throttle.rate_limit or 0.0, float(throttle.burst_limit or 0)
            bucket = self.buckets[name] = TokenBucket.full(rate, burst, now)
        return bucket.take(now)


def day_of(now: float) -> date:
    """The day of a moment of virtual time (UTC)."""
    return datetime.fromtimestamp(now, UTC).date()


def period_start(quota: Quota, today: date) -> date:
    """The first day of the quota's period that `today` lies in; weeks begin on Sunday."""
    if quota.period == "DAY":
        return today
    if quota.period == "WEEK":
        return today - timedelta(days=(today.weekday() + 1) % 7)
    return today.replace(day=1)
