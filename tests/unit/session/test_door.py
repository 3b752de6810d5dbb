"""The front door's socket and server."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sandbox.errors import PortTakenError, UsageError
from sandbox.session.door import HOST, FrontDoor, listen


def test_a_free_port_is_on_loopback_and_below_those_of_connections() -> None:
    with listen(0) as listener:
        host, port = listener.getsockname()
        assert host == HOST == "127.0.0.1"
        assert 1024 < port < 32768


def test_a_port_that_is_taken_says_by_whom() -> None:
    with listen(0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"port {port} is taken") as caught:
            listen(port)
    assert "process" in caught.value.why
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("port", [-1, 65_536, 10**9])
def test_numbers_that_are_no_ports(port: int) -> None:
    with pytest.raises(UsageError, match="is not a port"):
        listen(port)


def ask(request: bytes, answer: Callable[[Any], bytes]) -> bytes:
    """What the door answers to raw bytes."""

    async def app(
        scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        body = answer(scope)
        head = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": body})

    async def work() -> bytes:
        listener = listen(0)
        door = FrontDoor(app, listener)
        port = listener.getsockname()[1]
        await door.start()
        try:
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            writer.close()
            await writer.wait_closed()
            return body
        finally:
            await door.stop()
            with socket.socket() as again, pytest.raises(ConnectionRefusedError):
                again.connect((HOST, port))

    return asyncio.run(work())


def test_serves_and_tells_how_the_client_wrote_its_headers() -> None:
    def names(scope: Any) -> bytes:
        lower = [name.decode() for name, _ in scope["headers"]]
        return json.dumps([lower, scope["state"]["header_names"]]).encode()

    lower, written = json.loads(ask(b"GET / HTTP/1.1\r\nHoSt: x\r\nX-api-KEY: 7\r\n\r\n", names))
    assert lower == ["host", "x-api-key"]
    assert written == ["HoSt", "X-api-KEY"]
