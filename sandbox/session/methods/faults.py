"""Faults: what can go wrong, what is planned, and what struck."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.control.server import Method
from sandbox.errors import UsageError
from sandbox.model.faults import KINDS, MATCHES, FaultKind, planned_fault
from sandbox.model.views.faults import FaultKindView, FaultView, setting_view
from sandbox.session.faultnames import must_be_known, must_be_python

if TYPE_CHECKING:
    from sandbox.session.session import Session


class Faults:
    """Methods about faults."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def table(self) -> dict[str, Method]:
        """Name of each method -> what answers it."""
        return {
            "fault_kinds": self.fault_kinds,
            "fault_add": self.fault_add,
            "fault_ls": self.fault_ls,
            "fault_rm": self.fault_rm,
            "fault_clear": self.fault_clear,
        }

    async def fault_kinds(self) -> list[FaultKindView]:
        """Every kind of fault, and why the engine cannot inject it, where it cannot."""
        return [
            FaultKindView(
                kind=kind.value,
                about=facts.about,
                match={name: MATCHES[name] for name in facts.match},
                settings={name: setting_view(setting) for name, setting in facts.settings.items()},
                refused=self._session.engine.fault_refusal(kind.value) or "",
            )
            for kind, facts in KINDS.items()
        ]

    async def fault_add(
        self,
        kind: str,
        match: dict[str, str] | None = None,
        settings: dict[str, Any] | None = None,
        nth: int = 1,
        times: int | None = 1,
        probability: float = 1.0,
        seed: int = 0,
    ) -> FaultView:
        """Plans a fault.

        Args:
            times: strikes at most; None without an end.

        Raises:
            UsageError: there is no such fault, this engine cannot inject it, or what it names is not there.
        """
        reason = self._session.engine.fault_refusal(kind)
        if reason is not None:
            raise UsageError(
                f"the engine {self._session.engine.name} cannot inject {kind}",
                reason,
                "use --engine embedded; `sandbox faults kinds` tells what can be injected",
            )
        match, settings = match or {}, settings or {}
        when: dict[str, Any] = {"nth": nth, "times": times, "probability": probability, "seed": seed}
        # What can be told without looking is told first; the plan names and keeps it.
        planned_fault("", kind, match=match, settings=settings, **when)
        await must_be_known(self._session, match)
        if kind == FaultKind.CLOCK_SKEW:
            await must_be_python(self._session, match)
        fault = self._session.faults.add(kind, match, settings, **when)
        await self._session.database.committed()
        return msgspec.convert(fault, FaultView, from_attributes=True)

    async def fault_ls(self) -> list[FaultView]:
        """Every planned fault in the order of planning, with how often it met and struck."""
        return [msgspec.convert(one, FaultView, from_attributes=True) for one in self._session.faults.all()]

    async def fault_rm(self, ids: list[str]) -> None:
        """Takes faults out of the plan.

        Raises:
            UsageError: one is not in it.
        """
        self._session.faults.remove(ids)
        await self._session.database.committed()

    async def fault_clear(self, account: str | None = None) -> int:
        """Takes every fault out of the plan, or those of one account; returns how many there were."""
        count = self._session.faults.clear(account)
        await self._session.database.committed()
        return count
