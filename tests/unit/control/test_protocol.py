"""What goes over the control socket, and where the socket is."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from sandbox.control.protocol import ErrorInfo, Reply, Request, socket_path

RUNTIME = Path("/run/user/1000")


def test_requests_and_replies_come_back_as_they_went() -> None:
    request = Request(7, "clock_advance", {"seconds": 61.0})
    assert msgspec.json.decode(msgspec.json.encode(request), type=Request) == request
    for reply in (
        Reply(7, result={"a": [1]}),
        Reply(7, item="x"),
        Reply(7, dropped=3),
        Reply(7, end=True),
        Reply(7, error=ErrorInfo("what", "why", "remedy", 3)),
    ):
        assert msgspec.json.decode(msgspec.json.encode(reply), type=Reply) == reply
    assert msgspec.json.encode(Reply(7, item="x")) == b'{"id":7,"item":"x"}'


def test_the_socket_is_in_the_state_folder() -> None:
    state = Path("/home/maria/projeto/.sandbox")
    assert socket_path(state, RUNTIME) == state / "control.sock"


@pytest.mark.parametrize("length", [87, 88, 200, 4000])
def test_a_long_path_leads_to_a_short_one(length: int) -> None:
    state = Path("/" + "x" * (length - 1))
    path = socket_path(state, RUNTIME)
    assert len(str(path)) <= 100
    assert path == socket_path(state, RUNTIME)
    assert (path.parent == state) is (length == 87)
    assert path != socket_path(Path("/" + "y" * (length - 1)), RUNTIME)
