"""Schedules, as AWS's user guide of EventBridge Scheduler has them; on Docker the sandbox's own stands in."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from tests.behaviour.aws import queue, received
from tests.behaviour.conftest import Namer
from tests.e2e.harness import Sandbox


def test_a_schedule_fires_once_and_is_gone(nfe: Sandbox, names: Namer) -> None:
    url, arn = queue(nfe, names("alvo"))
    scheduler = nfe.aws("scheduler")
    name = names("agenda")
    soon = datetime.now(UTC) + timedelta(seconds=2)
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={
            "Arn": arn,
            "RoleArn": "arn:aws:iam::000000000000:role/agenda",
            "Input": json.dumps({"hora": "agora"}),
        },
    )
    (message,) = received(nfe, url)
    assert json.loads(message["Body"]) == {"hora": "agora"}
    assert name not in [one["Name"] for one in scheduler.list_schedules()["Schedules"]]
