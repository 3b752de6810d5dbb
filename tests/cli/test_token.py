"""`sandbox token` prints the token and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from sandbox.control.server import Method
from tests.cli.harness import Cli


async def token(sub: str, scopes: list[str], audiences: list[str], ttl: float) -> dict[str, Any]:
    made = ".".join([sub, *scopes, *audiences, str(ttl)])
    return {
        "token": made,
        "issuer": "http://127.0.0.1:4566/_sandbox/issuer",
        "audience": audiences,
        "ttl": ttl,
    }


@pytest.fixture
def methods() -> Mapping[str, Method]:
    return {"token": token}


def test_only_the_token_is_printed(running: Cli) -> None:
    said = running.here("token", "--sub", "ana", "--scope", "a:read", "--scope", "a:write")
    assert (said.code, said.out, said.err) == (0, "ana.a:read.a:write.3600.0\n", "")


def test_audiences_and_a_lifetime(running: Cli) -> None:
    said = running.here(
        "token", "--sub", "ana", "--audience", "a", "--audience", "b", "--ttl", "90s", "--json"
    )
    made = json.loads(said.out)
    assert (made["audience"], made["ttl"]) == (["a", "b"], 90.0)


@pytest.mark.parametrize(
    ("words", "says"), [((), "--sub"), (("--sub", "ana", "--ttl", "logo"), "write --ttl 1h")]
)
def test_what_it_needs(running: Cli, words: tuple[str, ...], says: str) -> None:
    said = running.here("token", *words)
    assert said.code != 0
    assert (said.out, says in said.err) == ("", True)
