"""Entries that fail and targets that do not take events, because a fault says so."""

from __future__ import annotations

from typing import Any

from sandbox.model.hops import HopKind
from tests.contract.events.harness import World, arn


def plan(world: World, *args: Any, **when: Any) -> None:
    async def add() -> None:
        world.faults.add(*args, **when)

    world.run(add)


def test_chosen_entries_fail_and_the_others_do_not(world: World) -> None:
    world.rule()
    plan(world, "fail-entries", {"event": "Criada"}, {"code": "ThrottlingException"}, nth=2)
    kinds = ("Criada", "Outra", "Criada", "Criada")
    entries = [{"Source": "nfe", "DetailType": kind, "Detail": "{}"} for kind in kinds]
    answer = world.call("PutEvents", Entries=entries)
    assert answer["FailedEntryCount"] == 1
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    assert codes == [None, None, "ThrottlingException", None]
    assert answer["Entries"][2]["ErrorMessage"] == "Injected fault"
    assert len(world.targets.to("fila")) == 3
    (fault,) = world.hops.of(HopKind.FAULT_INJECTED)
    assert fault.resource.endswith("event-bus/default")


def test_a_target_that_does_not_take_an_event_gets_it_later(world: World) -> None:
    world.rule()
    plan(world, "fail-delivery", {"target": "fila", "rule": "regra", "event": "Nota"}, {}, times=2)
    world.put()
    assert world.targets.to("fila") == []
    world.advance(3)
    assert len(world.targets.to("fila")) == 1
    failed = world.hops.of(HopKind.DELIVERY_FAILED)
    assert [fault.cause for fault in world.hops.of(HopKind.FAULT_INJECTED)] == [hop.id for hop in failed]


def test_what_cannot_get_better_is_dead_lettered(world: World) -> None:
    world.rule(DeadLetterConfig={"Arn": arn("mortas")})
    plan(world, "fail-delivery", {}, {"code": "AccessDeniedException", "status": 403})
    world.put()
    (dead,) = world.targets.to("mortas")
    assert dead.attributes["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
