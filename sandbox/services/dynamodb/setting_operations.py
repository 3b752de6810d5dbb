"""Settings of tables beside their definition: time to live, limits, and what is only asked about."""

from __future__ import annotations

import msgspec

from sandbox.model.call import Call
from sandbox.model.dynamodb.errors import validation
from sandbox.services.base import Answer, Params, operation
from sandbox.services.dynamodb.core import required
from sandbox.services.dynamodb.in_use import check_not_deleting
from sandbox.services.dynamodb.table_operations import TableOperations

#: Days of point-in-time recovery, at most and by default.
_RECOVERY_DAYS = 35
_OTHER = "TimeToLive is active on a different AttributeName: current AttributeName is "


def _backups(days: int | None) -> Answer:
    recovery: Answer = {"PointInTimeRecoveryStatus": "DISABLED" if days is None else "ENABLED"}
    if days is not None:
        recovery["RecoveryPeriodInDays"] = days
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": recovery,
        }
    }


class SettingOperations(TableOperations):
    """UpdateTimeToLive, DescribeLimits, …"""

    @operation("UpdateTimeToLive", "TableName TimeToLiveSpecification")
    def update_time_to_live(self, call: Call, params: Params) -> Answer:
        """Names the attribute that says when an item expires, or none.

        That is ENABLING, or DISABLING, until all items of a large table are looked through.

        Page: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
        """
        required(params, "TimeToLiveSpecification")
        table = self.known_table(call, params)
        check_not_deleting(table)
        given = params["TimeToLiveSpecification"]
        attribute, enabled = given.get("AttributeName"), bool(given.get("Enabled"))
        if not attribute:
            raise validation("TimeToLiveSpecification.AttributeName must have 1 to 255 characters")
        now = table.definition.ttl
        if enabled and now is not None and now != attribute:
            raise validation(_OTHER + now)
        if enabled and now is not None:
            raise validation("TimeToLive is already enabled")
        if not enabled and now is None:
            raise validation("TimeToLive is already disabled")
        if not enabled and now != attribute:
            raise validation(_OTHER + str(now))
        if table.definition.ttl_marking is not None:
            raise validation("Time to live has been modified multiple times within a fixed interval")
        definition = msgspec.structs.replace(
            table.definition, ttl=attribute if enabled else None, ttl_marking=attribute
        )
        self.upkeep.mark(self.tables.change(table, definition))
        return {"TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": enabled}}

    @operation("DescribeTimeToLive", "TableName")
    def describe_time_to_live(self, call: Call, params: Params) -> Answer:
        """Which attribute says when an item expires."""
        table = self.known_table(call, params)
        if table.deleting:
            raise validation(
                "Cannot describe time to live while table is in DELETING state: "
                "Current table state is DELETING"
            )
        ttl, marking = table.definition.ttl, table.definition.ttl_marking
        if ttl is None and marking is None:
            return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
        status = "DISABLING" if ttl is None else "ENABLED" if marking is None else "ENABLING"
        return {"TimeToLiveDescription": {"TimeToLiveStatus": status, "AttributeName": ttl or marking}}

    @operation("DescribeContinuousBackups", "TableName")
    def describe_continuous_backups(self, call: Call, params: Params) -> Answer:
        """Whether point-in-time recovery was asked for."""
        return _backups(self.known_table(call, params).definition.recovery_days)

    @operation("UpdateContinuousBackups", "TableName PointInTimeRecoverySpecification")
    def update_continuous_backups(self, call: Call, params: Params) -> Answer:
        """Records point-in-time recovery; nothing is kept for it: snapshots of the sandbox take its place."""
        required(params, "PointInTimeRecoverySpecification")
        table = self.known_table(call, params)
        check_not_deleting(table)
        given = params["PointInTimeRecoverySpecification"]
        days = given.get("RecoveryPeriodInDays", _RECOVERY_DAYS)
        if not 1 <= days <= _RECOVERY_DAYS:
            raise validation(f"RecoveryPeriodInDays must be between 1 and {_RECOVERY_DAYS}")
        wanted = days if given.get("PointInTimeRecoveryEnabled") else None
        self.tables.change(table, msgspec.structs.replace(table.definition, recovery_days=wanted))
        return _backups(wanted)

    @operation("DescribeLimits")
    def describe_limits(self, call: Call, params: Params) -> Answer:
        """The default quotas of an account."""
        return {
            "AccountMaxReadCapacityUnits": 80_000,
            "AccountMaxWriteCapacityUnits": 80_000,
            "TableMaxReadCapacityUnits": 40_000,
            "TableMaxWriteCapacityUnits": 40_000,
        }

    @operation("DescribeEndpoints")
    def describe_endpoints(self, call: Call, params: Params) -> Answer:
        """The endpoint that was asked."""
        address = call.endpoint.partition("://")[2] or f"dynamodb.{call.scope.region}.amazonaws.com"
        return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": 1440}]}
