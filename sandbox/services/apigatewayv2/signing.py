"""Signatures of JWTs: which key proves a token, and whether it does; joserfc is loaded with the first one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

#: "Currently, only RSA-based algorithms are supported."
_ALGORITHMS = ("RS256", "RS384", "RS512")


class TokenError(Exception):
    """The token is not accepted; the text is what `www-authenticate` says of it."""


def key_id(token: str) -> str:
    """The id of the key that a token says it was signed with.

    Raises:
        TokenError: its header cannot be read, or asks for another kind of signature.
    """
    from joserfc import jws
    from joserfc.errors import JoseError

    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, RecursionError, TypeError, AttributeError) as error:
        raise TokenError("could not parse the token's header") from error
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in _ALGORITHMS:
        shown = str(algorithm)[:20].encode("ascii", "replace").decode().replace('"', "")
        raise TokenError(f"signing method {shown} is invalid")
    if not isinstance(kid, str):
        raise TokenError("the token's header has no kid")
    return kid


def keys_of(published: Mapping[str, Any]) -> dict[str, RSAKey]:
    """The RSA keys of a JSON Web Key Set by their ids; what else it holds is left out.

    Raises:
        TokenError: it is none.
    """
    from joserfc.errors import JoseError
    from joserfc.jwk import RSAKey

    entries = published.get("keys")
    if not isinstance(entries, list):
        raise TokenError("the issuer's keys cannot be read")
    found: dict[str, RSAKey] = {}
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("kty") != "RSA" or not entry.get("kid"):
            continue
        try:
            found[str(entry["kid"])] = RSAKey.import_key(entry)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise TokenError("unable to decode a key of the issuer") from error
    return found


def proved(token: str, key: RSAKey) -> Mapping[str, Any]:
    """The claims of a token that a key has signed.

    Raises:
        TokenError: it has not.
    """
    from joserfc import jws
    from joserfc.errors import JoseError

    try:
        payload = jws.deserialize_compact(token, key, algorithms=list(_ALGORITHMS)).payload
        claims = msgspec.json.decode(payload)
    except (JoseError, ValueError, RecursionError) as error:
        raise TokenError("the token's signature is invalid") from error
    if not isinstance(claims, Mapping):
        raise TokenError("the token has no claims")
    return claims
