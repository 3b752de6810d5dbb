"""A stage ready to serve: its router, settings, token buckets, and what authorizers said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from sandbox.model.apis.lambda_authorizer import Verdict
from sandbox.model.apis.lambda_uri import function_in_uri, with_variables
from sandbox.model.apis.throttle import ACCOUNT_BURST, ACCOUNT_RATE, TokenBucket
from sandbox.model.apis.verdicts import VerdictCache
from sandbox.model.arn import Arn, parse_arn
from sandbox.model.scope import Scope
from sandbox.services.apigateway.definition import Definition, Method
from sandbox.services.apigateway.plans import PlanKey
from sandbox.services.apigateway.routing import Match, Router
from sandbox.services.apigateway.validation import SchemaError, compile_schema

if TYPE_CHECKING:
    from jsonschema import Draft4Validator


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


_NOTHING_SET = MethodSettings()


@dataclass(slots=True)
class LiveStage:
    """A stage ready to serve.

    Attributes:
        access_log: group and format of the access log, or None.
        plan_keys: by the value of the API key, what a usage plan lets it do here.
    """

    scope: Scope
    api_id: str
    name: str
    deployment_id: str
    variables: Mapping[str, str]
    definition: Definition
    router: Router
    settings: Mapping[str, MethodSettings] = field(default_factory=dict)
    access_log: tuple[Arn, str] | None = None
    plan_keys: Mapping[str, PlanKey] = field(default_factory=dict)
    buckets: dict[str, TokenBucket] = field(default_factory=dict)
    verdicts: VerdictCache[Verdict] = field(default_factory=VerdictCache)
    _functions: dict[str, Arn | None] = field(default_factory=dict)
    _validators: dict[str, Draft4Validator | None] = field(default_factory=dict)

    def setting(self, match: Match) -> tuple[str, MethodSettings]:
        """The most special settings for a method, and the name of the bucket they share."""
        if not self.settings:
            return "", _NOTHING_SET
        path, method = match.resource.path, match.method.http_method
        for where, what in ((path, method), (path, "*"), ("*", method), ("*", "*")):
            key = method_key(where, what)
            if key in self.settings:
                return key, self.settings[key]
        return "", _NOTHING_SET

    def admits(self, match: Match, now: float) -> bool:
        """Takes a token of the bucket that a method's settings share."""
        key, settings = self.setting(match)
        bucket = self.buckets.get(key)
        if bucket is None:
            rate = ACCOUNT_RATE if settings.rate is None else settings.rate
            burst = ACCOUNT_BURST if settings.burst is None else settings.burst
            bucket = self.buckets[key] = TokenBucket.full(rate, burst, now)
        return bucket.take(now)

    def function(self, uri: str) -> Arn | None:
        """The function that the URI of an integration or authorizer invokes, or None."""
        if uri not in self._functions:
            name = function_in_uri(with_variables(uri, self.variables))
            self._functions[uri] = parse_arn(name) if name else None
        return self._functions[uri]

    def validator(self, method: Method, media: str) -> Draft4Validator | None:
        """What checks a body of a media type; None where the method has no model for it."""
        name = (method.request_models or {}).get(media)
        if name is None or name in ("Empty", "Error"):
            return None
        if name not in self._validators:
            try:
                self._validators[name] = compile_schema(self.definition, name)
            except (SchemaError, KeyError):
                self._validators[name] = None
        return self._validators[name]


def method_key(path: str, method: str) -> str:
    """The key of a method's settings.

    Args:
        path: of the resource, or `*`; with slashes or `~1` for them, beginning with one or not:
            CloudFormation and Terraform write it differently, and both mean the same resource.
        method: upper case, or `*`.
    """
    return f"{path.replace('/', '~1').removeprefix('~1')}/{method}"
