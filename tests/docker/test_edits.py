"""Edits of functions' code: their folders are mounted, and nothing is deployed again.

Whatever an edit comes upon is answered, in bounded time, and by the code that it began with.
"""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.docker.harness import DockerSandbox
from tests.e2e.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

_TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.13, Handler: app.handler, Timeout: 20}}
Resources:
  Pronta: {Type: AWS::Serverless::Function, Properties: {FunctionName: pronta, CodeUri: pronta/}}
  Lenta: {Type: AWS::Serverless::Function, Properties: {FunctionName: lenta, CodeUri: lenta/}}
  Breve: {Type: AWS::Serverless::Function, Properties: {FunctionName: breve, CodeUri: breve/, Timeout: 1}}
  Obra:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: obra
      CodeUri: obra/
      Events: {Pedido: {Type: SQS, Properties: {Queue: !GetAtt Pedidos.Arn, BatchSize: 1}}}
  Pedidos: {Type: AWS::SQS::Queue, Properties: {QueueName: pedidos-da-obra}}
  Ditos: {Type: AWS::SQS::Queue, Properties: {QueueName: ditos-da-obra}}
"""
_ANSWERS = "import time\ndef handler(event, context):\n    time.sleep({pause})\n    return {version}\n"
_SAYS = """
import time, boto3
def handler(event, context):
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="ditos-da-obra")["QueueUrl"]
    for word in ("began", "ended"):
        sqs.send_message(QueueUrl=url, MessageBody="{version} " + word)
        time.sleep({pause})
"""
_ENDS = """
import os, signal, time
def handler(event, context):
    os.kill(1, signal.SIGQUIT)
    time.sleep(20)
"""
#: Seconds from an edit to the invocation behind it: LocalStack's watchers would reset the runtime after 0.5.
_MOMENTS = (0.0, 0.2, 0.4, 0.45, 0.5, 0.52, 0.55, 0.6, 0.7, 1.0)
#: Seconds within which an invocation is answered, a container's start on a busy machine included.
_BOUND = 30


@pytest.fixture(scope="module")
def edited(nfe: DockerSandbox) -> Path:
    """The folder of deployed functions, each in one of its name."""
    code = {
        "pronta": _ANSWERS.format(version=0, pause=0),
        "lenta": _ANSWERS.format(version=0, pause=0.3),
        "breve": _ENDS,
        "obra": _SAYS.format(version=1, pause=2),
    }
    for name, text in code.items():
        (nfe.folder / name).mkdir()
        (nfe.folder / name / "app.py").write_text(text)
    template = nfe.folder / "edits.yaml"
    template.write_text(_TEMPLATE)
    nfe.cli("deploy", str(template))
    return nfe.folder


def _save(folder: Path, text: str) -> None:
    """As editors do, so that nobody reads half a file."""
    fresh = folder.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(folder / "app.py")


def _invoked(nfe: DockerSandbox, function: str) -> tuple[Any, float]:
    """What the function answers, and after how many seconds."""
    began = time.monotonic()
    answer = nfe.aws("lambda").invoke(FunctionName=function)
    payload = answer["Payload"].read()
    assert "FunctionError" not in answer, payload
    return json.loads(payload), time.monotonic() - began


@pytest.mark.parametrize(("function", "pause"), [("pronta", 0), ("lenta", 0.3)])
def test_an_edit_is_live_at_whatever_moment_its_function_is_invoked(
    nfe: DockerSandbox, edited: Path, function: str, pause: float
) -> None:
    """One invocation follows each edit, and another one is under way when the next edit comes."""
    others = []
    with ThreadPoolExecutor() as threads:
        for version, moment in enumerate(_MOMENTS, 1):
            _save(edited / function, _ANSWERS.format(version=version, pause=pause))
            threading.Event().wait(moment)
            answer, seconds = _invoked(nfe, function)
            assert answer == version, f"{moment} s after edit {version}"
            assert seconds < _BOUND
            others.append(threads.submit(_invoked, nfe, function))
        for version, other in enumerate(others, 1):
            answer, seconds = other.result()
            assert version <= answer <= len(_MOMENTS)  # it may have begun after a later edit
            assert seconds < _BOUND


def test_an_edit_by_command_line_is_live(nfe: DockerSandbox, edited: Path) -> None:
    for version in ("um", "dois"):
        _save(edited / "pronta", _ANSWERS.format(version=repr(version), pause=0))
        assert nfe.invoke("pronta")["payload"] == json.dumps(version)


def test_what_a_queue_began_ends_with_the_code_it_began_with(nfe: DockerSandbox, edited: Path) -> None:
    """LocalStack invokes by itself here: the edit is noticed without a call that passes the front door."""
    sqs = nfe.aws("sqs")
    asked, told = (
        sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in ("pedidos-da-obra", "ditos-da-obra")
    )

    def said() -> str:
        messages = sqs.receive_message(QueueUrl=told, WaitTimeSeconds=5, MaxNumberOfMessages=1)
        for message in messages.get("Messages", ()):
            sqs.delete_message(QueueUrl=told, ReceiptHandle=message["ReceiptHandle"])
            return str(message["Body"])
        return ""

    sqs.send_message(QueueUrl=asked, MessageBody="a")
    assert eventually(said, what="a beginning") == "1 began"
    _save(edited / "obra", _SAYS.format(version=2, pause=0))
    assert eventually(said, what="its end") == "1 ended"

    def of_the_new() -> bool:
        sqs.send_message(QueueUrl=asked, MessageBody="b")
        return eventually(said, what="an end").startswith("2")

    eventually(of_the_new, what="the edited code")


def test_an_invocation_whose_container_ends_is_answered(nfe: DockerSandbox, edited: Path) -> None:
    began = time.monotonic()
    with pytest.raises(nfe.aws("lambda").exceptions.ServiceException, match="it may have ended"):
        nfe.aws("lambda").invoke(FunctionName="breve")
    assert time.monotonic() - began < _BOUND + 16
