"""Resource policies, and what other services may deliver to log groups because of them.

Pages: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import ClassVar

import msgspec

from sandbox.model.arn import Arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.ports import Delivery
from sandbox.model.scope import Scope
from sandbox.model.service_policy import ServiceRequest, allows
from sandbox.services.base import Answer, Params, operation
from sandbox.services.logs.store import LogStore

#: Resource policies of one account in one region, and characters of one.
MAX_POLICIES = 10
MAX_DOCUMENT = 5_120
_PRINCIPALS = ("events.amazonaws.com", "delivery.logs.amazonaws.com")


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    """What EventBridge hands over where an input transformer sets time and message of a log event."""

    timestamp: float | str
    message: str


class PolicyOperations(LogStore):
    """Put, delete and describe resource policies; the door for deliveries."""

    SCHEMA: ClassVar[str] = (
        LogStore.SCHEMA
        + """
    CREATE TABLE IF NOT EXISTS logs_policies (account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
        document TEXT NOT NULL, updated INTEGER NOT NULL, PRIMARY KEY (account, region, name)) WITHOUT ROWID;
    """
    )

    @operation("PutResourcePolicy", "policyName policyDocument")
    def put_resource_policy(self, call: Call, params: Params) -> Answer:
        """Stores a policy in place of the one of its name."""
        name, document = params.get("policyName"), params.get("policyDocument")
        if not name or not document:
            missing = "policyDocument" if name else "policyName"
            raise AwsError("InvalidParameterException", f"{missing} must not be empty")
        _check(document)
        known = {row["name"] for row in self._policies(call.scope)}
        if name not in known and len(known) >= MAX_POLICIES:
            raise AwsError("LimitExceededException", "Resource limit exceeded.")
        now = self.clock.now_ms()
        self.database.execute(
            "INSERT OR REPLACE INTO logs_policies VALUES (?, ?, ?, ?, ?)",
            (call.scope.account, call.scope.region, name, document, now),
        )
        return {
            "resourcePolicy": {"policyName": name, "policyDocument": document, "lastUpdatedTime": now},
        }

    @operation("DeleteResourcePolicy", "policyName")
    def delete_resource_policy(self, call: Call, params: Params) -> Answer:
        """Forgets a policy."""
        deleted = self.database.execute(
            "DELETE FROM logs_policies WHERE account = ? AND region = ? AND name = ?",
            (call.scope.account, call.scope.region, params.get("policyName", "")),
        )
        if not deleted.rowcount:
            name = params.get("policyName", "")
            raise AwsError("ResourceNotFoundException", f"Policy with name [{name}] does not exist.")
        return {}

    @operation("DescribeResourcePolicies", "nextToken limit")
    def describe_resource_policies(self, call: Call, params: Params) -> Answer:
        """Policies in order of their names."""
        limit = params.get("limit", 50)
        rows = [row for row in self._policies(call.scope) if row["name"] > params.get("nextToken", "")]
        more = {"nextToken": rows[limit - 1]["name"]} if len(rows) > limit else {}
        found = [
            {
                "policyName": row["name"],
                "policyDocument": row["document"],
                "lastUpdatedTime": row["updated"],
            }
            for row in rows[:limit]
        ]
        return {"resourcePolicies": found, **more}

    async def deliver(self, delivery: Delivery) -> int:
        """Takes what a rule delivers to a log group, each in a stream of its own, as on AWS.

        Returns:
            The hop of the delivery.

        Raises:
            AwsError: no such group, or no resource policy lets EventBridge write to it.
        """
        scope = delivery.target.scope
        group = delivery.target.resource.removeprefix("log-group:").removesuffix(":*")
        self._group(scope, group)
        if not self._lets_events_write(scope, group, delivery):
            raise AwsError(
                "AccessDeniedException",
                f"no resource policy of CloudWatch Logs lets events.amazonaws.com write to {group} "
                "(PutResourcePolicy, AWS::Logs::ResourcePolicy)",
            )
        at, message = self.clock.now(), delivery.body
        try:
            entry = msgspec.json.decode(delivery.body, type=_Entry)
        except (msgspec.DecodeError, msgspec.ValidationError):
            pass
        else:
            at, message = _seconds(entry.timestamp, at), entry.message
        self.write(scope, group, self.kit.ids.uuid(), [(at, message)], cause=delivery.cause)
        self.settle()  # who delivers takes it for stored
        return delivery.cause or 0

    def _lets_events_write(self, scope: Scope, group: str, delivery: Delivery) -> bool:
        context = {"aws:sourceaccount": scope.account, "aws:sourcearn": delivery.source}
        stream = str(Arn("logs", scope.region, scope.account, f"log-group:{group}:log-stream:x"))
        documents = [row["document"] for row in self._policies(scope)]
        return all(
            allows(documents, ServiceRequest(_PRINCIPALS, f"logs:{action}", stream, context))
            for action in ("CreateLogStream", "PutLogEvents")
        )

    def _policies(self, scope: Scope) -> list[dict[str, str]]:
        rows = self.database.rows(
            "SELECT name, document, updated FROM logs_policies WHERE account = ? AND region = ? "
            "ORDER BY name",
            (scope.account, scope.region),
        )
        return [dict(row) for row in rows]


def _check(document: str) -> None:
    try:
        policy = json.loads(document)
    except ValueError:
        policy = None
    if not isinstance(policy, dict) or not policy.get("Statement") or len(document) > MAX_DOCUMENT:
        raise AwsError("InvalidParameterException", "Policy document is not valid.")


def _seconds(timestamp: float | str, otherwise: float) -> float:
    """The time that a transformer set, in seconds: milliseconds, or ISO 8601 as events have it."""
    try:
        if isinstance(timestamp, str) and not timestamp.isdigit():
            return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()
        return float(timestamp) / 1000
    except ValueError:
        return otherwise
