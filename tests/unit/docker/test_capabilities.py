"""What LocalStack lacks, said by name."""

from __future__ import annotations

import pytest

from sandbox.deploy.judging import check_engine, differences
from sandbox.deploy.template.declarations import ResourceDeclaration
from sandbox.deploy.template.problem import Problems
from sandbox.engines.docker.capabilities import (
    difference,
    fault_refusal,
    refusal,
    unsupported,
)
from sandbox.model.faults import FaultKind


def test_services_and_operations_are_refused_by_name() -> None:
    assert "never fires" in str(refusal("scheduler", "CreateSchedule"))
    assert "replay" in str(refusal("events", "StartReplay"))
    assert refusal("sqs", "SendMessage") is None


def test_a_template_is_judged_before_anything_is_made() -> None:
    declared = [
        ResourceDeclaration("Fila", "AWS::SQS::Queue", {}),
        ResourceDeclaration("Url", "AWS::Lambda::Url", {}),
        ResourceDeclaration("Cache", "AWS::ElastiCache::ReplicationGroup", {}),
        ResourceDeclaration("Porta", "AWS::ElasticLoadBalancingV2::LoadBalancer", {}),
        ResourceDeclaration(
            "Fluxo",
            "AWS::Lambda::EventSourceMapping",
            {"StartingPosition": "LATEST", "EventSourceArn": {"Fn::GetAtt": ["Tabela", "StreamArn"]}},
        ),
    ]
    with pytest.raises(Problems) as found:
        check_engine(declared, lambda type_, properties: unsupported(type_, properties, {"elbv2"}))
    assert [problem.path[-1] for problem in found.value.problems] == ["Url", "Cache"]


def test_a_difference_is_said_once_with_all_who_ask_for_it() -> None:
    declared = [
        ResourceDeclaration(name, "AWS::Lambda::EventSourceMapping", {"ScalingConfig": {}})
        for name in ("A", "B")
    ]
    (text,) = differences([*declared, ResourceDeclaration("C", "AWS::SQS::Queue", {})], difference)
    assert text.endswith("(A, B)")


def test_what_the_sandbox_does_itself_or_localstack_leaves_out_of_a_target_is_said() -> None:
    letters = {"Targets": [{"DeadLetterConfig": {"Arn": "a"}}]}
    assert "the sandbox fills them" in str(difference("AWS::Events::Rule", letters))
    retries = {"Targets": [{"DeadLetterConfig": {"Arn": "a"}, "RetryPolicy": {}}]}
    assert "RetryPolicy" in str(difference("AWS::Events::Rule", retries))
    assert difference("AWS::Events::Rule", {"Targets": {"Fn::If": []}}) is None


def test_faults_that_do_not_pass_the_front_door_are_refused_with_the_reason() -> None:
    injected = {kind for kind in FaultKind if fault_refusal(kind) is None}
    assert injected == {FaultKind.THROTTLE, FaultKind.ERROR, FaultKind.LATENCY, FaultKind.FAIL_ENTRIES}
    assert "does not pass the front door" in (fault_refusal(FaultKind.KILL) or "")
