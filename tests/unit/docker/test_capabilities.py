"""What LocalStack lacks, said by name."""

from __future__ import annotations

import pytest

from sandbox.deploy.judging import check_engine, differences
from sandbox.deploy.template.declarations import ResourceDeclaration
from sandbox.deploy.template.problem import Problems
from sandbox.engines.docker.capabilities import difference, refusal, refused_member, unsupported

_STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/a/stream/b"


def test_services_and_operations_are_refused_by_name() -> None:
    assert "never fires" in str(refusal("scheduler", "CreateSchedule"))
    assert "replay" in str(refusal("events", "StartReplay"))
    assert refusal("sqs", "SendMessage") is None


def test_members_without_effect_are_refused() -> None:
    target = {"Id": "a", "Arn": "b"}
    assert refused_member("events", "PutTargets", {"Targets": [target]}) is None
    letters = {**target, "DeadLetterConfig": {"Arn": "c"}}
    assert "DeadLetterConfig" in str(refused_member("events", "PutTargets", {"Targets": [target, letters]}))
    mapping = {"EventSourceArn": _STREAM}
    assert "streams" in str(refused_member("lambda", "CreateEventSourceMapping", mapping))


def test_a_template_is_judged_before_anything_is_made() -> None:
    declared = [
        ResourceDeclaration("Fila", "AWS::SQS::Queue", {}),
        ResourceDeclaration("Regra", "AWS::Events::Rule", {"Targets": [{"DeadLetterConfig": {}}]}),
        ResourceDeclaration(
            "Fluxo",
            "AWS::Lambda::EventSourceMapping",
            {"StartingPosition": "LATEST", "EventSourceArn": {"Fn::GetAtt": ["Tabela", "StreamArn"]}},
        ),
    ]
    with pytest.raises(Problems) as found:
        check_engine(declared, unsupported)
    assert len(found.value.problems) == 2


def test_a_difference_is_said_once_with_all_who_ask_for_it() -> None:
    declared = [
        ResourceDeclaration(name, "AWS::Lambda::EventSourceMapping", {"ScalingConfig": {}})
        for name in ("A", "B")
    ]
    (text,) = differences([*declared, ResourceDeclaration("C", "AWS::SQS::Queue", {})], difference)
    assert text.endswith("(A, B)")
