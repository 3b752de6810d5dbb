"""What the figures should come to, on two cores. A median at least as good as its goal meets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """A figure to reach, in the unit of its measure; the measure knows whether more is better."""

    value: float


TARGETS: Mapping[str, Goal] = {
    "containers": Goal(10.0),
    "containers deploy": Goal(15.0),
    "front-door sqs": Goal(1.0),
    "front-door dynamodb": Goal(1.0),
    "ready": Goal(2.0),
    "invoke-warm": Goal(1.5),
    "invoke-cold": Goal(40.0),
    "saga": Goal(150.0),
    "idle cpu": Goal(1.0),
    "idle memory": Goal(150.0),
    "idle-many cpu": Goal(1.0),
    "sqs-send times ministack's": Goal(8.0),
    "sqs-recording": Goal(15.0),
    "sqs-send-receive-delete": Goal(3000.0),
    "sqs-to-lambda": Goal(5.0),
    "sqs-drain": Goal(1500.0),
    "event-to-receiver": Goal(4.0),
    "rules": Goal(2.0),
    "api": Goal(1000.0),
    "dynamodb-put times ministack's": Goal(3.0),
    "dynamodb-get times ministack's": Goal(3.0),
    "dynamodb-put times dynamodb-local's": Goal(1.0),
    "dynamodb-get times dynamodb-local's": Goal(1.0),
    "dynamodb-query": Goal(2.0),
    "snapshot save": Goal(300.0),
    "snapshot load": Goal(300.0),
    "dynamodb-large put times 1,000's": Goal(1.5),
    "dynamodb-large get times 1,000's": Goal(1.5),
    "dynamodb-large query times 1,000's": Goal(1.5),
    "dynamodb-large index query times 1,000's": Goal(1.5),
    "dashboard first paint": Goal(1.0),
    "dashboard at rest": Goal(2.0),
    "dashboard at 1,000 events/s": Goal(50.0),
    "dashboard key": Goal(100.0),
}
