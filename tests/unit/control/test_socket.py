"""Server and client over a real Unix socket."""

from __future__ import annotations

import asyncio
import socket
import stat
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sandbox.control.client import ControlClient, NoAnswerError, RemoteError, StoppedError, control_socket
from sandbox.control.protocol import ClockView, Dropped, Note, Reply, Result
from sandbox.control.server import ControlServer, Method
from sandbox.errors import NotRunningError, SandboxError, ServerStartError, UsageError
from sandbox.model.awserror import AwsError
from tests.support.control import serving


async def echo(text: str, times: int = 1) -> str:
    return text * times


async def numbers(limit: int) -> AsyncIterator[int]:
    for number in range(limit):
        yield number


async def clock() -> ClockView:
    return ClockView(now=1.0, iso="1970", speed=1.0, offset_seconds=0.0)


METHODS: dict[str, Method] = {"echo": echo, "numbers": numbers, "clock": clock}


def raw(state: Path, line: bytes, replies: int = 1) -> list[Reply]:
    """Sends bytes as they are and reads the replies."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(20)
        connection.connect(str(control_socket(state)))
        connection.sendall(line)
        with connection.makefile("rb") as file:
            return [msgspec.json.decode(file.readline(), type=Reply) for _ in range(replies)]


def test_calls_and_streams(short: Path) -> None:
    with serving(short, METHODS), ControlClient(short) as client:
        assert client.call("echo", text="olá", times=2) == "oláolá"
        assert list(client.stream("numbers", limit=3)) == [0, 1, 2]
        assert list(client.stream("numbers", limit=0)) == []
        assert client.call_as(ClockView, "clock").iso == "1970"


def test_several_clients_at_once(short: Path) -> None:
    async def wait() -> str:
        await asyncio.Event().wait()
        return "never"

    with serving(short, {**METHODS, "wait": wait}), ControlClient(short) as one, ControlClient(short) as two:
        stream = one.stream("numbers", limit=2)
        assert next(stream) == 0
        assert two.call("echo", text="x") == "x"
        assert next(stream) == 1


def test_errors_come_with_their_remedies(short: Path) -> None:
    async def refuse() -> None:
        raise UsageError("the clock was not moved", "it is negative", "write 61s")

    async def refuse_as_aws() -> None:
        raise AwsError("ResourceNotFoundException", "Function not found", status=404)

    async def fail() -> None:
        raise KeyError("x")

    async def fail_late() -> AsyncIterator[int]:
        yield 1
        raise UsageError("no more", "because", "do this")

    methods: dict[str, Method] = {
        "refuse": refuse,
        "refuse_as_aws": refuse_as_aws,
        "fail": fail,
        "fail_late": fail_late,
    }
    with serving(short, methods), ControlClient(short) as client:
        with pytest.raises(RemoteError, match="the clock was not moved") as caught:
            client.call("refuse")
        assert (caught.value.why, caught.value.remedy) == ("it is negative", "write 61s")
        assert caught.value.exit_code == 2
        with pytest.raises(RemoteError, match="Function not found"):
            client.call("refuse_as_aws")
        with pytest.raises(RemoteError, match="KeyError"):
            client.call("fail")
        stream = client.stream("fail_late")
        assert next(stream) == 1
        with pytest.raises(RemoteError, match="no more"):
            next(stream)


@pytest.mark.parametrize(
    ("method", "params", "says"),
    [
        ("nothing", {}, "no control method nothing"),
        ("echo", {}, "missing a required argument: 'text'"),
        ("echo", {"text": "x", "other": 1}, "unexpected keyword argument 'other'"),
        ("echo", {"text": 7}, "text: Expected `str`, got `int`"),
        ("numbers", {"limit": "3"}, "limit: Expected `int`, got `str`"),
    ],
)
def test_wrong_calls_are_told_what_is_wrong(
    short: Path, method: str, params: dict[str, Any], says: str
) -> None:
    with serving(short, METHODS), ControlClient(short) as client:
        with pytest.raises(RemoteError) as caught:
            client.call(method, **params)
        assert says in str(caught.value)
        assert caught.value.remedy
        assert client.call("echo", text="still there") == "still there"


@pytest.mark.parametrize(
    "line", [b"nonsense\n", b"[]\n", b'{"id":1}\n', b"\xff\xfe\n", b"[" * 10_000 + b"\n"]
)
def test_lines_that_are_no_requests(short: Path, line: bytes) -> None:
    with serving(short, METHODS):
        (reply,) = raw(short, line)
        assert reply.error is not None
        assert reply.error.what == "a control request could not be read"
        assert reply.error.remedy


def test_requests_on_one_connection_are_answered_each(short: Path) -> None:
    lines = b"".join(b'{"id":%d,"method":"echo","params":{"text":"x"}}\n' % number for number in range(3))
    with serving(short, METHODS):
        assert sorted(reply.id for reply in raw(short, lines, 3)) == [0, 1, 2]


def test_dropped_items_are_counted_and_not_yielded(short: Path) -> None:
    async def gappy() -> AsyncIterator[Any]:
        yield "a"
        yield Dropped(5)
        yield "b"

    with serving(short, {"gappy": gappy}), ControlClient(short) as client:
        assert list(client.stream("gappy")) == ["a", "b"]
        assert client.dropped == 5


def test_a_client_that_goes_away_ends_its_stream(short: Path) -> None:
    ended = threading.Event()

    async def endless() -> AsyncIterator[int]:
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            ended.set()

    with serving(short, {"endless": endless}):
        with ControlClient(short) as client:
            assert next(client.stream("endless")) == 1
        assert ended.wait(20)


def test_a_client_that_does_not_read_ends_its_stream_when_it_goes(short: Path) -> None:
    ended = threading.Event()

    async def flood() -> AsyncIterator[str]:
        try:
            while True:
                yield "x" * 10_000
        finally:
            ended.set()

    with serving(short, {"flood": flood}):
        with ControlClient(short) as client:
            next(client.stream("flood"))
        assert ended.wait(20)


def test_a_daemon_that_hangs_is_told_from_one_that_is_gone(short: Path) -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    with (
        serving(short, {"hang": hang}),
        ControlClient(short, timeout=0.05) as client,
        pytest.raises(NoAnswerError, match="does not answer"),
    ):
        client.call("hang")


def test_a_daemon_that_ends_is_gone(short: Path) -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    with serving(short, {**METHODS, "hang": hang}):
        client = ControlClient(short)
        assert client.call("echo", text="x") == "x"
    with pytest.raises(NotRunningError, match="went away"):
        client.call("echo", text="x")
    client.close()
    assert not control_socket(short).exists()


def test_a_daemon_that_is_stopped_says_so_to_whoever_waits(short: Path) -> None:
    begun = threading.Semaphore(0)

    async def hang() -> None:
        begun.release()
        await asyncio.Event().wait()

    async def endless() -> AsyncIterator[int]:
        yield 1
        begun.release()
        await asyncio.Event().wait()

    with serving(short, {"hang": hang, "endless": endless}):
        first, second = ControlClient(short), ControlClient(short)
        items = second.stream("endless")
        assert next(items) == 1
        waiting = threading.Thread(target=lambda: said.append(_refusal(lambda: first.call("hang"))))
        said: list[Exception] = []
        waiting.start()
        assert all(begun.acquire(timeout=20) for _ in range(2))
    waiting.join(20)
    assert isinstance(said[0], StoppedError)
    with pytest.raises(StoppedError, match="was stopped") as caught:
        next(items)
    assert caught.value.exit_code == 3
    first.close()
    second.close()


def _refusal(work: Callable[[], object]) -> Exception:
    try:
        work()
    except SandboxError as error:
        return error
    raise AssertionError("it was answered")


def test_nobody_listens(short: Path) -> None:
    with pytest.raises(NotRunningError, match="no sandbox is running") as caught:
        ControlClient(short)
    assert caught.value.exit_code == 3
    assert "--state DIR" in caught.value.remedy


def test_only_its_user_may_open_it(short: Path) -> None:
    with serving(short, METHODS):
        assert stat.S_IMODE(control_socket(short).stat().st_mode) == 0o600


def test_a_socket_that_was_left_behind_is_replaced(short: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as old:
        old.bind(str(control_socket(short)))
    with pytest.raises(NotRunningError):
        ControlClient(short)
    with serving(short, METHODS), ControlClient(short) as client:
        assert client.call("echo", text="x") == "x"


def test_a_long_state_folder_works_as_well(short: Path) -> None:
    state = short / ("x" * 60) / ("y" * 60)
    state.mkdir(parents=True)
    path = control_socket(state)
    assert not path.is_relative_to(state)
    with serving(state, METHODS), ControlClient(state) as client:
        assert client.call("echo", text="x") == "x"
    assert not path.exists()


def test_a_place_where_no_socket_can_be_made(short: Path) -> None:
    async def start() -> None:
        await ControlServer(short / "missing" / "control.sock", METHODS).start()

    with pytest.raises(ServerStartError, match="could not be opened"):
        asyncio.run(start())


def test_what_takes_long_may_say_why_before_it_answers(short: Path) -> None:
    async def slow(times: int) -> AsyncIterator[Note | Result]:
        for number in range(times):
            yield Note(f"still {number}")
        yield Result({"saved": True})

    async def steps() -> AsyncIterator[int | Note]:
        yield 1
        yield Note("it goes on")
        yield 2

    notes: list[str] = []
    with (
        serving(short, {**METHODS, "slow": slow, "steps": steps}),
        ControlClient(short, on_note=notes.append) as client,
    ):
        assert client.call("slow", times=2) == {"saved": True}
        assert notes == ["still 0", "still 1"]
        assert list(client.stream("steps")) == [1, 2]
        assert notes[2:] == ["it goes on"]
        assert client.call("echo", text="x") == "x"
    with serving(short, {"slow": slow}), ControlClient(short) as deaf:
        assert deaf.call("slow", times=1) == {"saved": True}
