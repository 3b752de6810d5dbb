"""Invocations that end as they were told to, whatever their handler does."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.model.ports import Doom, Outcome

if TYPE_CHECKING:
    from tests.contract.runtime.conftest import Lab

SOURCE = """
    from pathlib import Path

    def handler(event, context):
        with (Path(__file__).parent / "marks").open("a") as file:
            file.write("done ")
        return "fine"
"""


def run(lab: Lab, doom: Doom) -> tuple[Outcome, Outcome, int]:
    """A doomed invocation, one after it, and how many of them did their work."""
    spec = lab.function(SOURCE)

    async def go() -> tuple[Outcome, Outcome]:
        async with lab.runtime() as runtime:
            doomed = await runtime.run(spec, lab.request(doom=doom))
            return doomed, await runtime.run(spec, lab.request())

    doomed, after = asyncio.run(go())
    return doomed, after, len((Path(spec.code) / "marks").read_text().split())


@pytest.mark.parametrize(("at", "done"), [("start", 1), ("end", 2)])
def test_a_killed_invocation_did_nothing_or_all(lab: Lab, at: str, done: int) -> None:
    killed, after, worked = run(lab, Doom("crash", at))
    assert (killed.kind, killed.error) == ("crash", "Unhandled")
    assert json.loads(killed.payload)["errorType"] == "Runtime.ExitError"
    assert "signal: killed" in json.loads(killed.payload)["errorMessage"]
    assert worked == done
    assert (after.kind, after.init_ms is not None) == ("ok", True), "its environment is gone"


@pytest.mark.parametrize("at", ["start", "end"])
def test_a_timeout_is_told_as_one_and_nobody_waits_for_it(lab: Lab, at: str) -> None:
    timed_out, after, _ = run(lab, Doom("timeout", at))
    assert (timed_out.kind, timed_out.duration_ms) == ("timeout", 3000.0)
    assert "Task timed out after 3.00 seconds" in json.loads(timed_out.payload)["errorMessage"]
    assert after.kind == "ok"
