"""`sandbox faults`: what it asks of the daemon, and what it prints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from sandbox.control.server import Method
from sandbox.model.faults import KINDS, FaultKind, planned_fault
from sandbox.model.views.faults import FaultKindView, FaultView, setting_view
from tests.cli.harness import Cli, golden

ASKED: list[tuple[str, dict[str, Any]]] = []


def view(identity: str, kind: str, **asked: Any) -> FaultView:
    fault = planned_fault(identity, kind, **{"match": {}, "settings": {}, **asked})
    return msgspec.convert(fault, FaultView, from_attributes=True)


async def kinds() -> list[FaultKindView]:
    facts = KINDS[FaultKind.KILL]
    settings = {name: setting_view(setting) for name, setting in facts.settings.items()}
    match = dict.fromkeys(facts.match, "")
    return [FaultKindView(kind="kill", about=facts.about, match=match, settings=settings, refused="because")]


async def add(kind: str, **asked: Any) -> FaultView:
    ASKED.append((kind, asked))
    return view("1f3a9c02", kind, **asked)


async def plan() -> list[FaultView]:
    met = view("1f3a9c02", "duplicate", match={"queue": "estoque-reserva"}, times=3)
    dice = view("9b21d7e4", "throttle", nth=2, times=None, probability=0.25, seed=7)
    return [msgspec.structs.replace(met, matched=4, struck=3, spent=True), dice]


async def remove(ids: list[str]) -> None:
    ASKED.append(("rm", {"ids": ids}))


async def clear() -> int:
    return 2


@pytest.fixture
def methods() -> Mapping[str, Method]:
    async def fault_add(
        kind: str,
        match: dict[str, str],
        settings: dict[str, Any],
        nth: int,
        times: int | None,
        probability: float,
        seed: int,
    ) -> FaultView:
        return await add(
            kind,
            match=match,
            settings=settings,
            nth=nth,
            times=times,
            probability=probability,
            seed=seed,
        )

    ASKED.clear()
    return {
        "fault_kinds": kinds,
        "fault_add": fault_add,
        "fault_ls": plan,
        "fault_rm": remove,
        "fault_clear": clear,
    }


@pytest.mark.parametrize("words", [("ls",), ("kinds",)], ids="-".join)
def test_what_is_printed(running: Cli, words: tuple[str, ...]) -> None:
    said = running.here("faults", *words)
    assert said.code == 0
    golden(f"out-faults-{'-'.join(words)}.txt", said.out)


def test_everything_is_passed_on(running: Cli) -> None:
    said = running.here(
        *("faults", "add", "kill", "--function", "nfe-*", "--nth", "2", "--times", "3"),
        *("--probability", "0.5", "--seed", "7", "--set", "at=end", "--json"),
    )
    assert json.loads(said.out)["id"] == "1f3a9c02"
    when = {"nth": 2, "times": 3, "probability": 0.5, "seed": 7}
    assert [("kill", {"match": {"function": "nfe-*"}, "settings": {"at": "end"}, **when})] == ASKED


def test_once_is_the_default_and_always_has_no_end(running: Cli) -> None:
    once = running.here("faults", "add", "duplicate", "--queue", "a")
    assert once.out == "1f3a9c02: duplicate at queue=a, once\n"
    always = running.here("faults", "add", "duplicate", "--always")
    assert always.out == "1f3a9c02: duplicate anywhere, always\n"
    assert [asked["times"] for _, asked in ASKED] == [1, None]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--always", "--times", "2"), "--always and --times exclude each other"),
        (("--set", "at"), "it has no ="),
    ],
)
def test_what_makes_no_sense_is_refused(running: Cli, words: tuple[str, ...], told: str) -> None:
    said = running.here("faults", "add", "kill", *words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert ASKED == []


def test_faults_are_taken_back(running: Cli) -> None:
    assert json.loads(running.here("faults", "rm", "1f3a9c02", "--json").out) == {"removed": ["1f3a9c02"]}
    assert ASKED == [("rm", {"ids": ["1f3a9c02"]})]
    assert running.here("faults", "clear").out == "2 faults removed\n"
    assert json.loads(running.here("faults", "clear", "--json").out) == {"removed": 2}
