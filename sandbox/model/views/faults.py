"""Faults as they go over the control socket."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.model.faults import Setting


class FaultView(msgspec.Struct, frozen=True, kw_only=True):
    """A planned fault; see `sandbox.model.faults.PlannedFault`."""

    id: str
    kind: str
    match: dict[str, str]
    settings: dict[str, Any]
    nth: int
    times: int | None
    probability: float
    seed: int
    matched: int
    struck: int
    spent: bool


class SettingView(msgspec.Struct, frozen=True, kw_only=True):
    """How a fault is adjusted; see `sandbox.model.faults.Setting`."""

    type: str
    default: Any
    about: str
    choices: list[str] = []


class FaultKindView(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of fault.

    Attributes:
        match: facts it is chosen by, each with its meaning.
        refused: why it cannot be injected here; empty where it can.
    """

    kind: str
    about: str
    match: dict[str, str]
    settings: dict[str, SettingView]
    refused: str = ""


def setting_view(setting: Setting) -> SettingView:
    """A setting as it goes over the socket."""
    return SettingView(
        type=setting.kind.__name__,
        default=setting.default,
        about=setting.about,
        choices=list(setting.choices),
    )
