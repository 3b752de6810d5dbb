"""The front door's socket."""

from __future__ import annotations

import pytest

from sandbox.errors import PortTakenError, UsageError
from sandbox.session.door import HOST, listen


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
