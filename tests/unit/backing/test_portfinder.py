"""Free ports."""

from __future__ import annotations

import asyncio
import socket

import pytest

from sandbox.backing.portfinder import HOST, free_port, is_free, on_free_port
from sandbox.errors import ServerStartError


def test_a_free_port_is_below_those_of_outgoing_connections() -> None:
    assert all(15000 <= free_port() < 32768 for _ in range(20))


def test_the_preferred_port_is_taken_while_it_is_free() -> None:
    preferred = free_port()
    assert free_port(preferred) == preferred
    with socket.create_server((HOST, preferred)):
        assert not is_free(preferred)
        assert free_port(preferred) != preferred


def test_a_port_that_was_taken_in_between_is_given_up() -> None:
    tried: list[int] = []

    async def start(port: int) -> str:
        tried.append(port)
        if len(tried) == 1:
            raise ServerStartError("it did not start", "bind: Address already in use", "wait")
        return "runs"

    preferred = free_port()
    port, outcome = asyncio.run(on_free_port(start, preferred))
    assert outcome == "runs"
    assert tried[0] == preferred
    assert port == tried[1]
    assert port != preferred


def test_other_failures_are_not_tried_again() -> None:
    tried: list[int] = []

    async def start(port: int) -> None:
        tried.append(port)
        raise ServerStartError("it did not start", "the disk is full", "free some space")

    with pytest.raises(ServerStartError, match="did not start"):
        asyncio.run(on_free_port(start))
    assert len(tried) == 1


def test_a_port_that_is_always_taken_is_an_error() -> None:
    async def start(port: int) -> None:
        raise ServerStartError("it did not start", "Address already in use", "wait")

    with pytest.raises(ServerStartError):
        asyncio.run(on_free_port(start))
