"""Operations on subscription filters."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from sandbox.model.arn import is_arn, parse_arn
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.ports import Deliverer
from sandbox.services.base import Answer, Kit, Params, operation
from sandbox.services.logs.filters import compile_filter
from sandbox.services.logs.store import LogStore
from sandbox.services.logs.subscriptions import SCHEMA, Subscriptions

MAX_SUBSCRIPTIONS = 2


class SubscriptionOperations(LogStore):
    """Put, delete and describe subscription filters.

    Args:
        deliverer: takes events to functions; without one no filter can be put.
    """

    SCHEMA: ClassVar[str] = SCHEMA

    def __init__(self, kit: Kit, deliverer: Deliverer | None = None) -> None:
        super().__init__(kit)
        self._deliverer = deliverer
        self._subscriptions = Subscriptions(kit, deliverer, self.settle)

    async def start(self) -> None:
        """Hands on what was written before and not handed on."""
        await super().start()
        self._subscriptions.follower.start()

    async def stop(self) -> None:
        """Ends deliveries."""
        await self._subscriptions.follower.stop()
        await super().stop()

    def recall(self) -> None:
        """Looks again which filters there are and what they have to hand on; see `Service.recall`."""
        super().recall()
        self._subscriptions.follower.recall()

    def work(self) -> set[asyncio.Task[Any]]:
        """The deliveries that run; see `Service.work`."""
        return super().work() | self._subscriptions.follower.tasks()

    def _is_urgent(self) -> bool:
        return self._subscriptions.follower.wanted

    def _written(self, group_id: int) -> None:
        self._subscriptions.follower.wake(group_id)

    def _dropped(self) -> None:
        super()._dropped()
        self._subscriptions.follower.dropped()

    @operation(
        "PutSubscriptionFilter",
        "logGroupName filterName filterPattern destinationArn roleArn distribution",
    )
    def put_subscription_filter(self, call: Call, params: Params) -> Answer:
        """Hands what a group gets from now on to a function; a filter of the name is replaced."""
        group = self._group(call.scope, params["logGroupName"])
        compile_filter(params["filterPattern"])
        target = self._target(params["destinationArn"])
        distribution = params.get("distribution", "ByLogStream")
        if distribution not in ("ByLogStream", "Random"):
            raise AwsError("InvalidParameterException", f"Invalid distribution: {distribution}")
        name = params["filterName"]
        known = self.database.rows("SELECT * FROM logs_subscriptions WHERE group_id = ?", (group["id"],))
        old = next((row for row in known if row["name"] == name), None)
        if old is None and len(known) >= MAX_SUBSCRIPTIONS:
            raise AwsError("LimitExceededException", "Resource limit exceeded.")
        last = self.database.row("SELECT coalesce(max(id), 0) AS id FROM logs_events")
        assert last is not None  # an aggregate gives one row
        self.database.execute(
            "INSERT OR REPLACE INTO logs_subscriptions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                group["id"],
                name,
                params["filterPattern"],
                target,
                params.get("roleArn", ""),
                distribution,
                self.clock.now_ms() if old is None else old["created"],
                last["id"] if old is None else old["done"],
            ),
        )
        self._subscriptions.follower.changed()
        return {}

    @operation("DeleteSubscriptionFilter", "logGroupName filterName")
    def delete_subscription_filter(self, call: Call, params: Params) -> Answer:
        """Hands nothing on any more."""
        group = self._group(call.scope, params["logGroupName"])
        deleted = self.database.execute(
            "DELETE FROM logs_subscriptions WHERE group_id = ? AND name = ?",
            (group["id"], params["filterName"]),
        )
        if not deleted.rowcount:
            raise AwsError("ResourceNotFoundException", "The specified subscription filter does not exist.")
        self._subscriptions.follower.changed()
        return {}

    @operation("DescribeSubscriptionFilters", "logGroupName filterNamePrefix nextToken limit")
    def describe_subscription_filters(self, call: Call, params: Params) -> Answer:
        """The filters of a group, by name."""
        group = self._group(call.scope, params["logGroupName"])
        limit, prefix = params.get("limit", 50), params.get("filterNamePrefix", "")
        rows = self.database.rows(
            "SELECT * FROM logs_subscriptions WHERE group_id = ? AND name > ? ORDER BY name",
            (group["id"], params.get("nextToken", "")),
        )
        rows = [row for row in rows if row["name"].startswith(prefix)]
        more = {"nextToken": rows[limit - 1]["name"]} if len(rows) > limit else {}
        filters = [
            {
                "filterName": row["name"],
                "logGroupName": group["name"],
                "filterPattern": row["pattern"],
                "destinationArn": row["target"],
                **({"roleArn": row["role"]} if row["role"] else {}),
                "distribution": row["distribution"],
                "creationTime": row["created"],
            }
            for row in rows[:limit]
        ]
        return {"subscriptionFilters": filters, **more}

    def _target(self, text: str) -> str:
        if not is_arn(text):
            raise AwsError("InvalidParameterException", "Invalid destinationArn")
        arn = parse_arn(text)
        if arn.service != "lambda" or self._deliverer is None or not self._deliverer.supports(arn):
            raise NotImplementedByName("logs", f"subscription filters to {arn.service}")
        return text
