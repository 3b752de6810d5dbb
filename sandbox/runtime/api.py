"""The Lambda Runtime API, as one execution environment sees it: a listener of its own on loopback.

Standard: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, cast

import httptools
import msgspec

#: Bytes a function may answer with (6 MB and a little for the envelope, as AWS counts).
RESPONSE_LIMIT = 6_291_556

_ROOT = b"/2018-06-01/runtime/"
_EXTENSION_ROOTS = (b"/2020-01-01/extension", b"/2020-08-15/logs", b"/2022-07-01/telemetry")
_BODY_LIMIT = RESPONSE_LIMIT + 1
_FIRST_PORT, _LAST_PORT = 20000, 32767
_REASONS = {
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    413: "Request Entity Too Large",
    501: "Not Implemented",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer of the Runtime API that is not a success."""

    status: int
    error_type: str
    message: str


class RuntimeSide(Protocol):
    """What happens in an execution environment, as its runtime reports it."""

    def runtime_wants_next(self, connection: NextPoll) -> Refusal | None:
        """The runtime is ready; `connection` is answered when there is something to do."""
        ...

    def runtime_responded(self, request_id: str, body: bytes) -> Refusal | None:
        """The handler returned `body`."""
        ...

    def runtime_failed(self, request_id: str, body: bytes, error_type: str) -> Refusal | None:
        """The handler raised; `body` is the error document."""
        ...

    def runtime_failed_init(self, body: bytes, error_type: str) -> Refusal | None:
        """The initialisation failed; `body` is the error document."""
        ...


class NextPoll(Protocol):
    """A runtime's pending request for the next invocation."""

    @property
    def open(self) -> bool:
        """Whether the runtime still waits."""
        ...

    def answer(self, headers: Mapping[str, str], event: bytes) -> None:
        """Hands over an invocation."""
        ...


class _Connection(asyncio.Protocol):
    """One HTTP/1.1 connection, kept alive."""

    def __init__(self, side: RuntimeSide, host: bytes, gone: Callable[[_Connection], None]) -> None:
        self._side = side
        self._host = host
        self._gone = gone
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._reset()

    def _reset(self) -> None:
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._size = 0

    # --- the transport -----------------------------------------------------------------------------------
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A TCP server gives nothing else; uvloop's transports only behave like asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._gone(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._refuse(Refusal(400, "InvalidRequest", f"not an HTTP request: {error}"))
            self.close()

    def close(self) -> None:
        """Hangs up."""
        if self._transport is not None:
            self._transport.close()

    # --- the parser --------------------------------------------------------------------------------------
    def on_message_begin(self) -> None:
        self._reset()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        if self._headers.get(b"expect", b"").lower() == b"100-continue" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        # Beyond the limit only the size counts: a runaway answer must not fill the sandbox's memory.
        if self._size <= _BODY_LIMIT:
            self._body.append(body)
        self._size += len(body)

    def on_message_complete(self) -> None:
        refusal = self._route(self._parser.get_method())
        if refusal is not None:
            self._refuse(refusal)

    # --- answering ---------------------------------------------------------------------------------------
    @property
    def open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def answer(self, headers: Mapping[str, str], event: bytes) -> None:
        self._send(200, event, headers)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        if self._transport is None:
            return
        head = [f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\n"]
        head += [f"{name}: {' '.join(value.splitlines())}\r\n" for name, value in (headers or {}).items()]
        head.append(f"Content-Length: {len(body)}\r\n\r\n")
        self._transport.write("".join(head).encode() + body)

    def _refuse(self, refusal: Refusal) -> None:
        document = {"errorType": refusal.error_type, "errorMessage": refusal.message}
        self._send(refusal.status, msgspec.json.encode(document))

    def _route(self, method: bytes) -> Refusal | None:
        if self._headers.get(b"host") != self._host:
            return Refusal(403, "Forbidden", "this Runtime API serves only its own execution environment")
        if self._url.startswith(_EXTENSION_ROOTS):
            return Refusal(
                501,
                "Extension.NotImplemented",
                f"sandbox does not run Lambda extensions ({self._url.decode()})",
            )
        path = self._url.removeprefix(_ROOT).decode("latin-1")
        if method == b"GET" and path == "invocation/next":
            return self._side.runtime_wants_next(self)
        if method != b"POST":
            return Refusal(404, "InvalidRequest", f"the Runtime API has no {self._url.decode('latin-1')}")
        return self._post(path)

    def _post(self, path: str) -> Refusal | None:
        body = b"".join(self._body)
        error_type = self._headers.get(b"lambda-runtime-function-error-type", b"").decode("latin-1")
        parts = path.split("/")
        if path == "init/error":
            refusal = self._side.runtime_failed_init(body, error_type)
        elif len(parts) == 3 and parts[0] == "invocation" and parts[2] == "response":
            if self._headers.get(b"lambda-runtime-function-response-mode", b"").lower() == b"streaming":
                return Refusal(501, "InvalidResponseMode", "sandbox does not implement response streaming")
            refusal = self._side.runtime_responded(parts[1], body)
        elif len(parts) == 3 and parts[0] == "invocation" and parts[2] == "error":
            refusal = self._side.runtime_failed(parts[1], body, error_type)
        else:
            return Refusal(404, "InvalidRequest", f"the Runtime API has no {path}")
        if refusal is None:
            # After whoever waits for the answer has it: waking the runtime up costs more than passing it on.
            asyncio.get_running_loop().call_soon(self._send, 202, b'{"status":"OK"}\n')
        return refusal


class RuntimeApi:
    """The listener of one execution environment."""

    def __init__(self, server: asyncio.Server, address: str, connections: set[_Connection]) -> None:
        self._server = server
        self._connections = connections
        self.address = address

    @classmethod
    async def open(cls, side: RuntimeSide) -> RuntimeApi:
        """Listens for `side` on a free loopback port.

        Raises:
            OSError: no port is free.
        """
        listener = bind_loopback()
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        connections: set[_Connection] = set()

        def connect() -> _Connection:
            connection = _Connection(side, address.encode(), connections.discard)
            connections.add(connection)
            return connection

        server = await asyncio.get_running_loop().create_server(connect, sock=listener)
        return cls(server, address, connections)

    def close(self) -> None:
        """Stops listening and hangs up."""
        self._server.close()
        for connection in list(self._connections):
            connection.close()


def bind_loopback() -> socket.socket:
    """A socket bound to a free loopback port below 32768, out of the way of outgoing connections.

    Raises:
        OSError: none of many ports tried is free.
    """
    chooser = random.SystemRandom()
    for _ in range(200):
        candidate = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            candidate.bind(("127.0.0.1", chooser.randint(_FIRST_PORT, _LAST_PORT)))
        except OSError:
            candidate.close()
        else:
            return candidate
    raise OSError(f"no free port on 127.0.0.1 between {_FIRST_PORT} and {_LAST_PORT}")
