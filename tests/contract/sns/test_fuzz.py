"""Whatever has the shape of an input gets an answer of AWS: no operation ever fails in a way of its own."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.sns.harness import World, function, queue
from tests.support.shapes import answered, inputs, operations


@pytest.mark.parametrize("operation", operations("sns"))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_input_breaks_sns(operation: str, data: st.DataObject) -> None:
    with World() as world:
        notas, ordered = world.topic(), world.topic("notas.fifo")
        subscription = world.subscribe(notas, queue(), FilterPolicy={"loja": ["7"]})
        topics = st.sampled_from([notas, ordered])
        known = {
            "TopicArn": topics,
            "TargetArn": topics,
            "ResourceArn": topics,
            "SubscriptionArn": st.just(subscription),
            "Name": st.sampled_from(["notas", "novo", "novo.fifo"]),
            "Message": st.sampled_from(["olá", '{"default": "olá"}', '{"loja": "7"}']),
            "MessageGroupId": st.just("g"),
            "Protocol": st.sampled_from(["sqs", "lambda", "http", "email"]),
            "Endpoint": st.sampled_from([str(queue("b")), str(function()), "http://127.0.0.1:1/a"]),
            "AttributeName": st.sampled_from(["FilterPolicy", "DeliveryPolicy", "RedrivePolicy", "Policy"]),
            "AttributeValue": st.sampled_from(['{"a": [{"exists": true}]}', '{"http": 1}', "[]", "1"]),
            "Label": st.just("rótulo"),
            "Id": st.sampled_from(["a", "b"]),
        }
        answered("sns", operation, data.draw(inputs("sns", operation, known)), world.call)
