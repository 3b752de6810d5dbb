"""Planned faults in words, as the command line and the dashboard say them."""

from __future__ import annotations

from sandbox.model.views.faults import FaultView


def where(fault: FaultView) -> str:
    """What it is chosen by."""
    return " ".join(f"{name}={value}" for name, value in fault.match.items()) or "anywhere"


def when(fault: FaultView) -> str:
    """At which matches, and how often."""
    words = ["always" if fault.times is None else "once" if fault.times == 1 else f"{fault.times} times"]
    if fault.nth > 1:
        words.append(f"from match {fault.nth} on")
    if fault.probability < 1:
        words.append(f"with probability {fault.probability:g} (seed {fault.seed})")
    return " ".join(words)


def struck(fault: FaultView) -> str:
    """How often it struck, and whether it is over."""
    return f"{fault.struck}{', spent' if fault.spent else ''}"
