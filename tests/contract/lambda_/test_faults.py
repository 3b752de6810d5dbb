"""Invocations that are doomed, start cold, or come in smaller batches, because a fault says so."""

from __future__ import annotations

from typing import Any

from sandbox.model.hops import HopKind
from sandbox.model.ports import Doom
from tests.contract.lambda_.harness import World, arn, bodies


def plan(world: World, *args: Any, **when: Any) -> None:
    async def add() -> None:
        world.faults.add(*args, **when)

    world.run(add)


def test_the_runtime_is_told_how_an_invocation_ends(world: World) -> None:
    world.function()
    plan(world, "kill", {"function": "estoque"}, {"at": "end"}, nth=2)
    plan(world, "timeout", {"function": "outra"}, {})
    for _ in range(3):
        world.invoke()
    dooms = [request.doom for _, request in world.executor.requests]
    assert dooms == [None, Doom("crash", "end"), None]
    (fault,) = world.hops.of(HopKind.FAULT_INJECTED)
    assert (fault.operation, fault.function) == ("kill", str(arn()))
    assert fault.cause == world.hops.of(HopKind.INVOKE_START)[1].id


def test_a_cold_start_ends_what_is_warm(world: World) -> None:
    world.function()
    plan(world, "cold-start", {"function": "estoque"}, {})
    world.invoke()
    world.invoke()
    assert world.executor.retired == [str(arn())]


def test_a_batch_comes_in_parts_and_every_message_is_settled(world: World) -> None:
    world.function()
    queue = world.queue()
    plan(world, "split", {"queue": queue.resource, "function": "estoque"}, {"size": 2})
    world.send(queue, "a", "b", "c", "d", "e")
    world.mapping(queue)
    assert [bodies(event) for event in world.executor.events] == [["a", "b"], ["c", "d"], ["e"]]
    assert world.queues.left(queue) == []


def test_a_message_that_is_alone_cannot_be_split(world: World) -> None:
    world.function()
    queue = world.queue()
    plan(world, "split", {}, {})
    world.mapping(queue)
    world.send(queue, "a")
    assert world.hops.of(HopKind.FAULT_INJECTED) == []
