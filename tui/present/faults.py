"""Planned faults as rows, kinds as choices, and the words of the command line as a plan."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from sandbox.errors import SandboxError
from sandbox.model.faults import planned_fault
from sandbox.model.faultwords import struck, when, where
from sandbox.model.views.faults import FaultKindView, FaultView
from tui.action import Action
from tui.present.cells import Cell, Line, Tone, text, wrap
from tui.present.numbers import count
from tui.present.table import Column, Scene, Table

_NUMBERS: dict[str, type[int] | type[float]] = {
    "nth": int,
    "times": int,
    "seed": int,
    "probability": float,
}
_LABEL = 10


def _cells(fault: FaultView, scene: Scene) -> Sequence[Cell]:
    del scene
    tone = Tone.IDLE if fault.spent else Tone.WARN if fault.struck else Tone.PLAIN
    return (
        text(fault.id, Tone.DIM),
        text(fault.kind, Tone.STRONG),
        text(where(fault)),
        text(when(fault), Tone.DIM),
        text(count(fault.matched), Tone.DIM),
        text(struck(fault), tone),
    )


FAULT_TABLE: Table[FaultView] = Table(
    columns=(
        Column("ID", 8, rank=2),
        Column("FAULT", 17),
        Column("WHERE", 16, flex=3),
        Column("WHEN", 12, flex=1, rank=1),
        Column("MET", 5, right=True, rank=3),
        Column("STRUCK", 10),
    ),
    cells=_cells,
    key=lambda fault: fault.id,
    find=lambda fault: f"{fault.id} {fault.kind} {where(fault)}",
    timeless=True,
)


def kind_words(kind: FaultKindView) -> str:
    """A kind as something to choose."""
    return f"{kind.kind}: {f'not here: {kind.refused}' if kind.refused else kind.about}"


def how_to_plan(kind: FaultKindView) -> str:
    """What a kind is chosen by and adjusted with, as options of the command."""
    lines = [
        f"{kind.about}.",
        f"By {' '.join(f'--{name} NAME' for name in kind.match)}; names may have *.",
        "When: --nth N --times N --always --probability P --seed N.",
    ]
    for name, setting in kind.settings.items():
        lines.append(
            f"--set {name}={'|'.join(setting.choices) or setting.type} (default {setting.default!r})"
        )
    return "\n".join(lines)


def read_plan(kind: str, words: str) -> dict[str, Any]:
    """The parameters of `fault_add` that the options of `sandbox faults add KIND` mean.

    Raises:
        ValueError: they cannot be read; it says why.
        SandboxError: there is no such match or setting, or a value cannot be.
    """
    plan: dict[str, Any] = {"match": {}, "settings": {}, "times": 1}
    seen: set[str] = set()
    for name, value in _options(words):
        seen.add(name)
        if name == "always":
            plan["times"] = None
        elif name == "set":
            setting, equals, wanted = value.partition("=")
            if not equals:
                raise ValueError(f"--set {value} sets nothing: write --set NAME=VALUE")
            plan["settings"][setting] = wanted
        elif name in _NUMBERS:
            plan[name] = _number(name, value)
        else:
            plan["match"][name] = value
    if {"always", "times"} <= seen:
        raise ValueError("--always and --times exclude each other: one has no end")
    planned_fault("", kind, **plan)
    return {"kind": kind, **plan}


def why_no_plan(kind: str, words: str) -> str:
    """Why options cannot be taken; empty when they can."""
    try:
        read_plan(kind, words)
    except SandboxError as error:
        return f"{error.what}: {error.why}"
    except ValueError as error:
        return str(error)
    return ""


def _options(words: str) -> Iterator[tuple[str, str]]:
    """Each option with its value, `--name value` or `--name=value`."""
    pieces = iter(shlex.split(words))
    for piece in pieces:
        if not piece.startswith("--"):
            raise ValueError(f"{piece} belongs to no option: write --queue {piece}, or quote what has spaces")
        name, equals, value = piece[2:].partition("=")
        if name != "always" and not equals:
            found = next(pieces, None)
            if found is None:
                raise ValueError(f"--{name} needs a value")
            value = found
        yield name, value


def _number(name: str, value: str) -> float:
    try:
        return _NUMBERS[name](value)
    except ValueError:
        raise ValueError(f"--{name} is a number, not {value}") from None


def key_lines(actions: Sequence[Action], width: int) -> list[Line]:
    """The keys of the list, each with the command that does the same."""
    lines: list[Line] = []
    for action in actions:
        words = (
            (f"{action.shown:>3}  ", Tone.ACCENT),
            (f"{action.label:<{_LABEL}}", Tone.STRONG),
            *text(f"$ {action.twin}", Tone.DIM),
        )
        lines += wrap(words, width, indent=5 + _LABEL)
    return [*lines, *wrap(text("Esc  Close", Tone.DIM), width)]
