"""Edits of mounted folders, told to LocalStack before an invocation passes."""

from __future__ import annotations

import asyncio
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.clock import Clock
from sandbox.engines.bindings import LiveBindings
from sandbox.engines.docker.edits import Edits
from sandbox.engines.docker.functions import FunctionCalls
from sandbox.engines.docker.mounts import Mounts
from sandbox.engines.docker.packages import Packages
from sandbox.model.awserror import AwsError
from sandbox.model.http import HttpRequest


class _LocalStack:
    """What it was told; `fails` times it does not answer."""

    def __init__(self) -> None:
        self.told: list[Path] = []
        self.heard = asyncio.Event()
        self.fails = 0

    async def edited(self, folder: Path) -> None:
        await asyncio.sleep(0)
        if self.fails:
            self.fails -= 1
            raise AwsError("ServiceUnavailable", "no answer", status=503)
        self.told.append(folder)
        self.heard.set()


class _Seen(Mounts):
    """A daemon that has every folder."""

    def sees(self, folder: Path) -> bool:
        return True


@pytest.fixture
def localstack() -> _LocalStack:
    return _LocalStack()


@pytest.fixture
def edits(localstack: _LocalStack) -> Edits:
    return Edits(localstack.edited, Clock(0.0, 0.0))


def test_an_edit_is_told_once(localstack: _LocalStack, edits: Edits, code: Path) -> None:
    asyncio.run(edits.check(code))
    asyncio.run(edits.check(code))
    assert localstack.told == []
    (code / "app.py").write_text("x = 22\n")
    asyncio.run(edits.check(code))
    asyncio.run(edits.check(code))
    assert localstack.told == [code]
    (code / "more.py").touch()
    asyncio.run(edits.check(code))
    assert localstack.told == [code, code]


def test_a_folder_is_dear_only_if_every_look_at_it_was(localstack: _LocalStack, code: Path) -> None:
    """The first look may be slow because the disk is cold, or the processor busy with something else."""
    looks = itertools.count(step=0.01)
    edits = Edits(localstack.edited, Clock(0.0, 0.0, monotonic=lambda: next(looks)))
    asyncio.run(edits.check(code))
    (code / "app.py").write_text("x = 22\n")
    asyncio.run(edits.check(code))
    assert localstack.told == [code]
    (code / "app.py").write_text("x = 333\n")
    asyncio.run(edits.check(code))
    assert localstack.told == [code]  # by now each look took 10 ms, and the last one is good for some time


def test_nobody_passes_before_an_edit_is_told(localstack: _LocalStack, edits: Edits, code: Path) -> None:
    async def passes() -> int:
        await edits.check(code)
        return len(localstack.told)

    async def run() -> list[int]:
        await edits.check(code)
        (code / "app.py").write_text("x = 22\n")
        return await asyncio.gather(*(passes() for _ in range(5)))

    assert asyncio.run(run()) == [1] * 5


def test_what_localstack_did_not_hear_is_told_again(
    localstack: _LocalStack, edits: Edits, code: Path
) -> None:
    asyncio.run(edits.check(code))
    (code / "app.py").write_text("x = 22\n")
    localstack.fails = 1
    with pytest.raises(AwsError):
        asyncio.run(edits.check(code))
    asyncio.run(edits.check(code))
    assert localstack.told == [code]


def test_a_folder_that_is_made_anew_is_told_once_it_is_there(
    localstack: _LocalStack, edits: Edits, code: Path
) -> None:
    asyncio.run(edits.check(code))
    (code / "app.py").unlink()
    code.rmdir()
    asyncio.run(edits.check(code))
    assert localstack.told == []
    code.mkdir()
    (code / "app.py").write_text("x = 3\n")
    asyncio.run(edits.check(code))
    assert localstack.told == [code]


def test_an_edit_is_told_though_nobody_calls(localstack: _LocalStack, edits: Edits, code: Path) -> None:
    async def run() -> None:
        await edits.check(code)
        (code / "app.py").write_text("x = 22\n")
        localstack.fails = 1
        edits.start(lambda: {code})
        await asyncio.wait_for(localstack.heard.wait(), 10)
        await edits.stop()

    asyncio.run(run())
    assert localstack.told == [code]


@pytest.mark.parametrize(
    "called", ["f", "f:live", "arn:aws:lambda:us-east-1:000000000000:function:f", "000000000000:function:f:2"]
)
def test_an_invocation_of_a_mounted_function_passes_after_a_look(
    localstack: _LocalStack, edits: Edits, code: Path, tmp_path: Path, called: str
) -> None:
    async def known(name: str) -> dict[str, Any]:
        return {}

    mounts = _Seen(tmp_path / "libraries", "p")
    mounts.root.mkdir()
    bindings = LiveBindings(lambda: "http://172.18.0.1:4566", lambda _: ("postgres", 5432))
    packages = Packages({"XDG_CACHE_HOME": str(tmp_path / "c"), "PATH": ""})
    calls = FunctionCalls(packages, bindings, lambda: "", known, mounts, edits)
    body = {"FunctionName": "f", "Code": {"S3Bucket": "hot-reload", "S3Key": str(code)}}
    created = HttpRequest("POST", "/2015-03-31/functions", body=json.dumps(body).encode())
    asyncio.run(calls.rewritten("CreateFunction", created))
    assert calls.mounted() == {code}
    (code / "app.py").write_text("x = 22\n")
    invoked = HttpRequest("POST", f"/2015-03-31/functions/{called}/invocations", body=b"{}")
    assert asyncio.run(calls.rewritten("Invoke", invoked)) is invoked
    assert localstack.told == [code]
