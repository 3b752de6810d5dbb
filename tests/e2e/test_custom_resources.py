"""Custom resources whose makers are real functions of the sandbox."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Maker
from tests.e2e.harness import ROOT, Sandbox

pytestmark = pytest.mark.e2e

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


def test_nobody_answers_unasked(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    sandbox.up()
    answer = httpx.put(f"{sandbox.endpoint}/_sandbox/custom-resources/{'a' * 43}", content=b"{}")
    assert answer.status_code == 403
    assert "AccessDenied" in answer.text
