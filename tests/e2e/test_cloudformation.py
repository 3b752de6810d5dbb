"""Stacks by the AWS command line, unmodified: they are the sandbox's own."""

from __future__ import annotations

import contextlib

import pytest

from tests.e2e.conftest import Maker
from tests.e2e.harness import BIN, Sandbox

pytestmark = pytest.mark.e2e

TEMPLATE = """
Parameters: {Espera: {Type: Number, Default: 30}}
Resources:
  Fila: {Type: AWS::SQS::Queue, Properties: {QueueName: pedidos, VisibilityTimeout: !Ref Espera}}
Outputs:
  Url: {Value: !Ref Fila}
"""


def deploy(sandbox: Sandbox, *words: str) -> str:
    """Runs `aws cloudformation deploy`; returns what it printed.

    The command names its change sets by the second, and several runs fit into one here: earlier ones are
    forgotten.
    """
    cloudformation = sandbox.aws("cloudformation")
    with contextlib.suppress(cloudformation.exceptions.ClientError):
        for known in cloudformation.list_change_sets(StackName="filas")["Summaries"]:
            cloudformation.delete_change_set(ChangeSetName=known["ChangeSetId"])
    extra = {"AWS_ENDPOINT_URL": sandbox.endpoint, "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": ""}
    file = sandbox.folder / "fila.yaml"
    file.write_text(TEMPLATE)
    return sandbox.run(
        str(BIN / "awslocal"),
        *("cloudformation", "deploy", "--template-file", str(file), "--stack-name", "filas"),
        *("--capabilities", "CAPABILITY_IAM", *words),
        extra=extra,
    ).out


def test_aws_cloudformation_deploy_makes_and_changes_a_stack(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    sandbox.up()
    assert "Successfully created/updated stack - filas" in deploy(sandbox)
    cloudformation = sandbox.aws("cloudformation")
    (stack,) = cloudformation.describe_stacks(StackName="filas")["Stacks"]
    (output,) = stack["Outputs"]
    assert output == {"OutputKey": "Url", "OutputValue": f"{sandbox.endpoint}/000000000000/pedidos"}
    assert "No changes to deploy" in deploy(sandbox, "--no-fail-on-empty-changeset")
    assert "Successfully" in deploy(sandbox, "--parameter-overrides", "Espera=45")

    sandbox.down()
    sandbox.up()
    cloudformation, sqs = sandbox.aws("cloudformation"), sandbox.aws("sqs")
    (stack,) = cloudformation.describe_stacks(StackName="filas")["Stacks"]
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    url = f"{sandbox.endpoint}/000000000000/pedidos"
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    assert attributes == {"VisibilityTimeout": "45"}
    assert "filas" in sandbox.cli("status").out

    cloudformation.delete_stack(StackName="filas")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="filas")
    assert "QueueUrls" not in sqs.list_queues()
