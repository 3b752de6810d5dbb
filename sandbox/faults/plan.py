"""Which faults are planned, and which of them is due: kept in the store, over restarts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from sandbox.errors import UsageError
from sandbox.model.faults import PlannedFault, planned_fault
from sandbox.model.hops import HopKind
from sandbox.model.ids import Ids
from sandbox.model.ports import Fault, Recorder
from sandbox.model.scope import Scope
from sandbox.store.database import Database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS faults_planned (place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    document BLOB NOT NULL);
"""


class FaultPlan:
    """Implements the port `FaultPoint`.

    Args:
        database: where the plan is kept.
        recorder: every strike is a hop.
        ids: names the faults.
    """

    def __init__(self, database: Database, recorder: Recorder, ids: Ids) -> None:
        self._database = database
        self._recorder = recorder
        self._ids = ids
        self._planned: dict[str, PlannedFault] = {}
        self._awake: frozenset[str] = frozenset()
        self._watchers: list[Callable[[Sequence[PlannedFault]], None]] = []
        database.define(_SCHEMA)
        self.load()

    def load(self) -> None:
        """Takes the plan from the store, after a start or when the state was replaced."""
        rows = self._database.rows("SELECT document FROM faults_planned ORDER BY place")
        found = [msgspec.json.decode(row["document"], type=PlannedFault) for row in rows]
        self._planned = {fault.id: fault for fault in found}
        self._changed()

    # --- planning ----------------------------------------------------------------------------------------
    def add(
        self, kind: str, match: Mapping[str, str], settings: Mapping[str, Any], **when: Any
    ) -> PlannedFault:
        """Plans a fault.

        Args:
            when: `nth`, `times`, `probability` and `seed`; see `PlannedFault`.

        Raises:
            UsageError: it is not one that can be.
        """
        fault = planned_fault(self._ids.hex(8), kind, match=match, settings=settings, **when)
        self._database.execute(
            "INSERT INTO faults_planned (id, document) VALUES (?, ?)", (fault.id, msgspec.json.encode(fault))
        )
        self._planned[fault.id] = fault
        self._changed()
        return fault

    def all(self) -> list[PlannedFault]:
        """Every fault in the order of planning, those that are spent too."""
        return list(self._planned.values())

    def remove(self, ids: Sequence[str]) -> None:
        """Takes faults out of the plan.

        Raises:
            UsageError: one is not in it; none was removed.
        """
        for identity in ids:
            if identity not in self._planned:
                raise UsageError(
                    f"no fault {identity} is planned",
                    f"planned are: {', '.join(self._planned) or 'none'}",
                    "`sandbox faults ls` lists them",
                )
        for identity in ids:
            self._database.execute("DELETE FROM faults_planned WHERE id = ?", (identity,))
            self._planned.pop(identity, None)
        self._changed()

    def clear(self, account: str | None = None) -> int:
        """Takes every fault out of the plan, or those of one account; returns how many there were."""
        chosen = [one.id for one in self.all() if account is None or one.match.get("account") == account]
        self.remove(chosen)
        return len(chosen)

    # --- the port ----------------------------------------------------------------------------------------
    def watch(self, told: Callable[[Sequence[PlannedFault]], None]) -> None:
        """Tells of the plan, now and whenever it is changed; see `FaultPoint.watch`."""
        self._watchers.append(told)
        told(self.all())

    def planned(self, *kinds: str) -> bool:
        """Whether a fault of one of the kinds can strike; see `FaultPoint.planned`."""
        return not self._awake.isdisjoint(kinds)

    def check(
        self, kind: str, scope: Scope, *, service: str, cause: int | None = None, **facts: str
    ) -> Fault | None:
        """The fault to inject, recorded already; see `FaultPoint.check`."""
        if kind not in self._awake:
            return None
        known = {**facts, "service": service, "account": scope.account}
        for fault in self.all():
            if fault.kind != kind or fault.spent or not fault.concerns(known):
                continue
            met = fault.met()
            self._keep(met)
            if met.struck > fault.struck:
                return Fault(
                    kind, met.settings, self._record(met, scope, service, cause, facts), met.random()
                )
        return None

    # --- inside ------------------------------------------------------------------------------------------
    def _keep(self, fault: PlannedFault) -> None:
        self._database.execute(
            "UPDATE faults_planned SET document = ? WHERE id = ?", (msgspec.json.encode(fault), fault.id)
        )
        self._planned[fault.id] = fault
        if fault.spent:
            self._sort()

    def _changed(self) -> None:
        self._sort()
        for told in self._watchers:
            told(self.all())

    def _sort(self) -> None:
        self._awake = frozenset(fault.kind.value for fault in self._planned.values() if not fault.spent)

    def _record(
        self,
        fault: PlannedFault,
        scope: Scope,
        service: str,
        cause: int | None,
        facts: Mapping[str, str],
    ) -> int:
        return self._recorder.record(
            HopKind.FAULT_INJECTED,
            scope,
            service,
            cause=cause,
            operation=fault.kind.value,
            resource=next((facts[name] for name in _RESOURCES if facts.get(name)), ""),
            function=facts.get("function", ""),
            detail={
                "fault": fault.id,
                "strike": fault.struck,
                "settings": fault.settings,
                "facts": dict(facts),
            },
        )


#: Facts that say where a fault struck, the most telling first.
_RESOURCES = ("queue", "target", "resource", "function", "operation")
