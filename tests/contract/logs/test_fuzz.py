"""Whatever has the shape of an input gets an answer of AWS: no operation ever fails in a way of its own."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.services.logs.service import LogsService
from tests.contract.lambda_.fakes import KeptDeliveries
from tests.contract.logs.fakes import KeptMetrics
from tests.support.shapes import answered, inputs
from tests.support.world import HERE, START, World

GROUP = "/aws/lambda/estoque"
ARN = f"arn:aws:logs:us-east-1:000000000000:log-group:{GROUP}"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:alarme"


@pytest.mark.parametrize("operation", sorted(LogsService.operations))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_input_breaks_logs(operation: str, data: st.DataObject) -> None:
    with World(lambda kit: LogsService(kit, KeptDeliveries(), KeptMetrics())) as world:
        world.do(lambda: world.service.write(HERE, GROUP, "s", [(START, '{"a": 1}'), (START, "x y")]))
        known = {
            "logGroupName": st.sampled_from([GROUP, "novo"]),
            "logGroupIdentifier": st.sampled_from([GROUP, ARN]),
            "logStreamName": st.sampled_from(["s", "novo"]),
            "resourceArn": st.just(ARN),
            "filterPattern": st.sampled_from(["{ $.a = 1 }", "[a, b]", "%x%", '"x y"']),
            "destinationArn": st.sampled_from([FUNCTION, "arn:aws:kinesis:us-east-1:000000000000:stream/x"]),
            "filterName": st.just("f"),
            "metricValue": st.sampled_from(["1", "$.a", "$a"]),
            "metricName": st.just("m"),
            "metricNamespace": st.just("n"),
            "timestamp": st.just(int(START * 1000)),
            "retentionInDays": st.sampled_from([1, 14, 2]),
            "nextToken": st.sampled_from(["f/" + "0" * 56, "b/" + "9" * 56, "0/0", "s"]),
            "policyDocument": st.just('{"Statement": []}'),
        }
        answered("logs", operation, data.draw(inputs("logs", operation, known)), world.call)
