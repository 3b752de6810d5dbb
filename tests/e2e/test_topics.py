"""Topics in a whole sandbox: from a rule to queues, a function's queue and a web server."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.request import urlopen

import pytest

from sandbox.backing.portfinder import free_port
from sandbox.testing import Aws, Flows, Stack

pytestmark = [pytest.mark.e2e, pytest.mark.sandbox("topics.yaml")]


class WebServer:
    """Confirms the subscription it is asked about, and keeps what it is sent."""

    def __init__(self) -> None:
        kept = self.got = []  # type: list[dict[str, Any]]
        self.arrived = threading.Semaphore(0)
        arrived = self.arrived

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                kept.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(200)
                self.end_headers()
                arrived.release()

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/avisos"
        self._thread = threading.Thread(target=self.server.serve_forever)
        self._thread.start()

    def next(self) -> dict[str, Any]:
        """What it is sent next."""
        assert self.arrived.acquire(timeout=20)
        return self.got[-1]

    def close(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


@pytest.fixture
def web() -> Iterator[WebServer]:
    server = WebServer()
    yield server
    server.close()


def test_an_event_reaches_a_queue_through_a_topic_and_one_that_is_filtered_does_not(aws: Aws) -> None:
    events, sns, sqs = aws.client("events"), aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(Name="avisos")["TopicArn"]
    url = sqs.create_queue(QueueName="avisos-fila")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {"FilterPolicy": '{"detail": {"uf": ["PE"]}}', "FilterPolicyScope": "MessageBody"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=policy)
    events.put_rule(Name="avisos", EventPattern='{"source": ["avisos"]}')
    events.put_targets(Rule="avisos", Targets=[{"Id": "topico", "Arn": topic}])
    entries = [
        {"Source": "avisos", "DetailType": "aviso", "Detail": json.dumps({"uf": uf})} for uf in ("SP", "PE")
    ]
    assert events.put_events(Entries=entries)["FailedEntryCount"] == 0
    (message,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    event = json.loads(json.loads(message["Body"])["Message"])
    assert event["detail"] == {"uf": "PE"}


def test_a_web_server_confirms_by_the_link_that_it_is_sent(aws: Aws, web: WebServer) -> None:
    sns = aws.client("sns")
    topic = sns.create_topic(Name="avisos-web")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=web.url)
    with urlopen(web.next()["SubscribeURL"]) as answer:
        assert b"<SubscriptionArn>arn:aws:sns:" in answer.read()
    sns.publish(TopicArn=topic, Message="olá", Subject="Aviso")
    notification = web.next()
    assert (notification["Type"], notification["Message"], notification["Subject"]) == (
        "Notification",
        "olá",
        "Aviso",
    )
    with urlopen(notification["UnsubscribeURL"]) as answer:
        assert answer.status == 200
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_a_fifo_topic_keeps_order_and_drops_duplicates(aws: Aws) -> None:
    sns, sqs = aws.client("sns"), aws.client("sqs")
    by_content = {"ContentBasedDeduplication": "true"}
    topic = sns.create_topic(Name="avisos.fifo", Attributes={"FifoTopic": "true", **by_content})["TopicArn"]
    url = sqs.create_queue(QueueName="avisos.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=raw)
    for body in ("1", "2", "2", "3"):
        sns.publish(TopicArn=topic, Message=body, MessageGroupId="cliente")
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in messages] == ["1", "2", "3"]


COPIES = """
import io
import json
import os

import boto3


def handler(event, context):
    groups = [record["attributes"]["MessageGroupId"] for record in event["Records"]]
    bodies = [json.loads(record["body"])["detail"]["passo"] for record in event["Records"]]
    body = json.dumps({"groups": sorted(set(groups)), "steps": bodies})
    boto3.client("sqs").send_message(QueueUrl=os.environ["COPIES"], MessageBody=body)
"""


def zipped(source: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", source)
    return buffer.getvalue()


def test_rules_fill_a_fifo_queue_whose_function_gets_each_group_in_order(
    stack: Stack, aws: Aws, flows: Flows
) -> None:
    events, sqs, functions = aws.client("events"), aws.client("sqs"), aws.client("lambda")
    copies = stack.resources["Copias"][1]
    fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "60"}
    url = sqs.create_queue(QueueName="passos.fifo", Attributes=fifo)["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    for group in ("a", "b"):
        events.put_rule(Name=f"passos-{group}", EventPattern=json.dumps({"source": [f"passos.{group}"]}))
        target = {"Id": "fila", "Arn": queue, "SqsParameters": {"MessageGroupId": group}}
        events.put_targets(Rule=f"passos-{group}", Targets=[target])
    entries = [
        {"Source": f"passos.{group}", "DetailType": "passo", "Detail": json.dumps({"passo": step})}
        for step, group in enumerate("aabbaabb")
    ]
    assert events.put_events(Entries=entries)["FailedEntryCount"] == 0
    functions.create_function(
        FunctionName="passos",
        Runtime="python3.13",
        Handler="app.handler",
        Role="arn:aws:iam::000000000000:role/passos",
        Code={"ZipFile": zipped(COPIES)},
        Environment={"Variables": {"COPIES": copies}},
        Timeout=30,
    )
    functions.create_event_source_mapping(EventSourceArn=queue, FunctionName="passos", BatchSize=3)
    flows.settle()
    got: dict[str, list[int]] = {"a": [], "b": []}
    for message in stack.queue("passos-copias").messages():
        (group,) = message.json["groups"]
        got[group] += message.json["steps"]
    assert got == {"a": [0, 1, 4, 5], "b": [2, 3, 6, 7]}
