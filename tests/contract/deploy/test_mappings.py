"""Event source mappings are deleted by and by: the deployer goes on once they are gone."""

from __future__ import annotations

import pytest

from sandbox.deploy.errors import DeployError
from tests.contract.deploy.harness import Bench
from tests.contract.deploy.typecases.base import QUEUE_ARN

_TEMPLATE = """
    Resources:
      Fila: {Type: AWS::SQS::Queue, Properties: {QueueName: fila}}
      Cozinha:
        Type: AWS::Lambda::EventSourceMapping
        DependsOn: Fila
        Properties: {FunctionName: %s, EventSourceArn: "%s", MaximumBatchingWindowInSeconds: %d}
"""
_MAPPED = _TEMPLATE % ("cozinha", QUEUE_ARN, 0)


def test_a_stack_is_made_again_once_its_mapping_is_gone(bench: Bench) -> None:
    bench.aws.ending = 5
    bench.deploy(_MAPPED)
    bench.delete()
    assert len(bench.paused) == 5
    assert bench.aws.things == {}
    assert bench.deploy(_MAPPED).status == "deployed"


def test_what_a_mapping_reads_goes_after_it_is_gone(bench: Bench) -> None:
    bench.aws.ending = 2
    bench.deploy(_MAPPED)
    bench.delete()
    called = [operation for _, operation, _ in bench.aws.calls if operation != "GetQueueUrl"]
    assert called[called.index("DeleteEventSourceMapping") :] == [
        "DeleteEventSourceMapping",
        *["GetEventSourceMapping"] * 3,
        "DeleteQueue",
    ]


def test_a_replaced_mapping_is_waited_for(bench: Bench) -> None:
    bench.aws.ending = 3
    bench.deploy(_MAPPED)
    bench.deploy(_TEMPLATE % ("cozinha", f"{QUEUE_ARN}-outra", 0))
    assert bench.actions() == [("replace", "Cozinha"), ("delete", "Cozinha")]
    assert len(bench.paused) == 3
    assert len(bench.aws.names("mapping")) == 1


@pytest.mark.parametrize(("window", "seconds"), [(0, 120), (300, 420)])
def test_a_mapping_that_does_not_end_is_told_with_what_to_do(bench: Bench, window: int, seconds: int) -> None:
    """Its poller may be in a batching window, and after it in a batch."""
    bench.aws.ending = 10_000
    bench.deploy(_TEMPLATE % ("cozinha", QUEUE_ARN, window))
    with pytest.raises(DeployError, match="could not be deleted") as caught:
        bench.delete()
    assert sum(bench.paused) == pytest.approx(seconds, abs=1)
    assert f"is still being deleted after {seconds} s" in caught.value.why
    assert "run the command again: it continues where it stopped" in caught.value.remedy
    assert bench.aws.names("queue") == {"fila"}
    (left,) = bench.aws.names("mapping")
    bench.aws.things["mapping", left]["looks"] = 1
    bench.delete()
    assert bench.aws.things == {}


_STREAM = """
    Parameters: {Tamanho: {Type: String, Default: ""}, Dono: {Type: String, Default: ana}}
    Conditions: {Grande: !Not [!Equals [!Ref Tamanho, ""]]}
    Resources:
      Leitura:
        Type: AWS::Lambda::EventSourceMapping
        Properties:
          FunctionName: leitor
          EventSourceArn: arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/x
          StartingPosition: LATEST
          ParallelizationFactor: 2
          BatchSize: !If [Grande, !Ref Tamanho, !Ref AWS::NoValue]
          Tags: [{Key: dono, Value: !Ref Dono}]
"""


def test_a_batch_size_that_is_taken_out_is_that_of_streams_again(bench: Bench) -> None:
    bench.parameters = {"Tamanho": "7"}
    bench.deploy(_STREAM)
    bench.parameters = {"Tamanho": ""}
    bench.deploy(_STREAM)
    (changed,) = bench.aws.made("UpdateEventSourceMapping")
    assert changed["BatchSize"] == 100


def test_tags_of_a_mapping_change_without_a_touch_of_its_batches(bench: Bench) -> None:
    bench.deploy(_STREAM)
    (made,) = bench.aws.made("CreateEventSourceMapping")
    assert made["Tags"] == {"dono": "ana"}
    bench.parameters = {"Dono": "rui"}
    bench.deploy(_STREAM)
    (tagged,) = bench.aws.made("TagResource")
    assert tagged["Tags"] == {"dono": "rui"}
    assert ":event-source-mapping:" in tagged["Resource"]
    assert not bench.aws.made("UpdateEventSourceMapping")
