"""Queues, rules and functions as the tests make them, with nothing but the AWS SDK."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.harness import Sandbox
from tests.e2e.waiting import eventually

PATIENCE = 60.0


def queue(nfe: Sandbox, name: str, **attributes: str) -> tuple[str, str]:
    """Makes a queue; returns its URL and ARN."""
    sqs = nfe.aws("sqs")
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, attribute(nfe, url, "QueueArn")


def attribute(nfe: Sandbox, url: str, name: str) -> str:
    """One attribute of a queue."""
    found = nfe.aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"]
    return str(found[name])


def received(nfe: Sandbox, url: str, count: int = 1) -> list[dict[str, Any]]:
    """So many messages, received and deleted."""
    sqs = nfe.aws("sqs")
    found: list[dict[str, Any]] = []

    def more() -> int:
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=1,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        for message in answer.get("Messages", ()):
            found.append(message)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(found)

    eventually(more, lambda had: had >= count, what=f"{count} messages", seconds=PATIENCE)
    return found


def rule(nfe: Sandbox, name: str, pattern: dict[str, Any], *targets: dict[str, Any]) -> str:
    """Makes a rule on the default bus; returns its ARN."""
    events = nfe.aws("events")
    arn = events.put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
    numbered = [{"Id": str(index), **target} for index, target in enumerate(targets)]
    assert events.put_targets(Rule=name, Targets=numbered)["FailedEntryCount"] == 0
    return str(arn)


def put(nfe: Sandbox, source: str, detail: dict[str, Any], **more: Any) -> str:
    """Puts an event; returns its id."""
    entry = {"Source": source, "DetailType": "Teste", "Detail": json.dumps(detail), **more}
    (answer,) = nfe.aws("events").put_events(Entries=[entry])["Entries"]
    return str(answer["EventId"])


def invoke(nfe: Sandbox, function: str, payload: Any, **more: Any) -> dict[str, Any]:
    """Invokes a function; `Payload` of the answer is read."""
    answer = nfe.aws("lambda").invoke(FunctionName=function, Payload=json.dumps(payload), **more)
    return {**answer, "Payload": json.loads(answer["Payload"].read() or "null")}
