"""Tokens of the sandbox's own issuer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.control.server import Method

if TYPE_CHECKING:
    from sandbox.session.session import Session

#: `aud` of a token where nothing deployed asks for one.
_AUDIENCE = "sandbox"


class Tokens:
    """Methods about tokens."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def table(self) -> dict[str, Method]:
        """Name of each method -> what answers it."""
        return {"token": self.token}

    async def token(self, sub: str, scopes: list[str], audiences: list[str], ttl: float) -> dict[str, object]:
        """A token that JWT authorizers of the sandbox's issuer take.

        Args:
            audiences: empty means every audience that a deployed authorizer of this issuer asks for.
            ttl: seconds of virtual time.
        """
        engine = self._session.engine
        meant = audiences or list(engine.audiences()) or [_AUDIENCE]
        token = engine.issuer.token(sub, scopes, meant, ttl)
        await self._session.database.committed()
        return {"token": token, "issuer": engine.issuer.url, "audience": meant, "ttl": ttl}
