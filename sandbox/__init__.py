"""A full local AWS for event-driven systems, in one command, that shows and tests the flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.testing import run

__all__ = ["run"]


def __getattr__(name: str) -> Any:
    """Loads what is named when it is first used: importing the package itself costs nothing."""
    if name == "run":
        from sandbox.testing import run

        return run
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
