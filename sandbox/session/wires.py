"""Topics, schedules, tables, and buckets that tell of their objects: which there are, and what they feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.model.arn import is_arn, table_arn
from sandbox.model.scope import Scope
from sandbox.model.sns_subscriptions import dead_letter_queue
from sandbox.services.s3.documents import bucket_arn
from sandbox.services.s3.service import S3Service
from sandbox.session.present import ask, ask_all

if TYPE_CHECKING:
    from sandbox.session.session import Session

#: Protocols of subscriptions whose endpoint is an ARN.
_ARNS = ("sqs", "lambda")


@dataclass(frozen=True, slots=True)
class Wire:
    """A resource that hands on what it gets, or is looked into.

    Attributes:
        kind: `topic`, `schedule`, `table` or `bucket`.
        targets: ARNs that it feeds. dead_letters: ARNs of queues that get what could not be delivered.
        note: a word about it, such as the expression of a schedule.
    """

    kind: str
    arn: str
    name: str
    targets: tuple[str, ...] = ()
    dead_letters: tuple[str, ...] = ()
    note: str = ""
    enabled: bool = True


async def read_wires(session: Session) -> tuple[Wire, ...]:
    """Asks those of the services that are native.

    Raises:
        AwsError: what one of them answers instead.
    """
    there = session.engine.services
    found: list[Wire] = []
    if "sns" in there:
        found += await _topics(session)
    if "scheduler" in there:
        found += await _schedules(session)
    if "dynamodb" in there:
        found += await _tables(session)
    found += [
        Wire("bucket", str(bucket_arn(name)), name, tuple(told)) for name, told in notifying(session).items()
    ]
    return tuple(found)


def notifying(session: Session, scope: Scope = Scope()) -> dict[str, list[str]]:  # noqa: B008 - frozen
    """Buckets that tell of their objects, and ARNs of whom; none where that is not the sandbox's own."""
    service = session.engine.services.get("s3")
    return service.notifying(scope) if isinstance(service, S3Service) else {}


async def table_names(session: Session) -> list[str]:
    """Every table of DynamoDB in the default account and region."""
    token = ("ExclusiveStartTableName", "LastEvaluatedTableName")
    names: list[str] = await ask_all(session, "dynamodb", "ListTables", {}, "TableNames", token=token)
    return names


def without_stream(arn: str) -> str:
    """The ARN of a table for that of its stream; any other as it is."""
    return arn.split("/stream/", 1)[0] if ":dynamodb:" in arn else arn


async def _topics(session: Session) -> list[Wire]:
    fed: dict[str, list[str]] = {}
    dead: dict[str, list[str]] = {}
    for subscription in await ask_all(session, "sns", "ListSubscriptions", {}, "Subscriptions"):
        if subscription.get("Protocol") in _ARNS:
            fed.setdefault(subscription["TopicArn"], []).append(subscription["Endpoint"])
        if queue := await _dead_letter_queue(session, subscription["SubscriptionArn"]):
            dead.setdefault(subscription["TopicArn"], []).append(queue)
    return [
        Wire(
            "topic",
            topic["TopicArn"],
            topic["TopicArn"].rsplit(":", 1)[-1],
            tuple(fed.get(topic["TopicArn"], ())),
            tuple(dead.get(topic["TopicArn"], ())),
        )
        for topic in await ask_all(session, "sns", "ListTopics", {}, "Topics")
    ]


async def _dead_letter_queue(session: Session, subscription: str) -> str:
    """The ARN of a subscription's dead-letter queue; empty where it has none, or is not confirmed yet."""
    if not is_arn(subscription):
        return ""
    params = {"SubscriptionArn": subscription}
    answer = await ask(session, "sns", "GetSubscriptionAttributes", params)
    policy = answer["Attributes"].get("RedrivePolicy")
    return str(dead_letter_queue(policy)) if policy else ""


async def _schedules(session: Session) -> list[Wire]:
    found = []
    for listed in await ask_all(session, "scheduler", "ListSchedules", {}, "Schedules"):
        params = {"Name": listed["Name"], "GroupName": listed["GroupName"]}
        schedule: dict[str, Any] = await ask(session, "scheduler", "GetSchedule", params)
        target = schedule.get("Target", {})
        dead = target.get("DeadLetterConfig", {}).get("Arn")
        found.append(
            Wire(
                "schedule",
                schedule["Arn"],
                schedule["Name"],
                (target["Arn"],) if target.get("Arn") else (),
                (dead,) if dead else (),
                schedule.get("ScheduleExpression", ""),
                schedule.get("State", "ENABLED") == "ENABLED",
            )
        )
    return found


async def _tables(session: Session) -> list[Wire]:
    return [Wire("table", str(table_arn(Scope(), name)), name) for name in await table_names(session)]
