"""What the control socket offers: one module for each thing asked about, one method for each ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.control.server import Method
from sandbox.session.methods.accounts import Accounts
from sandbox.session.methods.archives import Archives
from sandbox.session.methods.buses import Buses
from sandbox.session.methods.data import Data
from sandbox.session.methods.desk import Desk
from sandbox.session.methods.failures import Failures
from sandbox.session.methods.faults import Faults
from sandbox.session.methods.flows import Flows
from sandbox.session.methods.functions import Functions
from sandbox.session.methods.lifecycle import Lifecycle
from sandbox.session.methods.lints import Lints
from sandbox.session.methods.overview import Overview
from sandbox.session.methods.sagas import Sagas
from sandbox.session.methods.snapshots import Snapshots
from sandbox.session.methods.testing import Testing
from sandbox.session.methods.time import Time
from sandbox.session.methods.tokens import Tokens

if TYPE_CHECKING:
    from sandbox.session.session import Session

_GROUPS = (
    Lifecycle, Functions, Time, Flows, Sagas, Lints, Testing, Accounts, Faults, Desk, Buses, Archives,
    Overview, Data, Snapshots, Tokens, Failures,
)  # fmt: skip


def method_table(session: Session) -> dict[str, Method]:
    """Every control method of a session by its name."""
    table: dict[str, Method] = {}
    for group in _GROUPS:
        table |= group(session).table()
    return table
