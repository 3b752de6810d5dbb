"""Targets that are called by HTTP: API destinations, and APIs deployed on API Gateway.

Pages: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-gateway-target.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from sandbox.clock import Clock
from sandbox.model.arn import Arn, parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.http import ExecuteApi, ForeignHostError, HttpRequest, HttpResponse, HttpSender
from sandbox.services.events.authorizing import ANSWER_WITHIN, Authorizer, Extras, NotAuthorizedError, extras
from sandbox.services.events.connections import AUTHORIZED, Connection, ConnectionStore, Destination
from sandbox.services.events.pending import Pending

_AGENT = "Amazon/EventBridge/ApiDestinations"
_REFUSED = (401, 407)
_AGAIN = (401, 407, 409, 429)
_WITHOUT_BODY = ("GET", "HEAD", "OPTIONS")
_NOTHING = Extras({}, {}, {})


@dataclass(frozen=True, slots=True)
class Web:
    """What EventBridge reaches by HTTP, wired by the engine.

    Attributes:
        sender: reaches servers on loopback.
        apis: serves deployed APIs.
        endpoint: base URL of the front door.
    """

    sender: HttpSender
    apis: Callable[[], ExecuteApi]
    endpoint: Callable[[], str]


class Caller:
    """Calls API destinations and deployed APIs.

    Args:
        web: what can be reached.
        store: connections and API destinations.
        clock: tells when tokens expire.
    """

    def __init__(self, web: Web, store: ConnectionStore, clock: Clock) -> None:
        self._web = web
        self._store = store
        self.authorizer = Authorizer(web.sender, clock)

    async def destination(self, pending: Pending, hop: int) -> None:
        """Calls an API destination once, and once more with a new token where it refuses the old one.

        Raises:
            AwsError: what it answered, as a failure that is tried again or is not.
        """
        target = parse_arn(pending.target)
        destination = self._destination(target)
        connection = self._connection(destination)
        answer = await self._call(pending, destination, connection)
        if answer.status in _REFUSED:
            self.authorizer.forget(connection)
            answer = await self._call(pending, destination, connection)
        _check(answer)

    async def api(self, pending: Pending, hop: int) -> None:
        """Calls a deployed API (`arn:aws:execute-api:…:ID/STAGE/METHOD/PATH`) once.

        Raises:
            AwsError: what it answered.
        """
        target = parse_arn(pending.target)
        api_id, stage, method, path = (*target.resource.split("/", 3), "", "", "")[:4]
        http = pending.http or {}
        headers = {
            "content-type": "application/json",
            "user-agent": "AmazonEventBridge",
            "x-amz-source-account": pending.account,
            "x-amz-source-arn": pending.rule,
            **({"x-amzn-trace-id": pending.trace} if pending.trace else {}),
            **{name.lower(): value for name, value in (http.get("headers") or {}).items()},
        }
        request = HttpRequest(
            method if method != "*" else "POST",
            "/" + _filled(path, http.get("path") or ()),
            urlencode(http.get("query") or {}),
            tuple(headers.items()),
            pending.body.encode(),
            cause=hop,
        )
        _check(await self._web.apis().handle(api_id, stage, request, self._web.endpoint()))

    # --- inside ------------------------------------------------------------------------------------------
    def _destination(self, target: Arn) -> Destination:
        found = self._store.find_destination(target.scope, target.resource.split("/")[1])
        if found is None or found.arn != target:
            raise AwsError("ResourceNotFoundException", f"The API destination {target} does not exist.")
        return found

    def _connection(self, destination: Destination) -> Connection:
        arn = parse_arn(destination.connection)
        found = self._store.find_connection(arn.scope, arn.resource.split("/")[1])
        if found is None or found.arn != arn or found.state != AUTHORIZED:
            raise AwsError("AccessDeniedException", f"The connection {arn} is not authorized.")
        return found

    async def _call(self, pending: Pending, destination: Destination, connection: Connection) -> HttpResponse:
        more = extras(connection.parameters.get("InvocationHttpParameters"))
        try:
            authorization = await self.authorizer.headers(connection)
            request = _request(pending, destination.method, {**more.headers, **authorization}, more.body)
            url = _url(destination.endpoint, pending, more.query)
            return await self._web.sender.send(url, request, seconds=ANSWER_WITHIN)
        except NotAuthorizedError as error:
            raise AwsError("AuthorizationFailure", str(error), status=503) from error
        except ForeignHostError as error:
            raise AwsError("ForeignHost", str(error)) from error
        except (TimeoutError, ConnectionError) as error:
            raise AwsError("TargetUnreachable", str(error), status=503) from error


def _request(
    pending: Pending, method: str, headers: Mapping[str, str], body: Mapping[str, str]
) -> HttpRequest:
    """The connection's own parameters come before those of the target."""
    given = (pending.http or {}).get("headers") or {}
    together = {"content-type": "application/json; charset=utf-8", "user-agent": _AGENT}
    for source in (given, headers):
        together |= {name.lower(): value for name, value in source.items()}
    text = b"" if method in _WITHOUT_BODY else _with(pending.body, body).encode()
    return HttpRequest(method, "", headers=tuple(together.items()), body=text)


def _with(body: str, members: Mapping[str, str]) -> str:
    """A JSON object with more members; other bodies stay as they are."""
    if not members:
        return body
    try:
        document = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body
    return msgspec.json.encode({**document, **members}).decode() if isinstance(document, dict) else body


def _url(endpoint: str, pending: Pending, query: Mapping[str, str]) -> str:
    http = pending.http or {}
    url = _filled(endpoint, http.get("path") or ())
    together = {**(http.get("query") or {}), **query}
    return url + (("&" if "?" in url else "?") + urlencode(together) if together else "")


def _filled(text: str, values: Any) -> str:
    """`text` with its wildcards replaced, one after another."""
    for value in values:
        text = text.replace("*", quote(value, safe=""), 1)
    return text


def _check(answer: HttpResponse) -> None:
    """Raises what an answer means for the delivery: some may pass and are tried again."""
    if answer.status < 300:
        return
    message = f"the target answered {answer.status}"
    if answer.status == 429:
        raise AwsError("TooManyRequests", message, status=429, fields=_waiting(answer))
    if answer.status >= 500 or answer.status in _AGAIN:
        raise AwsError("TargetFailed", message, status=max(answer.status, 500), fields=_waiting(answer))
    raise AwsError("TargetRefused", message, status=400)


def _waiting(answer: HttpResponse) -> dict[str, str]:
    """How many seconds the target wants to be left alone."""
    after = next((value for name, value in answer.headers if name.lower() == "retry-after"), "")
    return {"RetryAfterSeconds": after} if after.isdigit() else {}
