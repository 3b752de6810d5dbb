"""One invocation of a target on its way: its input, and what a dead-letter queue is told of it.

Pages: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html and
https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from sandbox.model.delivering import Failure, text_attributes
from sandbox.model.scope import Scope
from sandbox.services.scheduler.store import Schedule

_ATTRIBUTE = re.compile(r"<aws\.scheduler\.(schedule-arn|scheduled-time|execution-id|attempt-number)>")
#: Bytes of a dead letter: what is longer is cut off.
_LARGEST_LETTER = 262_144


class Invocation(msgspec.Struct, kw_only=True):
    """An invocation.

    Attributes:
        parameters: the target as the API took it, without its input.
        input: what the target gets; the attempt's number is still to be filled in.
        scheduled: the time it was due, seconds since the epoch; accepted: virtual time when it fired.
        attempts: how many have failed; `failure` is code and message of the last one.
    """

    account: str
    region: str
    schedule: str
    target: str
    parameters: dict[str, Any]
    input: str
    event_id: str
    scheduled: float
    accepted: float
    cause: int | None
    dead_letter: str | None
    max_retries: int
    max_age: int
    trace: str | None = None
    attempts: int = 0
    failure: tuple[str, str] = ("", "")
    wait: float = 0.0
    unusable: str = ""

    @property
    def scope(self) -> Scope:
        """The scope of the schedule."""
        return Scope(self.account, self.region)

    @property
    def source(self) -> str:
        """ARN of the schedule."""
        return self.schedule

    @property
    def letter(self) -> str:
        """What a dead-letter queue gets: the input of the target."""
        return self.body.encode()[:_LARGEST_LETTER].decode(errors="ignore")

    @property
    def deadline(self) -> float:
        """Virtual time after which it is not tried any more."""
        return self.accepted + self.max_age

    @property
    def facts(self) -> Mapping[str, Any]:
        """What a hop tells of it."""
        return {"schedule": self.schedule, "attempt": self.attempts + 1}

    @property
    def body(self) -> str:
        """The input with the number of this attempt."""
        return self.input.replace("<aws.scheduler.attempt-number>", str(self.attempts + 1))


def invocation(
    schedule: Schedule, scheduled: float, execution: str, now: float, cause: int | None
) -> Invocation:
    """The invocation that a schedule makes.

    Args:
        scheduled: the time it was due, seconds since the epoch. now: virtual time.
        execution: id of this invocation.
        cause: the hop of the firing.
    """
    target = schedule.target
    retry = target["RetryPolicy"]
    return Invocation(
        account=schedule.account,
        region=schedule.region,
        schedule=str(schedule.arn),
        target=target["Arn"],
        parameters={name: value for name, value in target.items() if name != "Input"},
        input=_input(schedule, scheduled, execution),
        event_id=execution,
        scheduled=scheduled,
        accepted=now,
        cause=cause,
        dead_letter=(target.get("DeadLetterConfig") or {}).get("Arn"),
        max_retries=retry["MaximumRetryAttempts"],
        max_age=retry["MaximumEventAgeInSeconds"],
    )


def is_universal(target: str) -> bool:
    """Whether the ARN of a target names an API operation."""
    return target.split(":")[2:3] == ["scheduler"]


def letter_attributes(
    pending: Invocation, failure: Failure, retries: int, exhausted: str | None
) -> dict[str, dict[str, str]]:
    """The message attributes of a dead letter, in the form of the SQS API."""
    values = {
        "ERROR_CODE": failure.code,
        "ERROR_MESSAGE": failure.message[:1_024] or failure.code,
        "EXECUTION_ID": pending.event_id,
        "IS_PAYLOAD_TRUNCATED": "true" if len(pending.letter) < len(pending.body) else "false",
        "RETRY_ATTEMPTS": str(retries),
        "SCHEDULED_TIME": _time(pending.scheduled),
        "SCHEDULE_ARN": pending.schedule,
        "TARGET_ARN": pending.target,
    }
    if exhausted is not None:
        values["EXHAUSTED_RETRY_CONDITION"] = exhausted
    return text_attributes(values)


def _input(schedule: Schedule, scheduled: float, execution: str) -> str:
    """The input of the target, its context attributes filled in but for the attempt's number."""
    text = schedule.target.get("Input")
    if text is None:
        # A universal target without input calls its operation without parameters.
        return "{}" if is_universal(schedule.target["Arn"]) else _notification(schedule, scheduled, execution)
    values = {
        "schedule-arn": str(schedule.arn),
        "scheduled-time": _time(scheduled),
        "execution-id": execution,
    }
    return _ATTRIBUTE.sub(lambda match: values.get(match[1], match[0]), text)


def _notification(schedule: Schedule, scheduled: float, execution: str) -> str:
    """What a target gets that was given no input."""
    document = {
        "version": "0",
        "id": execution,
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": schedule.account,
        "time": _time(scheduled),
        "region": schedule.region,
        "resources": [str(schedule.arn)],
        "detail": "{}",
    }
    return msgspec.json.encode(document).decode()


def _time(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
