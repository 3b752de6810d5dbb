"""`kill -9` of the daemon, of PostgreSQL and of a worker: nothing is lost, nothing is left running."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.e2e.conftest import Maker
from tests.e2e.harness import NFE, Sandbox, gone
from tests.e2e.nfe_client import issue, nota, product, settled, stock, violations
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e

BLOCKING = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Inbox:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: 60}
  Begun:
    Type: AWS::SQS::Queue
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: worker
      Runtime: python3.13
      Handler: app.handler
      CodeUri: app/
      Timeout: 30
      Environment:
        Variables: {BEGUN_URL: !Ref Begun}
      Events:
        Inbox:
          Type: SQS
          Properties: {Queue: !GetAtt Inbox.Arn, BatchSize: 1}
Outputs:
  InboxUrl: {Value: !Ref Inbox}
  BegunUrl: {Value: !Ref Begun}
"""

#: Tells over a queue that it began, and goes no further: at a message's first delivery, or when asked to.
BLOCKING_HANDLER = """\
import os, threading

import boto3

sqs = boto3.client("sqs")

def handler(event, context):
    records = event.get("Records")
    blocks = records[0]["attributes"]["ApproximateReceiveCount"] == "1" if records else event["block"]
    if blocks:
        sqs.send_message(QueueUrl=os.environ["BEGUN_URL"], MessageBody="begun")
        threading.Event().wait()
    print("through")
    return "through"
"""


def test_killing_the_daemon_loses_nothing_and_leaves_nothing_running(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    sandbox.up(str(NFE))
    produto = product(sandbox.http, 12)
    notas = [issue(sandbox.http, produto, 1) for _ in range(15)]
    sqs = sandbox.aws("sqs")
    kept = sqs.create_queue(QueueName="guardadas")["QueueUrl"]
    bodies = [f"mensagem {number}" for number in range(25)]
    for body in bodies:
        sqs.send_message(QueueUrl=kept, MessageBody=body)
    sandbox.advance("61s")  # the sagas are under way, each somewhere else
    gone(sandbox.kill_daemon(), "`kill -9` of the daemon")
    assert "nothing answers" in sandbox.cli("status", code=3).err

    sandbox.up()  # without words: the stacks of the state folder
    assert {nota(sandbox.http, identifier)["status"] for identifier in notas} <= {
        "PENDING",
        "CONFIRMADA",
        "ERRO_ESTOQUE",
    }
    url = sandbox.aws("sqs").get_queue_url(QueueName="guardadas")["QueueUrl"]
    found: list[str] = []
    while batch := sandbox.aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [message["Body"] for message in batch]
    assert sorted(found) == sorted(bodies)

    # What was in flight becomes visible again, what was unpublished is published.
    for _ in range(3):
        sandbox.advance("61s")
    states = [settled(sandbox.http, identifier)["status"] for identifier in notas]
    assert sorted(states) == ["CONFIRMADA"] * 12 + ["ERRO_ESTOQUE"] * 3
    assert stock(sandbox.http, produto) == 0
    eventually(lambda: violations(sandbox), lambda broken: not broken, what="every invariant of the saga")
    sandbox.down()


def test_killing_postgres_brings_it_back_with_every_row(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    sandbox.up(str(NFE))
    produto = product(sandbox.http, 5)
    identifier = issue(sandbox.http, produto, 2)
    first = sandbox.pid("postgres")
    psutil.Process(first).kill()
    second = eventually(
        lambda: [
            process["pid"] for process in sandbox.status()["processes"] if process["name"] == "postgres"
        ],
        lambda pids: pids and pids != [first],
        what="another PostgreSQL in `status`",
    )
    assert second != [first]
    eventually(lambda: _rows(sandbox, identifier), lambda rows: rows == 1, what="the invoice's row")
    eventually(
        lambda: sandbox.api("GET", "/health").status_code, lambda code: code == 200, what="a healthy API"
    )
    sandbox.advance("61s")
    assert settled(sandbox.http, identifier)["status"] == "CONFIRMADA"
    assert stock(sandbox.http, produto) == 3


def test_killing_a_worker_fails_its_invocation_only(sandboxes: Maker, tmp_path: Path) -> None:
    sandbox = _blocking(sandboxes, tmp_path)
    client = sandbox.aws("lambda")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(client.invoke, FunctionName="worker", Payload='{"block": true}')
        _kill_busy_worker(sandbox)
        answer = running.result(30)
    error = json.loads(answer["Payload"].read())
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert error["errorType"] == "Runtime.ExitError"
    assert "signal: killed" in error["errorMessage"]
    again = client.invoke(FunctionName="worker", Payload='{"block": false}')
    assert ("FunctionError" in again, json.loads(again["Payload"].read())) == (False, "through")


def test_a_message_whose_worker_was_killed_is_delivered_again(sandboxes: Maker, tmp_path: Path) -> None:
    sandbox = _blocking(sandboxes, tmp_path)
    with sandbox.stream("logs", "-f", "--json") as logs:
        sandbox.aws("sqs").send_message(QueueUrl=sandbox.outputs["InboxUrl"], MessageBody="x")
        _kill_busy_worker(sandbox)
        logs.until(lambda line: "signal: killed" in line["message"], what="report of the worker's end")
        sandbox.advance("61s")
        logs.until(lambda line: line["message"] == "through", what="second delivery")


def _blocking(sandboxes: Maker, folder: Path) -> Sandbox:
    (folder / "app").mkdir()
    (folder / "template.yaml").write_text(BLOCKING)
    (folder / "app" / "app.py").write_text(BLOCKING_HANDLER)
    sandbox = sandboxes(cwd=folder)
    sandbox.up()
    return sandbox


def _kill_busy_worker(sandbox: Sandbox) -> None:
    begun = sandbox.aws("sqs").receive_message(QueueUrl=sandbox.outputs["BegunUrl"], WaitTimeSeconds=20)
    assert begun.get("Messages"), "the handler did not begin"
    (busy,) = [view for view in sandbox.status()["functions"] if view["state"] == "busy"]
    psutil.Process(busy["pid"]).kill()


def _rows(sandbox: Sandbox, identifier: str) -> int:
    try:
        found = sandbox.rows("SELECT 1 FROM faturamento.notas_fiscais WHERE nota_fiscal_id = %s", identifier)
    except psycopg.OperationalError:
        return -1
    return len(found)
