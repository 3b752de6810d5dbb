"""Faults of the database: whose connection it is, and what happens to it or to its holder."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress

from sandbox.backing.postgres.door import DatabaseDoor
from sandbox.model.arn import parse_arn
from sandbox.model.faults import PlannedFault, strikes_database
from sandbox.model.ports import Fault, FaultPoint
from sandbox.model.scope import Scope
from sandbox.runtime.environment import Environment
from sandbox.runtime.runtime import LambdaRuntime

_REFUSALS = {
    "53300": "sorry, too many clients already",
    "57P03": "the database system is starting up",
}


class DatabaseFaults:
    """Puts a door before PostgreSQL while a fault may strike there, and decides what happens in it.

    Args:
        faults: the plan.
        runtime: whose execution environment a connection is.
        server: host and port of PostgreSQL.
        renamed: what a database is called on the server, for the function of an ARN.
        changed: called when functions are to be started anew, with another address.
    """

    def __init__(
        self,
        faults: FaultPoint,
        runtime: LambdaRuntime,
        server: Callable[[], tuple[str, int]],
        renamed: Callable[[str, str], str],
        changed: Callable[[], None],
    ) -> None:
        self._faults = faults
        self._runtime = runtime
        self._server = server
        self._changed = changed
        self._armed = False
        self._door = DatabaseDoor(server, self, renamed)
        faults.watch(self._planned)

    def address(self, function: str) -> tuple[str, int]:
        """Host and port of the database for a function; of the server itself for everybody else.

        Functions of other accounts always go through the door: their databases have other names.
        """
        if function and (self._armed or parse_arn(function).account != Scope().account):
            return self._door.address(function)
        return self._server()

    async def close(self) -> None:
        """Closes the door, with the connections that go through; functions then ask for it anew."""
        await self._door.close()
        self._changed()

    # --- what the door asks ------------------------------------------------------------------------------
    def refuses(self, function: str, port: int) -> tuple[str, str] | None:
        """See `Judge.refuses`."""
        fault = self._due("refuse-connection", function, self._holder(function, port))
        if fault is None:
            return None
        code: str = fault.settings["code"]
        return code, _REFUSALS[code]

    def ends(self, function: str, port: int, moment: str) -> bool:
        """See `Judge.ends`."""
        if not self._faults.planned("lose-connection", "kill"):
            return False
        holder = self._holder(function, port)
        if self._due("lose-connection", function, holder, moment):
            return True
        if holder is None or holder.pid is None or not self._due("kill", function, holder, moment):
            return False
        with suppress(ProcessLookupError):
            os.kill(holder.pid, signal.SIGKILL)
        return True

    # --- inside ------------------------------------------------------------------------------------------
    def _holder(self, function: str, port: int) -> Environment | None:
        return self._runtime.connected(function, port)

    def _due(self, kind: str, function: str, holder: Environment | None, moment: str = "") -> Fault | None:
        return self._faults.check(
            kind,
            parse_arn(function).scope,
            service="rds",
            cause=None if holder is None else holder.hop,
            function=function,
            at=moment,
        )

    def _planned(self, faults: Sequence[PlannedFault]) -> None:
        # Also for a fault that is spent: what comes after it is to meet the same execution environment.
        armed = any(strikes_database(fault) for fault in faults)
        if armed != self._armed:
            self._armed = armed
            self._changed()
