"""Connections to a container that are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sandbox.backing.connections import Connections
from sandbox.model.http import HttpRequest, HttpResponse

Server = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n2\r\nok\r\n0\r\n\r\n"


def _with(server: Server, client: Callable[[Connections], Awaitable[None]]) -> None:
    async def main() -> None:
        async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await server(reader, writer)
            finally:
                writer.close()

        listening = await asyncio.start_server(served, "127.0.0.1", 0)
        connections = Connections("127.0.0.1", listening.sockets[0].getsockname()[1])
        try:
            await client(connections)
        finally:
            connections.close()
            listening.close()
            await listening.wait_closed()

    asyncio.run(main())


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return head + await reader.readexactly(length)


def test_a_connection_is_used_again_and_the_request_stays_as_it_came() -> None:
    seen: list[tuple[int, bytes]] = []
    opened: list[int] = []

    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(1)
        while True:
            try:
                seen.append((len(opened), await _request(reader)))
            except asyncio.IncompleteReadError:
                return
            writer.write(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n2\r\nok\r\n0\r\n\r\n"
            )

    async def client(connections: Connections) -> None:
        for _ in range(3):
            answer = await connections.send(HttpRequest("POST", "/a%2Fb//", "x=%20", [("X-h", "1")], b"body"))
            assert answer == HttpResponse(200, [("x-a", "b")], b"ok")

    _with(server, client)
    assert len(opened) == 1
    assert seen[0][1].startswith(b"POST /a%2Fb//?x=%20 HTTP/1.1\r\nX-h: 1\r\n")


def test_a_connection_that_was_closed_meanwhile_is_replaced() -> None:
    opened: list[int] = []

    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(1)
        await _request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async def client(connections: Connections) -> None:
        for _ in range(2):
            assert (await connections.send(HttpRequest("GET", "/"))).body == b"ok"

    _with(server, client)
    assert len(opened) == 2


def test_an_answer_to_head_has_a_length_and_no_body() -> None:
    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")
        await reader.read()

    async def client(connections: Connections) -> None:
        answer = await connections.send(HttpRequest("HEAD", "/"))
        assert answer == HttpResponse(200, [("content-length", "999")], b"")

    _with(server, client)


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nall of it")

    async def client(connections: Connections) -> None:
        assert (await connections.send(HttpRequest("GET", "/"))).body == b"all of it"

    _with(server, client)


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut", b"SMTP ready\r\n"]
)
def test_an_answer_that_is_cut_off_or_no_http_is_an_error(answer: bytes) -> None:
    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _request(reader)
        writer.write(answer)

    async def client(connections: Connections) -> None:
        with pytest.raises(OSError, match="server"):
            await connections.send(HttpRequest("GET", "/"))

    _with(server, client)
