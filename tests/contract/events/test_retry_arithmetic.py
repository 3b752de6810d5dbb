"""When a delivery that always fails is tried, whatever its retry policy, and why it is given up."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.model.awserror import AwsError
from tests.contract.events.harness import World, arn


def tries(retries: int, age: int) -> tuple[list[int], str]:
    """The seconds at which it is tried, and the condition that ends it."""
    times, delay = [0], 1
    while True:
        if len(times) > retries:
            return times, "MaximumRetryAttempts"
        following = times[-1] + delay
        if following >= age:
            return times, "MaximumEventAgeInSeconds"
        times.append(following)
        delay = min(512, delay * 2)


@settings(max_examples=40, deadline=None)
@given(retries=st.integers(0, 20), age=st.integers(60, 3_000))
def test_a_delivery_that_always_fails(retries: int, age: int) -> None:
    with World() as world:
        policy = {"MaximumRetryAttempts": retries, "MaximumEventAgeInSeconds": age}
        world.targets.errors["fila"] = AwsError("ServiceUnavailable", "fora do ar", status=503)
        world.rule(RetryPolicy=policy, DeadLetterConfig={"Arn": arn("mortas")})
        world.put()
        world.advance(3_001)
        times, ended_by = tries(retries, age)
        assert world.targets.tried[: len(times)] == times
        (letter,) = world.targets.to("mortas")
        attributes = {name: value["StringValue"] for name, value in letter.attributes.items()}
        assert attributes["EXHAUSTED_RETRY_CONDITION"] == ended_by
        assert attributes["RETRY_ATTEMPTS"] == str(len(times) - 1)
        assert len(world.targets.tried) == len(times) + 1
