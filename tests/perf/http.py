"""A raw HTTP/1.1 client: prepared bytes out, status and body back, one connection kept open.

An SDK spends close to a millisecond on each call, more than most of what is measured here; this spends some
tens of microseconds.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import httptools

from tests.perf.errors import BenchError

#: Scheme of addresses whose connections are sent as open sockets.
PASSED = "passed"
_AGENT = (
    "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux md/arch#x86_64 lang/python#3.13 cfg/retry-mode#legacy"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


class Connection(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[Answer] | None = None
        self._parts: list[bytes] = []

    async def send(self, request: bytes) -> Answer:
        """Sends prepared bytes and waits for the whole answer.

        Raises:
            BenchError: the connection ended instead.
        """
        if self._transport is None or self._transport.is_closing():
            raise BenchError("the server closed a connection that was to be kept open")
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    async def ask(self, request: bytes) -> bytes:
        """Sends prepared bytes and returns the body of the answer, which must be a success.

        Raises:
            BenchError: the answer is something else.
        """
        answer = await self.send(request)
        if not 200 <= answer.status < 300:
            line = request.split(b"\r\n", 1)[0].decode()
            raise BenchError(f"{line} was answered with {answer.status}: {answer.body[:500]!r}")
        return answer.body

    def close(self) -> None:
        """Ends it."""
        if self._transport is not None:
            self._transport.close()

    # --- asyncio.Protocol --------------------------------------------------------------------------------
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        """Bytes of an answer."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(f"the answer is not HTTP: {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._fail(f"the server closed the connection before it answered: {exc}")

    def _fail(self, why: str) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(BenchError(why))

    # --- httptools ---------------------------------------------------------------------------------------
    def on_message_begin(self) -> None:
        """An answer begins."""
        self._parts = []

    def on_body(self, body: bytes) -> None:
        """A part of its body."""
        self._parts.append(body)

    def on_message_complete(self) -> None:
        """It is whole."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(Answer(self._parser.get_status_code(), b"".join(self._parts)))


class Line:
    """A client's line to a server: a connection that is kept, or a new one for each request.

    Args:
        kept: whether the server is to keep the connection; one that never does is connected to anew.
    """

    def __init__(self, endpoint: str, *, kept: bool = True) -> None:
        self._endpoint = endpoint
        self._kept = kept
        self._connection: Connection | None = None

    async def ask(self, request: bytes) -> bytes:
        """Sends prepared bytes and returns the body of the answer, which must be a success.

        Raises:
            BenchError: the answer is something else.
        """
        if self._connection is None:
            self._connection = await connect(self._endpoint)
        connection = self._connection
        answer = await connection.ask(request)
        if not self._kept:
            connection.close()
            self._connection = None
        return answer

    def close(self) -> None:
        """Ends it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


async def connect(url: str) -> Connection:
    """Opens a connection to the host and port of a URL, or takes an open one (`passed:` and the path of a
    Unix socket that sends them).
    """
    parts = urlsplit(url)
    if parts.scheme == PASSED:
        sent = await asyncio.to_thread(_passed, parts.path)
        return (await asyncio.get_running_loop().create_connection(Connection, sock=sent))[1]
    _, connection = await asyncio.get_running_loop().create_connection(
        Connection, parts.hostname or "127.0.0.1", parts.port or 80
    )
    return connection


async def ask_once(url: str, request: bytes) -> bytes:
    """Sends prepared bytes over a connection of their own; see `Connection.ask`."""
    connection = await connect(url)
    try:
        return await connection.ask(request)
    finally:
        connection.close()


def _passed(path: str) -> socket.socket:
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(path)
        _, files, _, _ = socket.recv_fds(asking, 1, 1)
    if not files:
        raise BenchError(f"nothing listens behind {path}")
    connected = socket.socket(fileno=files[0])
    connected.setblocking(False)
    return connected


def request(
    method: str,
    url: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    service: str = "",
    host: str = "",
) -> bytes:
    """The bytes of a request, as an SDK sends it.

    Args:
        service: the AWS service it is signed for (with a signature that means nothing); none for an API of
            one's own.
        host: the `Host` header, where it is not that of the URL.
    """
    parts = urlsplit(url)
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {host or parts.netloc or '127.0.0.1'}",
        f"User-Agent: {_AGENT}",
        "Accept: */*",
    ]
    if service:
        lines += [
            "X-Amz-Date: 20260101T000000Z",
            f"Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, "
            f"SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature={'0' * 64}",
            "amz-sdk-invocation-id: 6f1a3e3c-3c1f-4f0e-9c57-0d1f0f6f8f10",
            "amz-sdk-request: attempt=1",
        ]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body or method != "GET":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def sqs_request(endpoint: str, operation: str, **parameters: object) -> bytes:
    """A call of SQS in its JSON protocol."""
    body = json.dumps(parameters).encode()
    headers = {"X-Amz-Target": f"AmazonSQS.{operation}", "Content-Type": "application/x-amz-json-1.0"}
    return request("POST", f"{endpoint}/", body, headers, service="sqs")


def dynamodb_request(endpoint: str, operation: str, parameters: Mapping[str, object]) -> bytes:
    """A call of DynamoDB."""
    headers = {"X-Amz-Target": f"DynamoDB_20120810.{operation}", "Content-Type": "application/x-amz-json-1.0"}
    return request("POST", f"{endpoint}/", json.dumps(parameters).encode(), headers, service="dynamodb")


def events_request(endpoint: str, operation: str, parameters: Mapping[str, object]) -> bytes:
    """A call of EventBridge."""
    headers = {"X-Amz-Target": f"AWSEvents.{operation}", "Content-Type": "application/x-amz-json-1.1"}
    return request("POST", f"{endpoint}/", json.dumps(parameters).encode(), headers, service="events")


def invoke_request(endpoint: str, function: str, payload: bytes = b"{}") -> bytes:
    """A synchronous call of a function."""
    url = f"{endpoint}/2015-03-31/functions/{function}/invocations"
    return request("POST", url, payload, {"X-Amz-Invocation-Type": "RequestResponse"}, service="lambda")
