"""Custom resources whose makers are real functions of the sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Maker
from tests.e2e.harness import ROOT, Sandbox
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e

#: Nobody subscribes to the topic, so nobody ever answers.
SILENT = """
Resources:
  Topico: {Type: AWS::SNS::Topic, Properties: {TopicName: fabrica}}
  Coisa: {Type: Custom::Coisa, Properties: {ServiceToken: !Ref Topico}}
"""
TEMPLATE = ROOT / "tests" / "e2e" / "custom.yaml"


def told(sandbox: Sandbox) -> list[list[str]]:
    """What the painter was asked since the last time, in order."""
    sqs = sandbox.aws("sqs")
    url = sqs.get_queue_url(QueueName="registro")["QueueUrl"]
    found: list[Any] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def test_functions_make_resources(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    sandbox.up(str(TEMPLATE))
    assert sandbox.outputs["Tudo"] == "azul: tinta azul, medida: 3, caixa: 7"
    assert told(sandbox) == [["Create", ""]]
    sandbox.cli("deploy", str(TEMPLATE), "--parameter", "Cor=verde")
    assert told(sandbox) == [["Update", "azul"], ["Delete", "azul"]]
    cloudformation = sandbox.aws("cloudformation")
    (stack,) = cloudformation.describe_stacks()["Stacks"]
    assert stack["Outputs"][0]["OutputValue"].startswith("verde: tinta verde")
    cloudformation.delete_stack(StackName=stack["StackName"])
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack["StackName"])


def waits(sandbox: Sandbox, request: str) -> None:
    """Waits until a deployment waits for an answer."""
    eventually(
        lambda: sandbox.cli("clock", "show", "--json").json["next"],
        lambda timers: any("custom resource Coisa" in timer["label"] for timer in timers),
        what=f"a deployment that waits for the answer to its {request}",
    )


def test_a_deployment_that_waits_is_in_no_others_way_and_a_snapshot_waits_for_its_end(
    sandboxes: Maker, tmp_path: Path
) -> None:
    (tmp_path / "muda.yaml").write_text(SILENT)
    (tmp_path / "outra.yaml").write_text("Resources: {Fila: {Type: AWS::SQS::Queue}}")
    sandbox = sandboxes()
    sandbox.up(str(tmp_path / "outra.yaml"))
    sandbox.cli("clock", "pause")
    with sandbox.stream("deploy", str(tmp_path / "muda.yaml")) as silent:
        waits(sandbox, "Create")
        (tmp_path / "outra.yaml").write_text("Resources: {Topico: {Type: AWS::SNS::Topic}}")
        assert "1 created" in sandbox.cli("deploy", str(tmp_path / "outra.yaml")).err
        with sandbox.stream("snapshot", "save", "antes", "--json") as saving:
            sandbox.cli("clock", "advance", "3600s")
            waits(sandbox, "Delete")
            assert not saving.waiting()
            sandbox.cli("clock", "advance", "3600s")
            saving.until(lambda one: one["name"] == "antes", what="snapshot")
        code, said = silent.ended()
        assert code == 1
        assert "CloudFormation did not receive a response" in said


def test_nobody_answers_unasked(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    sandbox.up()
    answer = httpx.put(f"{sandbox.endpoint}/_sandbox/custom-resources/{'a' * 43}", content=b"{}")
    assert answer.status_code == 403
    assert "AccessDenied" in answer.text
