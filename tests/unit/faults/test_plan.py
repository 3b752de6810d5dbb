"""The plan of faults: kept in the store, every strike in the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import UsageError
from sandbox.faults.plan import FaultPlan
from sandbox.model.hops import HopKind
from sandbox.model.ids import Ids
from sandbox.model.scope import Scope
from sandbox.store.database import Database
from tests.support.fakes import KeptHops

QUEUE = "arn:aws:sqs:us-east-1:000000000000:reserva"


def with_plan(work: Callable[[FaultPlan, KeptHops], Any], path: Path | None = None) -> Any:
    """Does something with a plan over a store."""

    async def go() -> Any:
        database = Database(path)
        hops = KeptHops()
        try:
            found = work(FaultPlan(database, hops, Ids(seed=1)), hops)
            await database.committed()
        finally:
            database.close()
        return found

    return asyncio.run(go())


def meet(plan: FaultPlan, **facts: str) -> Any:
    return plan.check("duplicate", Scope(), service="sqs", cause=None, **facts)


def test_a_strike_is_a_hop_that_says_what_and_where() -> None:
    def work(plan: FaultPlan, hops: KeptHops) -> None:
        planned = plan.add("duplicate", {"queue": "reserva"}, {})
        assert meet(plan, queue=f"{QUEUE}-outra") is None
        fault = meet(plan, queue=QUEUE)
        (hop,) = hops.of(HopKind.FAULT_INJECTED)
        assert (hop.id, hop.operation, hop.resource) == (
            fault.hop,
            "duplicate",
            QUEUE,
        )
        assert hop.detail["fault"] == planned.id
        assert meet(plan, queue=QUEUE) is None, "once is what was asked for"

    with_plan(work)


def test_what_is_spent_or_removed_is_not_even_looked_for() -> None:
    def work(plan: FaultPlan, hops: KeptHops) -> None:
        assert not plan.planned("duplicate")
        plan.add("duplicate", {}, {})
        assert plan.planned("kill", "duplicate")
        meet(plan, queue=QUEUE)
        assert not plan.planned("duplicate")
        other = plan.add("duplicate", {}, {}, times=None)
        plan.remove([other.id])
        assert not plan.planned("duplicate")
        assert [(one.struck, one.spent) for one in plan.all()] == [(1, True)]

    with_plan(work)


def test_a_restart_goes_on_with_it(tmp_path: Path) -> None:
    def before(plan: FaultPlan, hops: KeptHops) -> None:
        plan.add("duplicate", {}, {}, nth=2, times=2)
        assert [bool(meet(plan, queue=QUEUE)) for _ in range(2)] == [False, True]

    def after(plan: FaultPlan, hops: KeptHops) -> None:
        assert [bool(meet(plan, queue=QUEUE)) for _ in range(2)] == [True, False]

    with_plan(before, tmp_path / "state.db")
    with_plan(after, tmp_path / "state.db")


def test_removing_is_all_or_nothing() -> None:
    def work(plan: FaultPlan, hops: KeptHops) -> None:
        kept = plan.add("duplicate", {}, {})
        with pytest.raises(UsageError, match="no fault unknown"):
            plan.remove([kept.id, "unknown"])
        assert plan.all() == [kept]

    with_plan(work)


def test_an_account_clears_its_own() -> None:
    def work(plan: FaultPlan, hops: KeptHops) -> None:
        plan.add("duplicate", {"account": "111111111111"}, {})
        kept = plan.add("duplicate", {}, {})
        assert plan.clear("111111111111") == 1
        assert plan.all() == [kept]
        assert plan.clear() == 1

    with_plan(work)
