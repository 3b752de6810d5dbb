"""Whatever has the shape of an input gets an answer of AWS: no operation ever fails in a way of its own."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.events.harness import START, World, arn
from tests.support.shapes import answered, inputs, operations

BUS = "arn:aws:events:us-east-1:000000000000:event-bus/default"


@pytest.mark.parametrize("operation", operations("events"))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_input_breaks_eventbridge(operation: str, data: st.DataObject) -> None:
    with World() as world:
        rule = world.rule()
        world.call("CreateArchive", ArchiveName="arquivo", EventSourceArn=BUS)
        world.put()
        known = {
            "Rule": st.just("regra"),
            "Name": st.sampled_from(["regra", "nova", "default"]),
            "EventBusName": st.sampled_from(["default", BUS, "nenhum"]),
            "ArchiveName": st.sampled_from(["arquivo", "novo"]),
            "EventSourceArn": st.sampled_from([BUS, "arn:aws:events:us-east-1:000000000000:archive/arquivo"]),
            "ResourceARN": st.sampled_from([BUS, rule]),
            "EventPattern": st.sampled_from(['{"source": ["nfe"]}', '{"a": [{"numeric": [">", 1]}]}', "{}"]),
            "ScheduleExpression": st.sampled_from(["rate(1 day)", "cron(0 8 * * ? *)"]),
            "Arn": st.sampled_from([arn("fila"), BUS, "arn:aws:lambda:us-east-1:000000000000:function:f"]),
            "Detail": st.sampled_from(["{}", '{"n": 1e400}', '{"a": [[{}]]}']),
            "Time": st.sampled_from([START, -1e12, 1e15]),
            "InputTemplate": st.sampled_from(['"<a>"', '{"a": <aws.events.event>}', "<"]),
            "InputPathsMap": st.just({"a": "$.detail.n"}),
        }
        params = data.draw(inputs("events", operation, known))
        answered("events", operation, params, world.call)
        world.put(Detail='{"n": [1, {"a": null}]}')
