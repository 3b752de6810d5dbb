"""The table of the long tail, against the moto that is installed."""

from __future__ import annotations

import botocore.session
import moto.backends
import pytest

from sandbox.backing.moto.services import (
    CONTROL_PLANE_ONLY,
    DATA_SERVICES,
    MOTO_SERVICES,
    REFUSED,
    is_write,
    refusal,
)


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "")


def test_the_table_is_that_of_the_installed_moto() -> None:
    known = {_plain(name): name for name in botocore.session.get_session().get_available_services()}
    known["awslambda"] = "lambda"
    modules = {_plain(module) for module in moto.backends.list_of_moto_modules()}
    assert {known[module] for module in modules if module in known} == MOTO_SERVICES


def test_every_service_either_keeps_data_or_is_only_recorded() -> None:
    assert DATA_SERVICES < MOTO_SERVICES
    assert CONTROL_PLANE_ONLY == MOTO_SERVICES - DATA_SERVICES
    assert {"ecs", "batch", "emr", "glue", "ec2", "codebuild"} <= CONTROL_PLANE_ONLY


def test_refused_operations_exist() -> None:
    session = botocore.session.get_session()
    for service, operations in REFUSED.items():
        names = set(session.get_service_model(service).operation_names)
        # The loader knows deprecated operations under their own names too.
        assert {name for name in operations if name != "*"} <= names


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("s3", "PutBucketNotificationConfiguration"),
        ("s3", "DeleteBucketMetricsConfiguration"),
        ("sns", "CreateTopic"),
        ("sns", "ListTopics"),
        ("scheduler", "CreateSchedule"),
        ("stepfunctions", "StartExecution"),
        ("cloudformation", "CreateStack"),
        ("nosuchservice", "DoIt"),
    ],
)
def test_what_would_leave_moto_is_refused_with_a_reason(service: str, operation: str) -> None:
    assert refusal(service, operation)


@pytest.mark.parametrize(
    ("service", "operation"), [("s3", "PutObject"), ("ssm", "GetParameter"), ("kms", "Encrypt")]
)
def test_the_rest_is_passed_on(service: str, operation: str) -> None:
    assert refusal(service, operation) is None


@pytest.mark.parametrize(
    ("service", "operation", "write"),
    [
        ("s3", "PutObject", True),
        ("s3", "GetObject", False),
        ("s3", "HeadObject", False),
        ("s3", "ListObjectsV2", False),
        ("ssm", "PutParameter", True),
        ("kms", "CreateKey", True),
        ("kms", "Decrypt", False),
        ("dynamodb", "BatchGetItem", False),
        ("dynamodb", "BatchWriteItem", True),
        ("cognito-identity", "GetId", True),
    ],
)
def test_writes_are_told_from_reads(service: str, operation: str, write: bool) -> None:
    assert is_write(service, operation) is write
