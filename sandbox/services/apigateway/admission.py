"""Whether a request may reach its integration: throttling, authorizers, API keys and quotas, validation."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from sandbox.model.apis.lambda_authorizer import AuthorizerFailureError, Verdict, read_policy_answer
from sandbox.model.apis.messages import plain_type
from sandbox.model.apis.throttle import WHY_EMPTY
from sandbox.model.arn import execute_api_arn
from sandbox.model.awserror import AwsError
from sandbox.services.apigateway.checks import identity_sources
from sandbox.services.apigateway.definition import Authorizer, Method
from sandbox.services.apigateway.gateway_responses import GatewayError
from sandbox.services.apigateway.parameters import Sources
from sandbox.services.apigateway.plans import PlanKey, day_of, period_start
from sandbox.services.apigateway.proxy import common_event
from sandbox.services.apigateway.request_context import Exchange
from sandbox.services.apigateway.routing import Match
from sandbox.services.apigateway.validation import InvalidRequestError, check_body, check_parameters
from sandbox.services.invocations import Invocations
from sandbox.store.database import Database

_LARGEST_BODY = 10 * 1024 * 1024
#: Milliseconds that API Gateway waits for a Lambda authorizer.
_AUTHORIZER_MS = 29_000
#: Seconds that an authorizer's answer is kept where it does not say.
_AUTHORIZER_TTL = 300


class Admission:
    """Lets requests in.

    Args:
        invocations: runs Lambda authorizers.
        database: counts what API keys use.
    """

    def __init__(self, invocations: Invocations, database: Database) -> None:
        self._invocations = invocations
        self._database = database

    async def admit(self, exchange: Exchange, match: Match) -> None:
        """Lets a request in, and notes in it what an authorizer said and which key it has.

        Raises:
            GatewayError: it may not pass.
        """
        method = match.method
        if not exchange.live.admits(match, exchange.now):
            raise GatewayError("THROTTLED", WHY_EMPTY)
        if len(exchange.request.body) > _LARGEST_BODY:
            raise GatewayError("REQUEST_TOO_LARGE")
        verdict: Verdict | None = None
        if method.authorizer_id and method.authorization_type == "CUSTOM":
            verdict = await self._authorize(exchange, match, method)
        if method.api_key_required:
            exchange.plan_key = self._key(exchange, match, verdict)
        if method.request_validator_id:
            self.validate(exchange, method)

    # --- authorizers -------------------------------------------------------------------------------------
    async def _authorize(self, exchange: Exchange, match: Match, method: Method) -> Verdict:
        live, now = exchange.live, exchange.now
        authorizer = live.definition.authorizers.get(method.authorizer_id or "")
        if authorizer is None:
            raise GatewayError("AUTHORIZER_CONFIGURATION_ERROR", "the method's authorizer is gone")
        identity = _identity(exchange, authorizer)
        ttl = authorizer.authorizer_result_ttl_in_seconds
        ttl = _AUTHORIZER_TTL if ttl is None else ttl
        key = (authorizer.id, *identity)
        verdict = live.verdicts.get(key, now) if ttl else None
        if verdict is None:
            verdict = await self._ask(exchange, match, authorizer, identity)
            live.verdicts.put(key, verdict, now, ttl)
        try:
            allowed = verdict.lets_in(_arn(exchange))
        except AuthorizerFailureError as error:
            raise GatewayError("AUTHORIZER_CONFIGURATION_ERROR", str(error)) from error
        if not allowed:
            raise GatewayError("ACCESS_DENIED", "the authorizer's policy does not allow it")
        context = {name: _as_text(value) for name, value in verdict.context.items()}
        exchange.authorizer = {**context, "principalId": verdict.principal}
        return verdict

    async def _ask(
        self, exchange: Exchange, match: Match, authorizer: Authorizer, identity: list[str]
    ) -> Verdict:
        function = exchange.live.function(authorizer.authorizer_uri or "")
        if function is None:
            raise GatewayError("AUTHORIZER_CONFIGURATION_ERROR", "the authorizer's URI names no function")
        event = _authorizer_event(exchange, match, authorizer, identity)
        try:
            result = await self._invocations.invoke(
                function,
                msgspec.json.encode(event),
                cause=exchange.hop,
                trace=exchange.trace,
                timeout_ms=_AUTHORIZER_MS,
            )
        except TimeoutError as error:
            raise GatewayError("AUTHORIZER_FAILURE", "the authorizer took too long") from error
        except AwsError as error:
            raise GatewayError("AUTHORIZER_CONFIGURATION_ERROR", str(error)) from error
        if result.function_error is not None:
            if _error_message(result.payload) == "Unauthorized":
                raise GatewayError("UNAUTHORIZED", "the authorizer says Unauthorized")
            raise GatewayError("AUTHORIZER_FAILURE", "the authorizer failed")
        try:
            return read_policy_answer(result.payload, flat=True)
        except AuthorizerFailureError as error:
            raise GatewayError("AUTHORIZER_CONFIGURATION_ERROR", str(error)) from error

    # --- API keys ----------------------------------------------------------------------------------------
    def _key(self, exchange: Exchange, match: Match, verdict: Verdict | None) -> PlanKey:
        live = exchange.live
        given = exchange.request.header("x-api-key")
        if live.definition.api_key_source == "AUTHORIZER":
            given = verdict.usage_key if verdict else ""
        found = live.plan_keys.get(given)
        if found is None:
            raise GatewayError("INVALID_API_KEY", "the API key is of no usage plan of this stage")
        if not found.admits(match.resource.path, match.method.http_method, exchange.now):
            raise GatewayError("THROTTLED", f"the usage plan's limit is reached: {WHY_EMPTY}")
        self._count(found, exchange.now)
        return found

    def _count(self, found: PlanKey, now: float) -> None:
        """Counts a request, unless the quota of its period is used up."""
        plan, key, today = found.plan, found.key, day_of(now)
        quota = plan.quota
        if quota is not None:
            begin = period_start(quota, today).isoformat()
            row = self._database.row(
                "SELECT sum(used) AS used FROM apigateway_usage WHERE plan = ? AND key = ? AND day >= ?",
                (plan.id, key.id, begin),
            )
            if int((row and row["used"]) or 0) >= quota.limit:
                raise GatewayError("QUOTA_EXCEEDED", f"{quota.limit} requests in a {quota.period}")
        self._database.execute(
            "INSERT INTO apigateway_usage VALUES (?, ?, ?, 1) "
            "ON CONFLICT (plan, key, day) DO UPDATE SET used = used + 1",
            (plan.id, key.id, today.isoformat()),
        )

    # --- validation --------------------------------------------------------------------------------------
    def validate(self, exchange: Exchange, method: Method) -> None:
        """Checks a request as its method's validator asks.

        Raises:
            GatewayError: it lacks something.
        """
        validator = exchange.live.definition.validators.get(method.request_validator_id or "")
        if validator is None:
            return
        request = exchange.request
        try:
            if validator.validate_request_parameters:
                check_parameters(method, exchange.parameters)
            if validator.validate_request_body:
                media = plain_type(request.header("content-type")) or "application/json"
                check_body(exchange.live.validator(method, media), request.body)
        except InvalidRequestError as error:
            raise GatewayError(error.kind, error.message, message=error.message) from error


def _identity(exchange: Exchange, authorizer: Authorizer) -> list[str]:
    """The values of an authorizer's identity sources.

    Raises:
        GatewayError: one is missing, or a token is not what its expression asks for.
    """
    sources = Sources(exchange)
    values = [sources.value(expression) for expression in identity_sources(authorizer)]
    found = [value for value in values if value]
    if len(found) < len(values):
        raise GatewayError("UNAUTHORIZED", "an identity source is missing")
    pattern = authorizer.identity_validation_expression
    if authorizer.type == "TOKEN" and pattern and not re.fullmatch(pattern, found[0]):
        raise GatewayError("UNAUTHORIZED", "the token does not match the validation expression")
    return found


def _authorizer_event(
    exchange: Exchange, match: Match, authorizer: Authorizer, identity: list[str]
) -> dict[str, Any]:
    if authorizer.type == "TOKEN":
        return {"type": "TOKEN", "methodArn": _arn(exchange), "authorizationToken": identity[0]}
    return {"type": "REQUEST", "methodArn": _arn(exchange), **common_event(exchange, match)}


def _arn(exchange: Exchange) -> str:
    live, request = exchange.live, exchange.request
    return str(execute_api_arn(live.scope, live.api_id, live.name, request.method, request.path))


def _error_message(payload: bytes) -> str:
    try:
        document = msgspec.json.decode(payload)
    except msgspec.DecodeError:
        return ""
    return str(document.get("errorMessage", "")) if isinstance(document, dict) else ""


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
