"""Values of parameters that a command gave, to the systems they are for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sandbox.deploy.suggest import did_you_mean
from sandbox.deploy.system import System
from sandbox.errors import UsageError


def with_given(systems: Sequence[System], given: Mapping[str, str]) -> list[System]:
    """The systems with the values that a command gave.

    Args:
        given: by the parameter's name, for all of them, or `SYSTEM.NAME`, for one.

    Raises:
        UsageError: a system is named that the command does not deploy.
    """
    names = [system.name for system in systems]
    for place in given:
        system, dot, name = place.rpartition(".")
        if dot and system not in names:
            raise UsageError(
                f"no system {system or repr('')} is deployed now",
                f"{place} gives a value to a system; there are {', '.join(names) or 'none'}."
                + did_you_mean(system, names),
                f"correct the system's name, or leave it away: --parameter {name}=…",
            )
    return [replace(system, given={**system.given, **_of(system.name, given)}) for system in systems]


def _of(system: str, given: Mapping[str, str]) -> dict[str, str]:
    """What is for one system; what names it goes before what is for all."""
    prefix = f"{system}."
    every = {place: value for place, value in given.items() if "." not in place}
    own = {place.removeprefix(prefix): given[place] for place in given if place.startswith(prefix)}
    return every | own
