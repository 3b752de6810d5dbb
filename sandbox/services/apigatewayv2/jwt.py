"""JWT authorizers: whether a token was signed by its issuer, is for this API, and is valid now.

Follows "Control access to HTTP APIs with JWT authorizers in API Gateway" of the API Gateway Developer Guide:
RSA algorithms only; `kid`, `iss`, `aud` (or `client_id`), `exp`, `nbf`, `iat`; `scope` or `scp` per route.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.clock import Clock
from sandbox.model.awserror import AwsError
from sandbox.model.ports import SigningKeys
from sandbox.services.apigatewayv2 import signing
from sandbox.services.apigatewayv2.signing import TokenError

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

#: API Gateway takes 10,240 bytes of headers; a longer token never reaches an authorizer.
_LONGEST_TOKEN = 10_240
#: Seconds that the keys of an issuer are kept: "API Gateway can cache the public key for two hours".
_KEYS_KEPT = 7200.0
#: Seconds between two fetches that unknown key ids ask for.
_ASK_AGAIN = 60.0
_TOKENS_KEPT = 1024
_NUMBERS = (int, float)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says that its issuer has signed.

    Attributes:
        values: as they stand in it.
        shown: as events carry them: all of them texts, lists as `[a b]`.
        scopes: that it grants, from `scope` or `scp`.
    """

    values: Mapping[str, Any]
    shown: Mapping[str, str]
    scopes: tuple[str, ...]


class _Issuer:
    """The keys of one issuer, and the tokens whose signatures they have proved."""

    def __init__(self, keys: Mapping[str, RSAKey], fetched: float) -> None:
        self.keys = keys
        self.fetched = fetched
        self.proved: OrderedDict[str, Claims] = OrderedDict()

    def remember(self, token: str, claims: Claims) -> None:
        self.proved[token] = claims
        if len(self.proved) > _TOKENS_KEPT:
            self.proved.popitem(last=False)


class TokenChecker:
    """Checks tokens.

    Args:
        keys: where the keys of issuers come from.
        clock: times in tokens are compared with its virtual time.
    """

    def __init__(self, keys: SigningKeys, clock: Clock) -> None:
        self._source = keys
        self._clock = clock
        self._issuers: dict[str, _Issuer] = {}

    def forget(self) -> None:
        """Forgets keys: the state that they belong to is another one now."""
        self._issuers.clear()

    async def claims(self, token: str, issuer: str, audiences: Sequence[str]) -> Claims:
        """The claims of a token that is accepted.

        Args:
            issuer: whose tokens, expanded. audiences: for whom.

        Raises:
            TokenError: it is not accepted.
        """
        token = _bare(token)
        known = self._issuers.get(issuer)
        now = self._clock.now()
        claims = known.proved.get(token) if known and now - known.fetched < _KEYS_KEPT else None
        if claims is None:
            claims = await self._prove(token, issuer, now)
        _check_claims(claims.values, issuer, audiences, now)
        return claims

    async def _prove(self, token: str, issuer: str, now: float) -> Claims:
        kid = signing.key_id(token)
        keys = await self._keys_with(kid, issuer, now)
        key = keys.keys.get(kid)
        if key is None:
            raise TokenError("unable to find a signing key that matches the token's kid")
        values = signing.proved(token, key)
        claims = Claims(values, {name: _shown(value) for name, value in values.items()}, _scopes(values))
        keys.remember(token, claims)
        return claims

    async def _keys_with(self, kid: str, issuer: str, now: float) -> _Issuer:
        known = self._issuers.get(issuer)
        if known is not None:
            age = now - known.fetched
            if age < _KEYS_KEPT and (kid in known.keys or age < _ASK_AGAIN):
                return known
        try:
            published = await self._source.jwks(issuer)
        except AwsError as error:
            raise TokenError("OIDC discovery endpoint communication error") from error
        fetched = self._issuers[issuer] = _Issuer(signing.keys_of(published), now)
        return fetched


def _scopes(claims: Mapping[str, Any]) -> tuple[str, ...]:
    value = claims.get("scope", claims.get("scp"))
    if isinstance(value, str):
        return tuple(value.split())
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{' '.join(_shown(one) for one in value)}]"
    return msgspec.json.encode(value).decode()


def _bare(value: str) -> str:
    """The token without the word `Bearer`."""
    scheme, _, rest = value.strip().partition(" ")
    token = rest.strip() if scheme.lower() == "bearer" else value.strip()
    if len(token) > _LONGEST_TOKEN or token.count(".") != 2:
        raise TokenError("token contains an invalid number of segments")
    return token


def _check_claims(claims: Mapping[str, Any], issuer: str, audiences: Sequence[str], now: float) -> None:
    if claims.get("iss") != issuer:
        raise TokenError("the token does not have a valid issuer")
    if not _meant(claims, audiences):
        raise TokenError("the token does not have a valid audience")
    if not now < _moment(claims, "exp", 0.0):
        raise TokenError("the token has expired")
    if _moment(claims, "nbf", now) > now:
        raise TokenError("the token is not valid yet")
    if _moment(claims, "iat", now) > now:
        raise TokenError("the token was issued in the future")


def _meant(claims: Mapping[str, Any], audiences: Sequence[str]) -> bool:
    """Whether a token is for one of the audiences; `client_id` counts where there is no `aud`."""
    given = claims.get("aud", claims.get("client_id"))
    return any(one in audiences for one in given) if isinstance(given, list) else given in audiences


def _moment(claims: Mapping[str, Any], name: str, missing: float) -> float:
    value = claims.get(name, missing)
    if type(value) not in _NUMBERS:
        raise TokenError(f"the token's {name} is not a number")
    return float(value)
