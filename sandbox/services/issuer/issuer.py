"""Issues JWTs (RS256) and publishes the keys that prove them, as an OpenID provider does.

Follows OpenID Connect Discovery 1.0 and RFC 7517 as far as verifying tokens needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sandbox.services.base import Kit

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

#: Where the issuer is below the front door.
ISSUER_PATH = "/_sandbox/issuer"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS issuer_keys (kid TEXT PRIMARY KEY, pem BLOB NOT NULL, created REAL NOT NULL)
    WITHOUT ROWID;
"""


class TokenIssuer:
    """One issuer; its key is made when it is first needed and lives in the store.

    Args:
        kit: store, clock and ids.
        endpoint: the front door's URL now.
    """

    def __init__(self, kit: Kit, endpoint: Callable[[], str]) -> None:
        self._kit = kit
        self._endpoint = endpoint
        kit.database.define(_SCHEMA)
        self._known: tuple[str, RSAKey] | None = None

    @property
    def url(self) -> str:
        """The issuer's identifier now (`iss`); it holds the port, so it is never stored."""
        return f"{self._endpoint()}{ISSUER_PATH}"

    def token(self, subject: str, scopes: Sequence[str], audiences: Sequence[str], lifetime: float) -> str:
        """A signed token.

        Args:
            subject: `sub`.
            scopes: `scope`, with spaces between them.
            audiences: `aud`; one of them stands alone.
            lifetime: seconds of virtual time until `exp`.
        """
        from joserfc import jwt  # loaded with the first token

        key = self._key()
        now = int(self._kit.clock.now())
        claims: dict[str, Any] = {
            "iss": self.url,
            "sub": subject,
            "aud": audiences[0] if len(audiences) == 1 else list(audiences),
            "iat": now,
            "nbf": now,
            "exp": now + int(lifetime),
            "jti": self._kit.ids.uuid(),
            "token_use": "access",
        }
        if scopes:
            claims["scope"] = " ".join(scopes)
        return jwt.encode({"alg": "RS256", "typ": "JWT", "kid": key.kid or ""}, claims, key)

    def jwks(self) -> Mapping[str, Any]:
        """The JSON Web Key Set."""
        public = self._key().as_dict(private=False)
        return {"keys": [{**public, "use": "sig", "alg": "RS256"}]}

    def configuration(self) -> Mapping[str, Any]:
        """The document at `/.well-known/openid-configuration`."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/.well-known/jwks.json",
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def document(self, path: str) -> Mapping[str, Any] | None:
        """What the issuer publishes at a path of the front door, or None."""
        if path == f"{ISSUER_PATH}/.well-known/openid-configuration":
            return self.configuration()
        if path == f"{ISSUER_PATH}/.well-known/jwks.json":
            return self.jwks()
        return None

    def _key(self) -> RSAKey:
        row = self._kit.database.row("SELECT kid, pem FROM issuer_keys ORDER BY created LIMIT 1")
        if row is None:
            return self._make()
        if self._known is None or self._known[0] != row["kid"]:
            from joserfc.jwk import RSAKey

            self._known = row["kid"], RSAKey.import_key(row["pem"], {"kid": row["kid"]})
        return self._known[1]

    def _make(self) -> RSAKey:
        from joserfc.jwk import RSAKey

        kid = self._kit.ids.hex(16)
        key = RSAKey.generate_key(2048, {"kid": kid}, private=True)
        self._kit.database.execute(
            "INSERT INTO issuer_keys VALUES (?, ?, ?)",
            (kid, key.as_pem(private=True), self._kit.clock.now()),
        )
        self._known = kid, key
        return key
