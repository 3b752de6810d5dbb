"""HTTP/1.1 as clients of every kind speak it: what RFC 9112 asks of a server, and what it need not bear."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.gateway.arrival import Arrival
from sandbox.gateway.server import HttpServer
from sandbox.model.http import HttpResponse, HttpStream
from sandbox.session.door import HOST, listen

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
_LIMIT = 2 * 1024 * 1024


@dataclass
class App:
    """Tells what came; a request for `/wait` is answered when `go` is set."""

    seen: list[Arrival] = field(default_factory=list)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    parts: Callable[[], AsyncIterator[bytes]] = lambda: _parts(b"um", b"dois")

    async def __call__(self, arrival: Arrival) -> HttpResponse:
        self.seen.append(arrival)
        incoming = arrival.incoming
        if incoming.path == "/wait":
            self.waiting.set()
            try:
                await self.go.wait()
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
        if incoming.path == "/stream":
            return HttpStream(200, [("x-path", incoming.path)], parts=self.parts())
        if incoming.path == "/defect":
            raise ValueError("a defect")
        if incoming.path == "/empty":
            return HttpResponse(204)
        if arrival.broken_limit:
            return HttpResponse(413, [], str(arrival.broken_limit).encode())
        return HttpResponse(200, [("x-path", incoming.path)], incoming.body or b"ok")


async def _parts(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


class Wire:
    """The client's side of a connection: bytes out, answers in."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, *parts: bytes) -> None:
        self.writer.writelines(parts)

    async def head(self) -> tuple[int, dict[str, str]]:
        text = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = text.rstrip("\r\n").split("\r\n")
        fields = (line.partition(": ") for line in lines[1:])
        return int(lines[0].split(" ")[1]), {name.lower(): value for name, _, value in fields}

    async def answer(self) -> tuple[int, bytes]:
        status, headers = await self.head()
        return status, await self.reader.readexactly(int(headers.get("content-length", "0")))

    async def ended(self) -> bool:
        return await self.reader.read() == b""


@asynccontextmanager
async def serving(app: App) -> AsyncIterator[Callable[[], Awaitable[Wire]]]:
    listener = listen(0)
    port = listener.getsockname()[1]
    server = HttpServer(app, lambda _: _LIMIT, listener)
    await server.start()
    opened: list[Wire] = []

    async def connect() -> Wire:
        wire = Wire(*await asyncio.open_connection(HOST, port))
        opened.append(wire)
        return wire

    try:
        yield connect
    finally:
        app.go.set()
        await server.stop()
        for wire in opened:
            wire.writer.close()
            with contextlib.suppress(ConnectionError):
                await wire.writer.wait_closed()
    with socket.socket() as again, pytest.raises(ConnectionRefusedError):
        again.connect((HOST, port))


def run(scenario: Callable[[App, Wire], Awaitable[None]]) -> App:
    """Runs a scenario on a connection of its own."""
    app_of: list[App] = []

    async def work() -> None:
        app = App()
        app_of.append(app)
        async with serving(app) as connect:
            await scenario(app, await connect())

    asyncio.run(work())
    return app_of[0]


def test_a_connection_is_kept_for_the_next_request() -> None:
    async def scenario(app: App, wire: Wire) -> None:
        for path in (b"/a", b"/b?c=%20d#e"):
            wire.send(b"GET ", path, b" HTTP/1.1\r\nHost: x\r\n\r\n")
            assert await wire.answer() == (200, b"ok")

    seen = [(one.incoming.path, one.incoming.query) for one in run(scenario).seen]
    assert seen == [("/a", ""), ("/b", "c=%20d")]


def test_header_names_are_told_as_the_client_wrote_them() -> None:
    async def scenario(app: App, wire: Wire) -> None:
        wire.send(b"GET / HTTP/1.1\r\nHoSt: x\r\nX-api-KEY: 7\r\nX-Api-Key: \xe9\r\n\r\n")
        await wire.answer()

    (arrival,) = run(scenario).seen
    assert arrival.names() == ["HoSt", "X-api-KEY", "X-Api-Key"]
    assert arrival.pairs() == [("host", "x"), ("x-api-key", "7"), ("x-api-key", "\xe9")]
    assert arrival.incoming.headers["x-api-key"] == "\xe9"
    assert (arrival.client, arrival.server) == (HOST, HOST)


