"""A stage ready to serve: its router, the settings of its methods, its token buckets."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from sandbox.model.apis.throttle import TokenBucket
from sandbox.services.apigateway.proxy import Stage
from sandbox.services.apigateway.routing import Match, Router


class MethodSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a stage sets for a method, or for all (`*/*`).

    Attributes:
        rate, burst: throttling in requests per second, and at once; None leaves the account's.
        log_level: `OFF`, `ERROR` or `INFO`: what is written to the stage's execution log.
        data_trace: log request and response bodies too.
    """

    rate: float | None = None
    burst: float | None = None
    log_level: str = "OFF"
    data_trace: bool = False


@dataclass(slots=True)
class LiveStage:
    """A stage ready to serve: its router, settings and token buckets."""

    stage: Stage
    router: Router
    settings: dict[str, MethodSettings]
    buckets: dict[str, TokenBucket]

    def setting(self, match: Match) -> tuple[str, MethodSettings]:
        """The most special settings for a method, and the name of the bucket they share."""
        path, method = match.route.path, match.route.method
        for where, what in ((path, method), (path, "*"), ("*", method), ("*", "*")):
            key = method_key(where, what)
            if key in self.settings:
                return key, self.settings[key]
        return "", MethodSettings()


def method_key(path: str, method: str) -> str:
    """The key of a method's settings.

    Args:
        path: of the resource, or `*`; with slashes or `~1` for them, beginning with one or not:
            CloudFormation and Terraform write it differently, and both mean the same resource.
        method: upper case, or `*`.
    """
    return f"{path.replace('/', '~1').removeprefix('~1')}/{method}"
