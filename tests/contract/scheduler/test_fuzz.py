"""Whatever has the shape of an input gets an answer of AWS: no operation ever fails in a way of its own."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.scheduler.harness import ROLE, World, target
from tests.support.shapes import answered, inputs, operations


@pytest.mark.parametrize("operation", operations("scheduler"))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_input_breaks_the_scheduler(operation: str, data: st.DataObject) -> None:
    with World() as world:
        world.create(StartDate=world.clock.now() + 60)
        world.call("CreateScheduleGroup", Name="g")
        known = {
            "Name": st.sampled_from(["agenda", "nova", "g"]),
            "GroupName": st.sampled_from(["default", "g", "x"]),
            "ResourceArn": st.just("arn:aws:scheduler:us-east-1:000000000000:schedule-group/g"),
            "ScheduleExpression": st.sampled_from(
                ["rate(1 day)", "cron(0 8 ? * 2#5 *)", "at(9999-12-31T23:59:59)"]
            ),
            "ScheduleExpressionTimezone": st.sampled_from(["UTC", "America/Sao_Paulo", "Lua"]),
            "Arn": st.sampled_from([target()["Arn"], "arn:aws:scheduler:::aws-sdk:sqs:sendMessage"]),
            "RoleArn": st.just(ROLE),
            "Mode": st.sampled_from(["OFF", "FLEXIBLE"]),
        }
        answered("scheduler", operation, data.draw(inputs("scheduler", operation, known)), world.call)
