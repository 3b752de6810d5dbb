"""The Runtime API over a real socket: what it takes, and what it refuses."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.runtime.api import NextPoll, Refusal, RuntimeApi, bind_loopback


class Recorded:
    """Stands in for an environment."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []

    def runtime_wants_next(self, connection: NextPoll) -> Refusal | None:
        connection.answer({"Lambda-Runtime-Aws-Request-Id": "id", "Odd": "a\r\nb: c"}, b'{"a":1}')
        return None

    def runtime_responded(self, request_id: str, body: bytes) -> Refusal | None:
        self.calls.append(("response", request_id, body.decode()))
        return Refusal(400, "InvalidRequestID", "not now") if request_id == "other" else None

    def runtime_failed(self, request_id: str, body: bytes, error_type: str) -> Refusal | None:
        self.calls.append(("error", request_id, body.decode(), error_type))
        return None

    def runtime_failed_init(self, body: bytes, error_type: str) -> Refusal | None:
        self.calls.append(("init", body.decode(), error_type))
        return None


def talk(side: Recorded, *requests: str, host: str | None = None) -> list[str]:
    async def go() -> list[str]:
        api = await RuntimeApi.open(side)
        address, port = api.address.split(":")
        reader, writer = await asyncio.open_connection(address, int(port))
        answers = []
        for request in requests:
            writer.write(request.replace("HOST", host or api.address).encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if head.startswith("HTTP/1.1 100"):
                answers.append(head)
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
            answers.append(head + (await reader.readexactly(length)).decode())
        writer.close()
        await writer.wait_closed()
        api.close()
        await asyncio.sleep(0)
        return answers

    return asyncio.run(go())


def post(path: str, body: str, extra: str = "") -> str:
    head = f"POST /2018-06-01/runtime/{path} HTTP/1.1\r\nHost: HOST\r\n{extra}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}"


NEXT = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: HOST\r\n\r\n"


def test_an_exchange_over_one_connection() -> None:
    side = Recorded()
    answers = talk(
        side,
        NEXT,
        post("invocation/id/response", "[1]"),
        post("invocation/id/error", "{}", "Lambda-Runtime-Function-Error-Type: My.Error\r\n"),
        post("init/error", "{}", "Lambda-Runtime-Function-Error-Type: Runtime.Bad\r\n"),
    )
    assert answers[0].startswith("HTTP/1.1 200 OK\r\n")
    assert "Lambda-Runtime-Aws-Request-Id: id\r\n" in answers[0]
    assert "Odd: a b: c\r\n" in answers[0]
    assert answers[0].endswith('{"a":1}')
    assert all(answer.startswith("HTTP/1.1 202 Accepted\r\n") for answer in answers[1:])
    assert side.calls == [
        ("response", "id", "[1]"),
        ("error", "id", "{}", "My.Error"),
        ("init", "{}", "Runtime.Bad"),
    ]


def test_a_chunked_body_and_one_that_waits_to_be_asked_for() -> None:
    side = Recorded()
    chunked = (
        "POST /2018-06-01/runtime/invocation/id/response HTTP/1.1\r\nHost: HOST\r\n"
        "Transfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n"
    )
    answers = talk(side, chunked, post("invocation/id/response", "[]", "Expect: 100-continue\r\n"))
    assert answers[1].startswith("HTTP/1.1 100 Continue")
    assert side.calls == [("response", "id", "[1,2]"), ("response", "id", "[]")]


@pytest.mark.parametrize(
    ("request_text", "status", "word"),
    [
        ("GET /2018-06-01/runtime/nothing HTTP/1.1\r\nHost: HOST\r\n\r\n", 404, "InvalidRequest"),
        (post("invocation/id/nothing", ""), 404, "InvalidRequest"),
        (post("invocation/other/response", ""), 400, "InvalidRequestID"),
        (
            "POST /2020-01-01/extension/register HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\n\r\n",
            501,
            "does not run Lambda extensions",
        ),
        (
            post("invocation/id/response", "x", "Lambda-Runtime-Function-Response-Mode: streaming\r\n"),
            501,
            "response streaming",
        ),
        ("what is this\r\n\r\n", 400, "not an HTTP request"),
    ],
)
def test_refusals(request_text: str, status: int, word: str) -> None:
    (answer,) = talk(Recorded(), request_text)
    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert word in answer


def test_a_foreign_host_is_refused() -> None:
    side = Recorded()
    (answer,) = talk(side, post("invocation/id/response", "1"), host="evil.example")
    assert answer.startswith("HTTP/1.1 403 ")
    assert side.calls == []


def test_ports_are_on_loopback_and_below_the_ephemeral_ones() -> None:
    with bind_loopback() as one, bind_loopback() as other:
        addresses = {one.getsockname(), other.getsockname()}
    assert len(addresses) == 2
    assert all(host == "127.0.0.1" and 1024 < port < 32768 for host, port in addresses)
