"""Where the keys of token issuers come from: the sandbox's own issuer, and OpenID providers on loopback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from sandbox.model.awserror import AwsError
from sandbox.model.http import ForeignHostError, HttpRequest, HttpSender, is_loopback
from sandbox.services.issuer.issuer import TokenIssuer

_LONGEST = 1024 * 1024
_SECONDS = 1.5


class IssuerKeys:
    """Implements the port `SigningKeys`.

    Args:
        own: the sandbox's own issuer; it is asked directly.
        sender: reaches the others.
    """

    def __init__(self, own: TokenIssuer, sender: HttpSender) -> None:
        self._own = own
        self._sender = sender

    def is_known(self, issuer: str) -> bool:
        """Whether an issuer is the sandbox's own or on loopback."""
        return issuer.rstrip("/") == self._own.url or is_loopback(issuer)

    async def jwks(self, issuer: str) -> Mapping[str, Any]:
        """The keys of an issuer; see `SigningKeys.jwks`."""
        if issuer.rstrip("/") == self._own.url:
            return self._own.jwks()
        found = await self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        where = found.get("jwks_uri")
        if not isinstance(where, str) or urlsplit(where).scheme not in ("http", "https"):
            raise AwsError("BadGateway", f"{issuer} names no jwks_uri", status=502)
        return await self._get(where)

    async def _get(self, url: str) -> Mapping[str, Any]:
        try:
            answer = await self._sender.send(url, HttpRequest("GET", "/"), seconds=_SECONDS)
            document = msgspec.json.decode(answer.body[:_LONGEST]) if answer.status == 200 else None
        except (ForeignHostError, TimeoutError, ConnectionError, msgspec.DecodeError) as error:
            raise AwsError("BadGateway", f"{url} gives no keys: {error}", status=502) from error
        if not isinstance(document, Mapping):
            raise AwsError("BadGateway", f"{url} answers {answer.status} and no document", status=502)
        return document
