"""Integration tests on a full local AWS: fresh for every test, with its own clock.

`run` gives a system for the time of a `with` block; `Sandbox` gives one fresh system after another. The
pytest fixtures of `sandbox.pytest_plugin` are made of these. Guide: docs/testing.md.
"""

from __future__ import annotations

from sandbox.model.hops import Hop, HopKind
from sandbox.testing.aws import Aws
from sandbox.testing.clock import Clock
from sandbox.testing.errors import FlowAssertionError, NotSettledError
from sandbox.testing.faults import Faults, PlannedFault
from sandbox.testing.flows import Flow, Flows
from sandbox.testing.queues import Message, Queue
from sandbox.testing.sagas import Sagas
from sandbox.testing.sandbox import Sandbox, run
from sandbox.testing.stack import Stack

__all__ = [
    "Aws",
    "Clock",
    "Faults",
    "Flow",
    "FlowAssertionError",
    "Flows",
    "Hop",
    "HopKind",
    "Message",
    "NotSettledError",
    "PlannedFault",
    "Queue",
    "Sagas",
    "Sandbox",
    "Stack",
    "run",
]
