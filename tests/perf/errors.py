"""What can go wrong with a measurement."""

from __future__ import annotations


class BenchError(Exception):
    """A figure could not be taken, because what was measured did not do what it was asked to."""
