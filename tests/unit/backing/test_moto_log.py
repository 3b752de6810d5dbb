"""The record of writes, and the requests that are made of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sandbox.backing.moto.client import send
from sandbox.backing.moto.log import DatabaseMotoLog, LoggedWrite
from sandbox.backing.moto.server import default_account_of
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.store.database import Database


def _write(sequence: int, body: bytes = b"\x00body") -> LoggedWrite:
    headers = [("host", "bucket.localhost:4566"), ("x-amz-meta-a", "1"), ("x-amz-meta-a", "2")]
    request = HttpRequest("PUT", "/k%2Fey", "x=1&y", headers, body)
    return LoggedWrite(sequence, 12.5, "s3", "PutObject", request)


def test_writes_come_back_in_order_after_a_restart(tmp_path: Path) -> None:
    database = Database(tmp_path / "state.db")
    log = DatabaseMotoLog(database)
    assert log.next_sequence() == 1
    for sequence in range(1, 151):
        log.append(_write(sequence))
    database.close()
    again = DatabaseMotoLog(Database(tmp_path / "state.db"))
    writes = list(again.all())
    assert [write.sequence for write in writes] == list(range(1, 151))
    assert again.next_sequence() == 151
    assert writes[0].request.body == b"\x00body"
    assert writes[0].request.query == "x=1&y"


def test_nothing_stored_names_a_port() -> None:
    log = DatabaseMotoLog(Database(None))
    log.append(_write(1))
    (write,) = log.all()
    assert write.request.headers == [
        ("host", "bucket.localhost"),
        ("x-amz-meta-a", "1"),
        ("x-amz-meta-a", "2"),
    ]


def test_the_account_is_that_of_the_access_key() -> None:
    assert default_account_of("111122223333") == "111122223333"
    assert default_account_of("AKIAIOSFODNN7EXAMPLE") == "000000000000"
    assert default_account_of("") == "000000000000"


async def _exchange(request: HttpRequest, answer: bytes) -> tuple[bytes, HttpResponse]:
    received: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        received.set_result(head + await reader.readexactly(len(request.body)))
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        response = await send("127.0.0.1", port, request, [("x-sandbox-seed", "7")])
        return await received, response


def test_a_request_goes_out_as_it_came_but_for_what_belongs_to_the_connection() -> None:
    headers = [
        ("host", "a.localhost:4566"),
        ("authorization", "AWS4-HMAC-SHA256 x"),
        ("transfer-encoding", "chunked"),
        ("expect", "100-continue"),
        ("x-sandbox-seed", "forged"),
        ("x-moto-account-id", "999999999999"),
    ]
    request = HttpRequest("PUT", "/b/%C3%A7%2F", "acl", headers, b"data")
    sent, _ = asyncio.run(_exchange(request, b"HTTP/1.1 204 No Content\r\n\r\n"))
    assert sent == (
        b"PUT /b/%C3%A7%2F?acl HTTP/1.1\r\nhost: a.localhost:4566\r\nauthorization: AWS4-HMAC-SHA256 x\r\n"
        b"x-sandbox-seed: 7\r\nconnection: close\r\ncontent-length: 4\r\n\r\ndata"
    )


@pytest.mark.parametrize(
    ("method", "answer", "body"),
    [
        ("GET", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", b"ok"),
        ("GET", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", b"ok"),
        ("GET", b"HTTP/1.0 200 OK\r\n\r\nuntil the end", b"until the end"),
        ("HEAD", b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n", b""),
    ],
)
def test_answers_are_read_in_every_framing(method: str, answer: bytes, body: bytes) -> None:
    _, response = asyncio.run(_exchange(HttpRequest(method, "/"), answer))
    assert response.status == 200
    assert response.body == body
    if method == "HEAD":
        assert ("content-length", "500") in response.headers


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort", b"not http\r\n\r\n"]
)
def test_an_answer_that_breaks_off_is_an_error(answer: bytes) -> None:
    with pytest.raises(OSError, match="server"):
        asyncio.run(_exchange(HttpRequest("GET", "/"), answer))