def test_requests_sent_together_are_answered_in_their_order() -> None:
    async def scenario(app: App, wire: Wire) -> None:
        wire.send(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n", *[GET] * 200, b"rubbish\r\n\r\n")
        await app.waiting.wait()
        assert len(app.seen) == 1  # one at a time
        app.go.set()
        for number in range(201):
            status, headers = await wire.head()
            await wire.reader.readexactly(int(headers["content-length"]))
            assert (status, headers["x-path"]) == (200, "/" if number else "/wait")
        assert (await wire.answer())[0] == 400
        assert await wire.ended()

    assert len(run(scenario).seen) == 201


@pytest.mark.parametrize("cut", [1, 7, 40, 90])
def test_a_request_may_come_in_pieces(cut: int) -> None:
    sent = (
        b"PUT /long/path?q=1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nHost: trailer\r\n\r\n"
    )

    async def scenario(app: App, wire: Wire) -> None:
        for start in range(0, len(sent), cut):
            wire.send(sent[start : start + cut])
            await wire.writer.drain()
            await asyncio.sleep(0)
        assert await wire.answer() == (200, b"hello world")
        wire.send(GET)
        assert await wire.answer() == (200, b"ok")

    arrival = run(scenario).seen[0]
    assert (arrival.incoming.path, arrival.incoming.headers["host"]) == ("/long/path", "x")


def test_a_client_that_asks_whether_to_go_on_is_told() -> None:
    async def scenario(app: App, wire: Wire) -> None:
        wire.send(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        assert await wire.head() == (100, {})
        wire.send(b"body")
        assert await wire.answer() == (200, b"body")

    run(scenario)


@pytest.mark.parametrize(
    ("line", "field_line", "kept"),
    [
        (b"HTTP/1.1", b"", True),
        (b"HTTP/1.1", b"Connection: close\r\n", False),
        (b"HTTP/1.0", b"", False),
        (b"HTTP/1.0", b"Connection: keep-alive\r\n", True),
    ],
)
def test_whether_the_connection_is_kept(line: bytes, field_line: bytes, kept: bool) -> None:
    async def scenario(app: App, wire: Wire) -> None:
        wire.send(b"GET / ", line, b"\r\nHost: x\r\n", field_line, b"\r\n")
        status, headers = await wire.head()
        assert await wire.reader.readexactly(2) == b"ok"
        assert status == 200
        if kept:
            assert headers.get("connection") == ("keep-alive" if field_line else None)
            wire.send(GET)
            assert (await wire.answer())[0] == 200
        else:
            assert headers["connection"] == "close"
            assert await wire.ended()

    run(scenario)


def test_answers_without_a_body() -> None:
    async def scenario(app: App, wire: Wire) -> None:
        wire.send(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET /empty HTTP/1.1\r\nHost: x\r\n\r\n", GET)
        for status in (200, 204):
            head = await wire.head()
            assert (head[0], head[1].get("content-length")) == (status, None)
        assert await wire.answer() == (200, b"ok")

    run(scenario)


def test_other_protocols_are_not_spoken() -> None:
    async def scenario(app: App, wire: Wire) -> None:
        upgrade = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"
        wire.send(b"GET / HTTP/1.1\r\nHost: x\r\n", upgrade, b"\r\n", GET)
        assert [await wire.answer() for _ in range(2)] == [(200, b"ok")] * 2
        wire.send(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n", upgrade, b"\r\nbody", GET)
        assert [(await wire.answer())[1] for _ in range(2)] == [b"body", b"ok"]

    run(scenario)


def test_a_proxys_form_of_the_target() -> None:
    async def scenario(app: App, wire: Wire) -> None:
        wire.send(b"GET http://other:80/a%20b?c HTTP/1.1\r\nHost: x\r\n\r\n")
        await wire.answer()

    incoming = run(scenario).seen[0].incoming
    assert (incoming.path, incoming.query) == ("/a%20b", "c")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"rubbish\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET http:// HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 600_000, 431),
    ],
)
def test_what_is_no_request(sent: bytes, status: int) -> None:
    async def scenario(app: App, wire: Wire) -> None:
        wire.send(sent)
        assert (await wire.answer())[0] == status
        assert await wire.ended()

    assert run(scenario).seen == []


def test_a_defect_is_an_answer_too(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(app: App, wire: Wire) -> None:
        wire.send(b"GET /defect HTTP/1.1\r\nHost: x\r\n\r\n", GET)
        assert [(await wire.answer())[0] for _ in range(2)] == [500, 200]

    run(scenario)
    assert "GET /defect failed" in caplog.text


@pytest.mark.parametrize("size", [_LIMIT, _LIMIT + 1])
def test_a_body_has_a_limit(size: int) -> None:
    async def scenario(app: App, wire: Wire) -> None:
        wire.send(f"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode(), b"y" * size, GET)
        status, body = await wire.answer()
        assert (status, len(body)) == ((200, size) if size == _LIMIT else (413, len(str(_LIMIT))))
        assert await wire.answer() == (200, b"ok")

    run(scenario)


def test_a_client_that_leaves_ends_what_takes_long() -> None:
    async def scenario(app: App, wire: Wire) -> None:
        wire.send(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
        await app.waiting.wait()
        wire.writer.close()
        await app.cancelled.wait()

    run(scenario)


def test_what_is_served_when_the_server_stops_is_answered() -> None:
    async def work() -> None:
        app = App()
        async with serving(app) as connect:
            wire, idle = await connect(), await connect()
            wire.send(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
            await app.waiting.wait()
        status, headers = await wire.head()
        assert (status, headers["connection"]) == (200, "close")
        assert await idle.ended()

    asyncio.run(work())


@given(
    st.lists(st.one_of(st.binary(max_size=200), st.sampled_from([GET, b"\r\n", b"0\r\n\r\n"])), max_size=8)
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_bytes_break_it(parts: list[bytes]) -> None:
    async def work() -> None:
        async with serving(App()) as connect:
            wire = await connect()
            wire.send(*parts)
            wire.writer.write_eof()
            await wire.reader.read()
            other = await connect()
            other.send(GET)
            assert await other.answer() == (200, b"ok")

    asyncio.run(work())


def test_requests_on_one_connection_know_nothing_of_one_another() -> None:
    mine: ContextVar[str] = ContextVar("mine", default="none")
    seen: list[str] = []

    class Marking(App):
        async def __call__(self, arrival: Arrival) -> HttpResponse:
            seen.append(mine.get())
            mine.set(arrival.incoming.path)
            return HttpResponse(200)

    async def work() -> None:
        async with serving(Marking()) as connect:
            wire = await connect()
            wire.send(*[GET] * 3)
            for _ in range(3):
                await wire.answer()

    asyncio.run(work())
    assert seen == ["none"] * 3


# --- answers in parts ------------------------------------------------------------------------------------
STREAM = b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n"


def test_an_answer_in_parts_is_sent_as_they_come_and_ends_the_connection() -> None:
    async def scenario(app: App, wire: Wire) -> None:
        wire.send(STREAM, GET)
        status, headers = await wire.head()
        assert (status, headers["transfer-encoding"]) == (200, "chunked")
        assert await wire.reader.read() == b"2\r\num\r\n4\r\ndois\r\n0\r\n\r\n"

    run(scenario)


def test_parts_end_when_their_client_leaves() -> None:
    async def scenario(app: App, wire: Wire) -> None:
        async def endless() -> AsyncIterator[bytes]:
            try:
                yield b"um"
                await app.go.wait()
            finally:
                app.cancelled.set()

        app.parts = endless
        wire.send(STREAM)
        await wire.head()
        wire.writer.close()
        await app.cancelled.wait()

    run(scenario)


def test_a_client_that_does_not_read_holds_up_the_parts() -> None:
    made = 0

    async def scenario(app: App, wire: Wire) -> None:
        async def many() -> AsyncIterator[bytes]:
            nonlocal made
            try:
                while made < 100_000:
                    made += 1
                    yield b"x" * 100_000
                    app.waiting.set()
                    await asyncio.sleep(0)
            finally:
                app.cancelled.set()

        app.parts = many
        wire.reader._transport.pause_reading()  # type: ignore[attr-defined]
        wire.send(STREAM)
        await app.waiting.wait()
        last = -1
        while made != last:  # it stands still once the buffers between are full
            last = made
            for _ in range(200):
                await asyncio.sleep(0)
        wire.writer.transport.abort()
        await app.cancelled.wait()

    run(scenario)
    assert made < 10_000
