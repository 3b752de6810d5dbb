"""Planned faults, and what can be planned on an engine that injects all but one kind."""

from __future__ import annotations

from sandbox.model.faults import KINDS, MATCHES, FaultKind
from sandbox.model.views.faults import FaultKindView, FaultView, setting_view

FAULTS = [
    FaultView(
        id="1f3a9c02",
        kind="duplicate",
        match={"queue": "estoque-reserva"},
        settings={"after": 1.0},
        nth=1,
        times=3,
        probability=1.0,
        seed=0,
        matched=4,
        struck=3,
        spent=True,
    ),
    FaultView(
        id="77b0e1d4",
        kind="throttle",
        match={"service": "events", "operation": "PutEvents"},
        settings={},
        nth=2,
        times=None,
        probability=0.2,
        seed=7,
        matched=11,
        struck=2,
        spent=False,
    ),
]

FAULT_KINDS = [
    FaultKindView(
        kind=kind.value,
        about=facts.about,
        match={name: MATCHES[name] for name in facts.match},
        settings={name: setting_view(setting) for name, setting in facts.settings.items()},
        refused="environments are not ours" if kind is FaultKind.CLOCK_SKEW else "",
    )
    for kind, facts in KINDS.items()
]
