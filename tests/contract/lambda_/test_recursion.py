"""Loops: a function that runs too often in one chain of requests is stopped."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.model.hops import HopKind
from sandbox.model.lambda_trace import RECURSIONS, visited, visits, without_lineage
from tests.contract.lambda_.harness import World, arn

QUEUE = "arn:aws:sqs:us-east-1:000000000000:mortas"
ROOT = "Root=1-6553f100-000000000000000000000001;Parent=0000000000000001;Sampled=1"
STOPPED = "Lambda has detected your function being invoked in a recursive loop"


def looped(times: int = RECURSIONS) -> str:
    trace = ROOT
    for _ in range(times):
        trace = visited(trace, str(arn()))
    return trace


def test_the_lineage_counts_the_runs_of_each_function() -> None:
    trace = visited(visited(looped(2), str(arn("outra"))), str(arn()))
    assert (visits(trace, str(arn())), visits(trace, str(arn("outra")))) == (3, 1)
    assert without_lineage(trace) == ROOT
    assert visits("Root=x;Lineage=a|b:|:1|c:-1", str(arn())) == 0


def test_each_run_is_counted_in_the_trace_that_goes_on(world: World) -> None:
    world.function()
    world.call("Invoke", trace=looped(3), FunctionName="estoque")
    ((_, request),) = world.executor.requests
    assert visits(request.trace, str(arn())) == 4


def test_a_synchronous_invocation_is_refused(world: World) -> None:
    world.function()
    with pytest.raises(Exception, match=STOPPED) as caught:
        world.call("Invoke", trace=looped(), FunctionName="estoque")
    assert getattr(caught.value, "code", "") == "RecursiveInvocationException"
    assert world.executor.requests == []
    (refused,) = world.hops.of(HopKind.DELIVERY_FAILED)
    assert STOPPED in refused.error


def test_an_event_goes_to_the_dead_letter_queue(world: World) -> None:
    world.function(DeadLetterConfig={"TargetArn": QUEUE})
    world.call("Invoke", trace=looped(), FunctionName="estoque", InvocationType="Event", Payload=b"{}")
    assert [str(delivery.target) for delivery in world.targets.deliveries] == [QUEUE]
    assert world.executor.requests == []


def test_messages_stay_in_their_queue(world: World) -> None:
    world.function()
    queue = world.queue()
    world.mapping(queue)
    world.send(queue, "a", trace=looped())
    assert world.executor.requests == []
    assert world.queues.left(queue) == ["a"]
    world.send(queue, "b", trace=looped(RECURSIONS - 1))
    assert len(world.executor.requests) == 1


def test_a_function_may_be_let_run_on(world: World) -> None:
    world.function()
    where: dict[str, Any] = {"FunctionName": "estoque"}
    assert world.call("GetFunctionRecursionConfig", **where) == {"RecursiveLoop": "Terminate"}
    world.call("PutFunctionRecursionConfig", **where, RecursiveLoop="Allow")
    assert world.call("GetFunctionRecursionConfig", **where) == {"RecursiveLoop": "Allow"}
    assert world.call("Invoke", trace=looped(), **where)["StatusCode"] == 200
    wrong = world.refused("PutFunctionRecursionConfig", **where, RecursiveLoop="x")
    assert wrong.code == "ValidationException"
