"""Whether a request may reach its route: JWT authorizers and Lambda authorizers of HTTP APIs."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from sandbox.model.apis.lambda_authorizer import (
    AuthorizerFailureError,
    Verdict,
    read_policy_answer,
    read_simple_answer,
)
from sandbox.model.apis.lambda_uri import function_in_uri, with_variables
from sandbox.model.arn import execute_api_arn, parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.ports import Bindings
from sandbox.services.apigatewayv2.definition import Authorizer, JwtConfiguration
from sandbox.services.apigatewayv2.jwt import TokenChecker
from sandbox.services.apigatewayv2.lambda_proxy import Asked, authorizer_event_1, authorizer_event_2
from sandbox.services.apigatewayv2.mapping import Sources
from sandbox.services.apigatewayv2.signing import TokenError
from sandbox.services.invocations import Invocations

#: Milliseconds that API Gateway waits for a Lambda authorizer.
_TIMEOUT_MS = 10_000


class RefusedError(Exception):
    """The request may not pass.

    Args:
        status: 401, 403 or 500.
        challenge: the `www-authenticate` header, where there is one.
        reason: for the journal and the access log; never for the client.
    """

    def __init__(self, status: int, challenge: str = "", *, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.challenge = challenge
        self.reason = reason


class Authorizing:
    """Asks authorizers.

    Args:
        tokens: checks JWTs.
        invocations: runs Lambda authorizers.
        bindings: replaces tokens in issuers.
    """

    def __init__(self, tokens: TokenChecker, invocations: Invocations, bindings: Bindings) -> None:
        self._tokens = tokens
        self._invocations = invocations
        self._bindings = bindings

    async def admit(self, asked: Asked, sources: Sources, hop: int) -> Asked:
        """The request with what its authorizer says of it.

        Args:
            hop: of the request; causes what a Lambda authorizer does.

        Raises:
            RefusedError: it may not pass.
        """
        route = asked.match.route
        if route.authorization_type == "NONE":
            return asked
        authorizer = asked.live.definition.authorizers.get(route.authorizer_id or "")
        if authorizer is None:
            raise RefusedError(500, reason="the route's authorizer is gone")
        if authorizer.authorizer_type == "JWT":
            return await self._by_token(asked, sources, authorizer)
        return await self._by_function(asked, sources, authorizer, hop)

    # --- JWT ---------------------------------------------------------------------------------------------
    async def _by_token(self, asked: Asked, sources: Sources, authorizer: Authorizer) -> Asked:
        token = sources.value(authorizer.identity_source[0])
        if not token:
            raise RefusedError(401, "Bearer", reason="there is no token")
        jwt = authorizer.jwt_configuration or JwtConfiguration(issuer="")
        issuer = self._bindings.expand(jwt.issuer)
        wanted = asked.match.route.authorization_scopes or []
        try:
            claims = await self._tokens.claims(token, issuer, jwt.audience)
        except TokenError as error:
            raise RefusedError(
                401,
                f'Bearer scope="{" ".join(wanted)}" error="invalid_token" error_description="{error}"',
                reason=str(error),
            ) from error
        granted = [scope for scope in claims.scopes if scope in wanted]
        if wanted and not granted:
            challenge = f'Bearer scope="{" ".join(wanted)}" error="insufficient_scope"'
            raise RefusedError(403, challenge, reason="the token grants none of the route's scopes")
        said = {"claims": claims.shown, "scopes": granted or None}
        return replace(asked, authorizer={"jwt": said}, flat=said)

    # --- Lambda ------------------------------------------------------------------------------------------
    async def _by_function(self, asked: Asked, sources: Sources, authorizer: Authorizer, hop: int) -> Asked:
        identity = [sources.value(source) for source in authorizer.identity_source]
        if not all(identity):
            raise RefusedError(401, reason="an identity source is missing")
        values = [value or "" for value in identity]
        live, now = asked.live, asked.now
        key = (authorizer.authorizer_id, *values)
        verdict = live.verdicts.get(key, now)
        if verdict is None:
            verdict = await self._ask(asked, authorizer, values, hop)
            live.verdicts.put(key, verdict, now, authorizer.authorizer_result_ttl_in_seconds or 0)
        try:
            allowed = verdict.lets_in(_arn(asked))
        except AuthorizerFailureError as error:
            raise RefusedError(500, reason=str(error)) from error
        if not allowed:
            raise RefusedError(403, reason="the authorizer denies it")
        flat = dict(verdict.context)
        if verdict.principal:
            flat["principalId"] = verdict.principal
        return replace(asked, authorizer={"lambda": dict(verdict.context) or None}, flat=flat)

    async def _ask(self, asked: Asked, authorizer: Authorizer, identity: list[str], hop: int) -> Verdict:
        uri = with_variables(authorizer.authorizer_uri or "", asked.live.variables)
        build = (
            authorizer_event_1
            if authorizer.authorizer_payload_format_version == "1.0"
            else authorizer_event_2
        )
        event = msgspec.json.encode(build(asked, _arn(asked), identity or None))
        try:
            function = parse_arn(function_in_uri(uri) or uri)
            result = await self._invocations.invoke(
                function, event, cause=hop, trace=asked.trace, timeout_ms=_TIMEOUT_MS
            )
            if result.function_error is not None:
                raise AuthorizerFailureError("the authorizer failed")
            if authorizer.enable_simple_responses:
                return read_simple_answer(result.payload)
            return read_policy_answer(result.payload, flat=False)
        except TimeoutError as error:
            raise RefusedError(500, reason="the authorizer took too long") from error
        except (AuthorizerFailureError, AwsError, ValueError) as error:
            raise RefusedError(500, reason=str(error)) from error


def _arn(asked: Asked) -> str:
    live, request = asked.live, asked.request
    return str(
        execute_api_arn(live.scope, live.api.api_id, live.stage.stage_name, request.method, request.path)
    )
