"""Whatever has the shape of an input gets an answer of AWS: no operation ever fails in a way of its own."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.sqs.harness import World, arn
from tests.support.shapes import answered, inputs, operations


@pytest.mark.parametrize("operation", operations("sqs"))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_input_breaks_sqs(operation: str, data: st.DataObject) -> None:
    with World() as world:
        url, dead = world.with_dead_letters(1)
        world.send(url, "à espera")
        (message,) = world.receive(url)
        fifo = world.queue("vendas.fifo", FifoQueue="true")
        world.send(fifo, "à espera", MessageGroupId="g", MessageDeduplicationId="d")
        known = {
            "QueueUrl": st.sampled_from([url, dead, fifo]),
            "QueueName": st.sampled_from(["reserva", "nova", "nova.fifo"]),
            "ReceiptHandle": st.just(message["ReceiptHandle"]),
            "Id": st.sampled_from(["a", "b"]),
            "SourceArn": st.just(str(arn("reserva-dlq"))),
            "MessageGroupId": st.just("g"),
            "MessageDeduplicationId": st.sampled_from(["d", "e"]),
            "MessageBody": st.just("corpo"),
        }
        only = {"WaitTimeSeconds": st.sampled_from([0, -1, 21])}
        answered("sqs", operation, data.draw(inputs("sqs", operation, known, only)), world.call)
