"""Temporary credentials of roles, by an SDK that knows nothing of the sandbox."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.e2e.conftest import Maker
from tests.e2e.harness import Sandbox

pytestmark = pytest.mark.e2e

ROLE = "arn:aws:iam::222222222222:role/leitura"


def as_session(sandbox: Sandbox, credentials: dict[str, Any], service: str) -> Any:
    """A client that signs with temporary credentials."""
    return boto3.client(
        service,
        endpoint_url=sandbox.endpoint,
        region_name="us-east-1",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def test_a_role_of_another_account_is_assumed(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    sandbox.up()
    credentials = sandbox.aws("sts").assume_role(RoleArn=ROLE, RoleSessionName="joana")["Credentials"]
    who = as_session(sandbox, credentials, "sts").get_caller_identity()
    assert who["Arn"] == "arn:aws:sts::222222222222:assumed-role/leitura/joana"
    assert who["Account"] == "222222222222"

    queue = as_session(sandbox, credentials, "sqs").create_queue(QueueName="deles")["QueueUrl"]
    assert "/222222222222/" in queue
    assert "QueueUrls" not in sandbox.aws("sqs").list_queues()
    as_session(sandbox, credentials, "ssm").put_parameter(Name="p", Value="v", Type="String")
    theirs = sandbox.aws("ssm", account="222222222222")
    assert theirs.get_parameter(Name="p")["Parameter"]["Value"] == "v"
    with pytest.raises(ClientError, match="ParameterNotFound"):
        sandbox.aws("ssm").get_parameter(Name="p")

    sandbox.advance("61m")
    for service, operation, code in (
        ("sts", "get_caller_identity", "ExpiredToken"),
        ("ssm", "describe_parameters", "ExpiredTokenException"),
    ):
        with pytest.raises(ClientError) as caught:
            getattr(as_session(sandbox, credentials, service), operation)()
        assert caught.value.response["Error"]["Code"] == code
