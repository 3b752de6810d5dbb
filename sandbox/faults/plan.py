"""Which faults are due where."""

from __future__ import annotations

from sandbox.model.ports import Fault


class NoFaults:
    """A plan without faults: what a sandbox runs with unless told otherwise."""

    def check(self, point: str, **match: str) -> Fault | None:
        """No fault is due, at any point."""
        return None
