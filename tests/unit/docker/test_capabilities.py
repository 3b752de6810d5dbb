"""What LocalStack lacks, said by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sandbox.deploy.judging import check_engine, differences
from sandbox.deploy.template.declarations import ResourceDeclaration
from sandbox.deploy.template.problem import Problems
from sandbox.engines.docker import differences as docker
from sandbox.engines.docker.capabilities import (
    fault_refusal,
    refusal,
    unsupported,
)
from sandbox.model.faults import FaultKind


def _compare(type_: str, properties: Mapping[str, Any]) -> list[str]:
    return docker.differences(type_, properties, ())


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
    (text,) = differences([*declared, ResourceDeclaration("C", "AWS::SQS::Queue", {})], _compare)
    assert text.endswith("(A, B)")


def test_everything_that_a_resource_asks_for_in_vain_is_said() -> None:
    stage = docker.differences("AWS::ApiGateway::Stage", {"MethodSettings": [], "AccessLogSetting": {}}, ())
    assert [words in text for words, text in zip(("method settings", "access log"), stage, strict=True)]
    target = {"DeadLetterConfig": {"Arn": "a"}, "RetryPolicy": {}}
    rule = docker.differences("AWS::Events::Rule", {"Targets": [target]}, ())
    assert [words in text for words, text in zip(("RetryPolicy", "fills them"), rule, strict=True)]
    assert docker.differences("AWS::Events::Rule", {"Targets": {"Fn::If": []}}, ()) == []


def test_gateway_responses_of_a_definition_are_found() -> None:
    body = {"openapi": "3.0.1", "x-amazon-apigateway-gateway-responses": {"DEFAULT_4XX": {}}}
    (text,) = docker.differences("AWS::ApiGateway::RestApi", {"Body": body}, ())
    assert "gateway responses" in text
    assert docker.differences("AWS::ApiGateway::RestApi", {"Body": {"paths": {}}}, ()) == []


def test_what_a_native_service_does_is_no_difference() -> None:
    rule = {"Targets": [{"DeadLetterConfig": {"Arn": "a"}}], "State": "DISABLED", "EventPattern": {}}
    assert docker.differences("AWS::Events::Rule", rule, {"events"}) == []
    assert docker.differences("AWS::Events::Archive", {}, {"events"}) == []
    (text,) = docker.differences("AWS::Events::Archive", {}, {"rds"})
    assert "--service events=native" in text


def test_faults_that_do_not_pass_the_front_door_are_refused_with_the_reason() -> None:
    injected = {kind for kind in FaultKind if fault_refusal(kind) is None}
    assert injected == {FaultKind.THROTTLE, FaultKind.ERROR, FaultKind.LATENCY, FaultKind.FAIL_ENTRIES}
    assert "does not pass the front door" in (fault_refusal(FaultKind.KILL) or "")
