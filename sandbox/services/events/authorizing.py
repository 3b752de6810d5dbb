"""How a connection authorizes requests: basic, by API key, or by a token of OAuth client credentials.

A token is fetched when it is needed, kept until it expires on the clock, and fetched anew when it is refused.
Page: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection-auth.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec

from sandbox.clock import Clock
from sandbox.model.http import HttpRequest, HttpSender
from sandbox.services.events.connections import API_KEY, BASIC, Connection

#: Real seconds that a server has for its answer.
ANSWER_WITHIN = 5.0
_LIFETIME = 3_600.0


class NotAuthorizedError(Exception):
    """No token was given; the message says why, without secrets."""


@dataclass(frozen=True, slots=True)
class Extras:
    """What a connection or target adds to requests: texts by name."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, str]


def extras(parameters: Mapping[str, Any] | None) -> Extras:
    """The additional parameters of a connection."""
    found = parameters or {}

    def texts(member: str) -> dict[str, str]:
        return {each["Key"]: each.get("Value", "") for each in found.get(member) or ()}

    return Extras(texts("HeaderParameters"), texts("QueryStringParameters"), texts("BodyParameters"))


class Authorizer:
    """Gives requests the headers that authorize them.

    Args:
        sender: reaches the servers that give tokens.
        clock: tells when tokens expire.
    """

    def __init__(self, sender: HttpSender, clock: Clock) -> None:
        self._sender = sender
        self._clock = clock
        self._tokens: dict[str, tuple[str, float]] = {}

    def forget(self, connection: Connection) -> None:
        """Drops the token of a connection: it was refused, or the connection has changed."""
        self._tokens.pop(str(connection.arn), None)

    async def headers(self, connection: Connection) -> dict[str, str]:
        """The headers that authorize a request.

        Raises:
            NotAuthorizedError: there is no token to be had.
        """
        parameters = connection.parameters
        if connection.kind == BASIC:
            basic = parameters["BasicAuthParameters"]
            return {"Authorization": _basic(basic["Username"], basic["Password"])}
        if connection.kind == API_KEY:
            key = parameters["ApiKeyAuthParameters"]
            return {key["ApiKeyName"]: key["ApiKeyValue"]}
        token, expires = self._tokens.get(str(connection.arn), ("", 0.0))
        if not token or expires <= self._clock.now():
            token = await self._fetch(connection)
        return {"Authorization": token}

    async def _fetch(self, connection: Connection) -> str:
        oauth = connection.parameters["OAuthParameters"]
        url = oauth["AuthorizationEndpoint"]
        try:
            answer = await self._sender.send(*_token_request(oauth), seconds=ANSWER_WITHIN)
        except (TimeoutError, ConnectionError) as error:
            raise NotAuthorizedError(f"{url} gave no token: {error}") from error
        if answer.status >= 300:
            raise NotAuthorizedError(f"{url} gave no token: it answered {answer.status}")
        try:
            document = msgspec.json.decode(answer.body, type=dict[str, Any])
            token = f"{document.get('token_type') or 'Bearer'} {document['access_token']}"
            lifetime = float(document.get("expires_in") or _LIFETIME)
        except (msgspec.DecodeError, msgspec.ValidationError, KeyError, ValueError, TypeError):
            raise NotAuthorizedError(f"{url} gave no token: its answer has no access_token") from None
        self._tokens[str(connection.arn)] = (token, self._clock.now() + lifetime)
        return token


def _token_request(oauth: Mapping[str, Any]) -> tuple[str, HttpRequest]:
    """Client id and secret go as basic authorization and, with the additional parameters, in a form."""
    client = oauth["ClientParameters"]
    more = extras(oauth.get("OAuthHttpParameters"))
    form = {
        "grant_type": "client_credentials",
        "client_id": client["ClientID"],
        "client_secret": client["ClientSecret"],
        **more.body,
    }
    url = oauth["AuthorizationEndpoint"]
    if more.query:
        url += ("&" if "?" in url else "?") + urlencode(more.query)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": _basic(client["ClientID"], client["ClientSecret"]),
        **more.headers,
    }
    with_body = oauth["HttpMethod"] != "GET"
    if not with_body:
        url += ("&" if "?" in url else "?") + urlencode(form)
    body = urlencode(form).encode() if with_body else b""
    return url, HttpRequest(oauth["HttpMethod"], "", headers=tuple(headers.items()), body=body)


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
