"""HTTP requests and answers as plain values, for the front door and the APIs deployed behind it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from sandbox.model.call import Call

Headers = Sequence[tuple[str, str]]
_ADDRESS = re.compile(r"127\.\d{1,3}\.\d{1,3}\.\d{1,3}")


class HttpRequest(msgspec.Struct, frozen=True):
    """A request.

    Attributes:
        method: upper case.
        path: as it came, percent-encoding kept, without the query string.
        query: the raw query string, without the question mark.
        headers: in order, names in lower case, a name may occur more than once.
        body: the whole body.
        source_ip: the peer's address.
        names: the names of `headers` as the client wrote them, where that is known.
        cause: the hop that led to it, for requests that the sandbox makes itself.
        hop: its hop in the journal, once it has one: for an upstream that can pass it on.
    """

    method: str
    path: str
    query: str = ""
    headers: Headers = ()
    body: bytes = b""
    source_ip: str = "127.0.0.1"
    names: Sequence[str] = ()
    cause: int | None = None
    hop: int | None = None

    def header(self, name: str, default: str = "") -> str:
        """The first header of that name (lower case), or `default`."""
        for key, value in self.headers:
            if key == name:
                return value
        return default


class HttpResponse(msgspec.Struct, frozen=True):
    """An answer; `headers` may repeat a name (`set-cookie`)."""

    status: int
    headers: Headers = ()
    body: bytes = b""


class HttpStream(HttpResponse, frozen=True, kw_only=True):
    """An answer whose body comes in parts, as long as its client stays; `body` is empty."""

    parts: AsyncIterator[bytes]


class ExecuteApi(Protocol):
    """Serves requests to deployed APIs (implemented by the API Gateway service)."""

    async def handle(self, api_id: str, stage: str, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Answers a request whose path begins after the stage.

        Args:
            endpoint: base URL the client used, for rendering only.
        """
        ...


class ForeignHostError(Exception):
    """The URL does not lead to this machine's loopback."""


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine's loopback, whatever DNS says."""
    try:
        split = urlsplit(url)
        host = split.hostname or ""
    except ValueError:
        return False
    if split.scheme not in ("http", "https"):
        return False
    return host in ("localhost", "::1") or host.endswith(".localhost") or bool(_ADDRESS.fullmatch(host))


class HttpSender(Protocol):
    """Sends HTTP requests to servers on this machine's loopback, and nowhere else."""

    async def send(self, url: str, request: HttpRequest, *, seconds: float) -> HttpResponse:
        """Sends a request's method, headers and body to a URL and returns the answer; redirects are answers.

        Args:
            seconds: real ones to wait at most.

        Raises:
            ForeignHostError: the URL leads elsewhere.
            TimeoutError: there is no answer in time.
            ConnectionError: nobody answers there, or what does is no HTTP server.
        """
        ...


class Upstream(Protocol):
    """A server that answers what is not native: moto for the long tail, a container on another engine."""

    async def forward(self, service: str, operation: str, request: HttpRequest) -> HttpResponse:
        """Passes the request on, starting the server first where needed, and returns its answer.

        Raises:
            AwsError: the operation is refused by name, or the server cannot be started.
        """
        ...

    def refusal(self, service: str, operation: str) -> str | None:
        """Why the operation is not passed on (its effects would leave the server), or None."""
        ...


class Observe(Protocol):
    """Told of a call that an upstream answered without an error, once the front door has recorded it."""

    def __call__(
        self, service: str, operation: str, request: HttpRequest, response: HttpResponse, call: Call
    ) -> None:
        """Records what the call did.

        Args:
            call: its context; its hop is the cause of whatever it did.
        """
        ...
