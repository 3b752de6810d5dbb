"""The CDK Toolkit from npm, unmodified: bootstrap, deploy, change and destroy."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import Maker
from tests.e2e.harness import ROOT, Result, Sandbox
from tests.e2e.npm import installed

pytestmark = pytest.mark.e2e

CLIENT = ROOT / "tests" / "clients" / "cdk"


def cdk(sandbox: Sandbox, packages: Path, *words: str) -> Result:
    """Runs `cdk WORDS` for the assembly of the client."""
    extra = {
        "AWS_ENDPOINT_URL": sandbox.endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_DISABLE_VERSION_CHECK": "true",
    }
    program = packages / "node_modules" / "aws-cdk" / "bin" / "cdk"
    assembly = str(sandbox.folder / "assembly")
    return sandbox.run("node", str(program), "--app", assembly, "--no-notices", "--ci", *words, extra=extra)


def test_cdk_bootstraps_deploys_and_destroys(sandboxes: Maker) -> None:
    packages = installed(CLIENT, "the CDK Toolkit")
    sandbox = sandboxes()
    sandbox.up()
    shutil.copytree(CLIENT / "assembly", sandbox.folder / "assembly")
    assert "bootstrapped" in cdk(sandbox, packages, "bootstrap").out
    assert "✅  Pedidos" in cdk(sandbox, packages, "deploy", "--require-approval", "never").out

    (stack,) = sandbox.aws("cloudformation").describe_stacks(StackName="Pedidos")["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    answer = sandbox.aws("lambda").invoke(FunctionName=outputs["Nome"], Payload=b'{"n": 1}')
    assert json.loads(answer["Payload"].read()) == {"recebido": {"n": 1}}
    queue = sandbox.aws("sqs").get_queue_attributes(
        QueueUrl=outputs["Url"], AttributeNames=["VisibilityTimeout"]
    )
    assert queue["Attributes"] == {"VisibilityTimeout": "60"}

    assert "no changes" in cdk(sandbox, packages, "deploy", "--require-approval", "never").out
    assert "destroyed" in cdk(sandbox, packages, "destroy", "--force").out
    stacks = sandbox.aws("cloudformation").describe_stacks()["Stacks"]
    assert [one["StackName"] for one in stacks] == ["CDKToolkit"]
