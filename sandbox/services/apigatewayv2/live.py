"""A stage of an HTTP API ready to serve: its router, its token buckets, what authorizers said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.model.apis.lambda_authorizer import Verdict
from sandbox.model.apis.throttle import ACCOUNT_BURST, ACCOUNT_RATE, TokenBucket
from sandbox.model.apis.verdicts import VerdictCache
from sandbox.model.arn import Arn
from sandbox.model.scope import Scope
from sandbox.services.apigatewayv2.definition import Api, Definition, Route, Stage
from sandbox.services.apigatewayv2.routing import Router


@dataclass(slots=True)
class LiveStage:
    """A stage ready to serve.

    Attributes:
        log_group: where the access log goes, or None.
    """

    scope: Scope
    api: Api
    stage: Stage
    definition: Definition
    router: Router
    log_group: Arn | None = None
    buckets: dict[str, TokenBucket] = field(default_factory=dict)
    verdicts: VerdictCache[Verdict] = field(default_factory=VerdictCache)

    @property
    def variables(self) -> Mapping[str, str]:
        """The stage's variables."""
        return self.stage.stage_variables

    def admits(self, route: Route, now: float) -> bool:
        """Takes a token of the route's bucket, or of the one that all routes without their own share."""
        own = self.stage.route_settings.get(route.route_key)
        key = route.route_key if own is not None else ""
        bucket = self.buckets.get(key)
        if bucket is None:
            default = self.stage.default_route_settings
            rate = own.throttling_rate_limit if own else None
            burst = own.throttling_burst_limit if own else None
            rate = default.throttling_rate_limit if rate is None else rate
            burst = default.throttling_burst_limit if burst is None else burst
            bucket = self.buckets[key] = TokenBucket.full(
                ACCOUNT_RATE if rate is None else rate, ACCOUNT_BURST if burst is None else burst, now
            )
        return bucket.take(now)
