"""What a message in a dead-letter queue says of itself, where no queue gave it up.

Rules, schedules and functions send what they could not deliver or process with words of their own beside it.
Pages: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from sandbox.model.arn import is_arn, parse_arn

_STREAMS = ("DDBStreamBatchInfo", "KinesisBatchInfo")
_POSITION = ("shardId", "startSequenceNumber", "endSequenceNumber", "batchSize")


class Giver(StrEnum):
    """What gave up what a letter holds."""

    RULE = "rule"
    SCHEDULE = "schedule"
    #: A function's dead-letter queue.
    FUNCTION = "function"
    #: An on-failure destination of a function.
    DESTINATION = "destination"
    #: An on-failure destination of a mapping of a stream.
    MAPPING = "mapping"
    SUBSCRIPTION = "subscription"


#: How a sender is called before its name.
_CALLED = {
    Giver.DESTINATION: "function",
    Giver.MAPPING: "mapping to function",
    Giver.SUBSCRIPTION: "subscription of topic",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """What is known of a letter.

    Attributes:
        name: of the rule, schedule, function, or topic; empty where the letter does not tell.
        error: in one line.
        attempts: how often it was tried; None where the letter does not tell.
        facts: what else it tells, in the order it is read.
        target: ARN of what should have got it; empty where nobody could say.
        payload: what the target should have got; None where the letter does not have it.
    """

    giver: Giver
    name: str = ""
    error: str = ""
    attempts: int | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    target: str = ""
    payload: str | None = None

    @property
    def sender(self) -> str:
        """Who sent it, in words."""
        return called(self.giver, self.name)


def called(giver: Giver, name: str) -> str:
    """Who sends dead letters, in words."""
    return f"{_CALLED.get(giver, giver.value)} {name}".strip()


def read_letter(body: str, attributes: Mapping[str, Mapping[str, Any]]) -> Letter | None:
    """What a letter says of itself; None for a message that is none, or of a queue.

    Args:
        attributes: message attributes in the form of the SQS API.
    """
    said = {name: str(one["StringValue"]) for name, one in attributes.items() if "StringValue" in one}
    if "ERROR_CODE" in said and ("RULE_ARN" in said or "SCHEDULE_ARN" in said):
        return _undelivered(body, said)
    if {"RequestID", "ErrorCode", "ErrorMessage"} <= said.keys():
        facts = {"request": said["RequestID"], "error code": said["ErrorCode"]}
        return Letter(Giver.FUNCTION, error=said["ErrorMessage"], facts=facts, payload=body)
    return _record(body)


def _undelivered(body: str, said: Mapping[str, str]) -> Letter:
    """An event of a rule, or an invocation of a schedule, that its target did not take."""
    giver, arn = (
        (Giver.RULE, said["RULE_ARN"]) if "RULE_ARN" in said else (Giver.SCHEDULE, said["SCHEDULE_ARN"])
    )
    target, retries = said.get("TARGET_ARN", ""), said.get("RETRY_ATTEMPTS", "")
    facts = {
        "target": target,
        "retries": retries,
        "ended by": said.get("EXHAUSTED_RETRY_CONDITION", ""),
        "due": said.get("SCHEDULED_TIME", ""),
    }
    return Letter(
        giver,
        _name(arn),
        f"{said['ERROR_CODE']}: {said.get('ERROR_MESSAGE', '')}",
        int(retries) + 1 if retries.isdecimal() else None,
        {name: value for name, value in facts.items() if value},
        target,
        None if said.get("IS_PAYLOAD_TRUNCATED") == "true" else body,
    )


def _record(body: str) -> Letter | None:
    """The record of an invocation that an on-failure destination gets."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    context = document.get("requestContext") if isinstance(document, dict) else None
    if not isinstance(context, dict) or not {"functionArn", "condition"} <= context.keys():
        return None
    function, condition = str(context["functionArn"]), str(context["condition"])
    count = context.get("approximateInvokeCount")
    facts = {"request": str(context.get("requestId", "")), "ended by": condition}
    batch = next((document[name] for name in _STREAMS if isinstance(document.get(name), dict)), None)
    if batch is not None:
        facts["stream"] = str(batch.get("streamArn", ""))
        facts |= {name: str(batch[name]) for name in _POSITION if name in batch}
    payload = document.get("requestPayload") if batch is None else None
    return Letter(
        Giver.DESTINATION if batch is None else Giver.MAPPING,
        _name(function),
        _error(document) or condition,
        count if isinstance(count, int) else None,
        {name: value for name, value in facts.items() if value},
        function,
        None if batch is not None else msgspec.json.encode(payload).decode(),
    )


def _error(document: Mapping[str, Any]) -> str:
    answer = document.get("responsePayload")
    if not isinstance(answer, dict):
        return ""
    return ": ".join(str(answer[name]) for name in ("errorType", "errorMessage") if answer.get(name))


def _name(arn: str) -> str:
    """The name in the ARN of a rule, schedule or function; what is no ARN, as it is."""
    if not is_arn(arn):
        return arn
    parsed = parse_arn(arn)
    return parsed.resource.split(":")[1] if parsed.service == "lambda" else parsed.name
