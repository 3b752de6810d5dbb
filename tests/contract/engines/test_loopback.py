"""HTTP to this machine's loopback, and the keys of token issuers there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sandbox.engines.issuers import IssuerKeys
from sandbox.engines.loopback import LoopbackHttp
from sandbox.model.awserror import AwsError
from sandbox.model.http import ForeignHostError, HttpRequest, HttpResponse, is_loopback
from sandbox.services.issuer.issuer import TokenIssuer
from tests.contract.apigatewayv2.harness import HttpApis


@asynccontextmanager
async def serving(answer: Callable[[bytes], bytes | None]) -> AsyncIterator[str]:
    """A server that answers each request's head with bytes, or not at all; gives its URL."""

    ended: list[asyncio.Event] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        end = asyncio.Event()
        ended.append(end)
        try:
            said = answer(await reader.readuntil(b"\r\n\r\n"))
            if said is None:
                await reader.read()  # until the client gives up
            else:
                writer.write(said)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # it gave up before it had asked
        finally:
            writer.close()
            end.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield f"http://127.0.0.1:{port}"
        for end in ended:
            await end.wait()
        await asyncio.sleep(0)  # the transports close in the loop's next turn


def document(body: Any, status: str = "200 OK") -> bytes:
    encoded = json.dumps(body).encode()
    return f"HTTP/1.1 {status}\r\nX-A: 1\r\nContent-Length: {len(encoded)}\r\n\r\n".encode() + encoded


async def with_client(work: Callable[[LoopbackHttp], Awaitable[Any]]) -> Any:
    client = LoopbackHttp()
    try:
        return await work(client)
    finally:
        await client.close()


def test_a_request_and_its_answer() -> None:
    heads: list[bytes] = []

    def answer(head: bytes) -> bytes:
        heads.append(head)
        return document({"a": 1}, "302 Found")

    async def run() -> HttpResponse:
        async with serving(answer) as url:
            request = HttpRequest("PUT", "/", headers=[("x-b", "2")], body=b"corpo")
            got: HttpResponse = await with_client(
                lambda client: client.send(f"{url}/x?y=z", request, seconds=5)
            )
            return got

    got = asyncio.run(run())
    assert (got.status, got.body) == (302, b'{"a": 1}')
    assert ("x-a", "1") in got.headers
    assert heads[0].startswith(b"PUT /x?y=z HTTP/1.1\r\n")
    assert b"x-b: 2" in heads[0].lower()


@pytest.mark.parametrize("said", [b"", b"no http\r\n\r\n"])
def test_servers_that_speak_no_http(said: bytes) -> None:
    async def run() -> None:
        async with serving(lambda _: said) as url:
            with pytest.raises(ConnectionError):
                await with_client(lambda client: client.send(url, HttpRequest("GET", "/"), seconds=60))

    asyncio.run(run())


def test_a_server_that_does_not_answer_in_time() -> None:
    async def run() -> None:
        async with serving(lambda _: None) as url:
            with pytest.raises(TimeoutError):
                await with_client(lambda client: client.send(url, HttpRequest("GET", "/"), seconds=0.05))

    asyncio.run(run())


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("http://127.0.0.1:1/x", True),
        ("https://localhost/", True),
        ("http://[::1]:2/", True),
        ("http://a.localhost", True),
        ("http://127.0.0.1.example.com/", False),
        ("http://example.com/", False),
        ("http://169.254.169.254/", False),
        ("http://127.0.0.1@example.com/", False),
        ("ftp://127.0.0.1/", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_what_loopback_is(url: str, ours: bool) -> None:
    assert is_loopback(url) is ours
    if not ours:
        with pytest.raises(ForeignHostError):
            asyncio.run(with_client(lambda client: client.send(url, HttpRequest("GET", "/"), seconds=1)))


# --- issuers ---------------------------------------------------------------------------------------------
def keys_at(published: dict[str, Any]) -> Any:
    """What is found of an issuer that publishes these documents by path; `URL` in them is its own."""

    with HttpApis() as apis:
        own = apis.keys.own
    assert own is not None

    async def run() -> Any:
        urls: list[str] = []

        def answer(head: bytes) -> bytes:
            path = head.split(b" ")[1].decode()
            if path not in published:
                return document({}, "404 Not Found")
            return document(json.loads(json.dumps(published[path]).replace("URL", urls[0])))

        async with serving(answer) as url:
            urls.append(url)
            return await with_client(lambda client: IssuerKeys(own, client).jwks(url))

    return asyncio.run(run())


DISCOVERY = "/.well-known/openid-configuration"


def test_an_issuer_is_discovered() -> None:
    assert keys_at({DISCOVERY: {"jwks_uri": "URL/keys"}, "/keys": {"keys": []}}) == {"keys": []}


@pytest.mark.parametrize(
    "published",
    [
        {},
        {DISCOVERY: {}},
        {DISCOVERY: []},
        {DISCOVERY: {"jwks_uri": "file:///etc/passwd"}},
        {DISCOVERY: {"jwks_uri": "https://example.com/keys"}},
        {DISCOVERY: {"jwks_uri": "URL/nada"}},
    ],
)
def test_issuers_that_give_no_keys(published: dict[str, Any]) -> None:
    with pytest.raises(AwsError):
        keys_at(published)


def test_the_sandbox_s_own_issuer_is_asked_directly() -> None:
    with HttpApis() as apis:
        own = apis.keys.own
        assert isinstance(own, TokenIssuer)
        keys = IssuerKeys(own, apis.sender)
        assert keys.is_known(own.url)
        assert not keys.is_known("https://login.example.com")
        found = apis.run(lambda: keys.jwks(own.url))
        assert found == apis.do(own.jwks)
        assert apis.sender.sent == []
