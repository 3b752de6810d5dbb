"""Alarms, as records: who made them, and the state that somebody set.

Page: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sandbox.model.arn import alarm_arn, parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.scope import Scope
from sandbox.services.base import Answer, Params, Service, operation

_STATES = ("OK", "ALARM", "INSUFFICIENT_DATA")
_COMPARISONS = (
    "GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold",
    "LessThanOrEqualToThreshold", "LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
)  # fmt: skip
_MISSING = ("breaching", "notBreaching", "ignore", "missing")
_MAX_RECORDS = 100


class CloudWatchService(Service):
    """Keeps metric alarms."""

    name: ClassVar[str] = "cloudwatch"
    SCHEMA: ClassVar[str] = """
    CREATE TABLE IF NOT EXISTS cloudwatch_alarms (
        account TEXT NOT NULL,
        region TEXT NOT NULL,
        name TEXT NOT NULL,
        alarm TEXT NOT NULL,
        tags TEXT NOT NULL,
        PRIMARY KEY (account, region, name)
    );
    """
    NOT_CHECKED: ClassVar[tuple[str, ...]] = (
        "alarms are recorded, not evaluated: they stay as SetAlarmState leaves them, and run no actions",
        "metrics are the long tail's: it knows what clients and metric filters put, not those of services",
    )

    @operation(
        "PutMetricAlarm",
        "AlarmName AlarmDescription ActionsEnabled OKActions AlarmActions InsufficientDataActions MetricName "
        "Namespace Statistic ExtendedStatistic Dimensions Period Unit EvaluationPeriods DatapointsToAlarm "
        "Threshold ComparisonOperator TreatMissingData EvaluateLowSampleCountPercentile Metrics Tags "
        "ThresholdMetricId",
    )
    def put_metric_alarm(self, call: Call, params: Params) -> Answer:
        """Makes an alarm, or changes it in all but its state."""
        _check(params)
        name, now = params["AlarmName"], self.clock.now()
        old = self._find(call.scope, name)
        state = {
            "StateValue": "INSUFFICIENT_DATA",
            "StateReason": "Unchecked: Initial alarm creation",
            "StateUpdatedTimestamp": now,
        }
        alarm = {
            **(state if old is None else {key: old[key] for key in state}),
            **{key: value for key, value in params.items() if key != "Tags"},
            "AlarmArn": str(alarm_arn(call.scope, name)),
            "AlarmConfigurationUpdatedTimestamp": now,
            "ActionsEnabled": params.get("ActionsEnabled", True),
        }
        tags = {tag["Key"]: tag.get("Value", "") for tag in params.get("Tags") or ()}
        self.database.execute(
            "INSERT INTO cloudwatch_alarms (account, region, name, alarm, tags) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (account, region, name) DO UPDATE SET alarm = excluded.alarm",
            (call.scope.account, call.scope.region, name, json.dumps(alarm), json.dumps(tags)),
        )
        return {}

    @operation(
        "DescribeAlarms", "AlarmNames AlarmNamePrefix AlarmTypes StateValue ActionPrefix MaxRecords NextToken"
    )
    def describe_alarms(self, call: Call, params: Params) -> Answer:
        """The metric alarms, by name."""
        names, prefix = params.get("AlarmNames"), params.get("AlarmNamePrefix")
        if names and prefix:
            raise _invalid("AlarmNamePrefix and AlarmNames cannot be specified together")
        if "MetricAlarm" not in (params.get("AlarmTypes") or ["MetricAlarm"]):
            return {"MetricAlarms": [], "CompositeAlarms": []}
        limit = params.get("MaxRecords", _MAX_RECORDS)
        if not 1 <= limit <= _MAX_RECORDS:
            raise _invalid(f"MaxRecords must be between 1 and {_MAX_RECORDS}")
        after = params.get("NextToken", "")
        found = [
            alarm
            for alarm in self._all(call.scope)
            if alarm["AlarmName"] > after
            and (not names or alarm["AlarmName"] in names)
            and alarm["AlarmName"].startswith(prefix or "")
            and params.get("StateValue") in (None, alarm["StateValue"])
            and _acts(alarm, params.get("ActionPrefix"))
        ]
        answer: Answer = {"MetricAlarms": found[:limit], "CompositeAlarms": []}
        if len(found) > limit:
            answer["NextToken"] = found[limit - 1]["AlarmName"]
        return answer

    @operation("DeleteAlarms", "AlarmNames")
    def delete_alarms(self, call: Call, params: Params) -> Answer:
        """Removes alarms: all of them, or none where one is missing."""
        names = params.get("AlarmNames") or []
        for name in names:
            self._get(call.scope, name)
        for name in names:
            self.database.execute(
                "DELETE FROM cloudwatch_alarms WHERE account = ? AND region = ? AND name = ?",
                (call.scope.account, call.scope.region, name),
            )
        return {}

    @operation("SetAlarmState", "AlarmName StateValue StateReason StateReasonData")
    def set_alarm_state(self, call: Call, params: Params) -> Answer:
        """Sets the state of an alarm until it is set again."""
        if params.get("StateValue") not in _STATES:
            raise _invalid(f"StateValue must be one of {', '.join(_STATES)}")
        alarm = self._get(call.scope, params.get("AlarmName") or "")
        changes: dict[str, Any] = {
            key: params[key] for key in ("StateValue", "StateReason", "StateReasonData") if key in params
        }
        self._change(call.scope, {**alarm, **changes, "StateUpdatedTimestamp": self.clock.now()})
        return {}

    @operation("EnableAlarmActions", "AlarmNames")
    def enable_alarm_actions(self, call: Call, params: Params) -> Answer:
        """Marks alarms as acting."""
        return self._set_actions(call, params, enabled=True)

    @operation("DisableAlarmActions", "AlarmNames")
    def disable_alarm_actions(self, call: Call, params: Params) -> Answer:
        """Marks alarms as not acting."""
        return self._set_actions(call, params, enabled=False)

    @operation("TagResource", "ResourceARN Tags")
    def tag_resource(self, call: Call, params: Params) -> Answer:
        """Adds tags."""
        added = {tag["Key"]: tag.get("Value", "") for tag in params.get("Tags") or ()}
        self._retag(params, {**self._tags(params), **added})
        return {}

    @operation("UntagResource", "ResourceARN TagKeys")
    def untag_resource(self, call: Call, params: Params) -> Answer:
        """Removes tags."""
        gone = set(params.get("TagKeys") or ())
        self._retag(params, {key: value for key, value in self._tags(params).items() if key not in gone})
        return {}

    @operation("ListTagsForResource", "ResourceARN")
    def list_tags_for_resource(self, call: Call, params: Params) -> Answer:
        """The tags of an alarm."""
        return {"Tags": [{"Key": key, "Value": value} for key, value in self._tags(params).items()]}

    # --- inside ------------------------------------------------------------------------------------------
    def _all(self, scope: Scope) -> Iterable[dict[str, Any]]:
        rows = self.database.rows(
            "SELECT alarm FROM cloudwatch_alarms WHERE account = ? AND region = ? ORDER BY name",
            (scope.account, scope.region),
        )
        return [json.loads(row["alarm"]) for row in rows]

    def _find(self, scope: Scope, name: str) -> dict[str, Any] | None:
        row = self.database.row(
            "SELECT alarm FROM cloudwatch_alarms WHERE account = ? AND region = ? AND name = ?",
            (scope.account, scope.region, name),
        )
        return None if row is None else json.loads(row["alarm"])

    def _get(self, scope: Scope, name: str) -> dict[str, Any]:
        found = self._find(scope, name)
        if found is None:
            raise AwsError("ResourceNotFound", f"Alarm {name} does not exist", status=404)
        return found

    def _change(self, scope: Scope, alarm: Mapping[str, Any]) -> None:
        self.database.execute(
            "UPDATE cloudwatch_alarms SET alarm = ? WHERE account = ? AND region = ? AND name = ?",
            (json.dumps(alarm), scope.account, scope.region, alarm["AlarmName"]),
        )

    def _set_actions(self, call: Call, params: Params, *, enabled: bool) -> Answer:
        for name in params.get("AlarmNames") or ():
            alarm = self._find(call.scope, name)
            if alarm is not None:
                self._change(call.scope, {**alarm, "ActionsEnabled": enabled})
        return {}

    def _tagged(self, params: Params) -> tuple[Scope, str]:
        """Scope and name of the alarm that an ARN names.

        Raises:
            AwsError: InvalidParameterValue, ResourceNotFoundException.
        """
        try:
            arn = parse_arn(params.get("ResourceARN") or "")
        except ValueError:
            raise _invalid(f"{params.get('ResourceARN')} is not an ARN") from None
        kind, _, name = arn.resource.partition(":")
        if kind != "alarm" or self._find(arn.scope, name) is None:
            raise AwsError("ResourceNotFoundException", f"Unknown: {arn}", status=404)
        return arn.scope, name

    def _tags(self, params: Params) -> dict[str, str]:
        scope, name = self._tagged(params)
        row = self.database.row(
            "SELECT tags FROM cloudwatch_alarms WHERE account = ? AND region = ? AND name = ?",
            (scope.account, scope.region, name),
        )
        return {} if row is None else json.loads(row["tags"])

    def _retag(self, params: Params, tags: Mapping[str, str]) -> None:
        scope, name = self._tagged(params)
        self.database.execute(
            "UPDATE cloudwatch_alarms SET tags = ? WHERE account = ? AND region = ? AND name = ?",
            (json.dumps(dict(tags)), scope.account, scope.region, name),
        )


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)


def _acts(alarm: Mapping[str, Any], prefix: str | None) -> bool:
    actions = (*alarm.get("AlarmActions", ()), *alarm.get("OKActions", ()))
    return prefix is None or any(action.startswith(prefix) for action in actions)


def _check(params: Params) -> None:
    """Refuses what is no alarm.

    Raises:
        AwsError: MissingParameter, InvalidParameterValue, InvalidParameterCombination.
    """
    for member in ("AlarmName", "ComparisonOperator", "EvaluationPeriods"):
        if params.get(member) in (None, ""):
            raise AwsError("MissingParameter", f"The parameter {member} is required.")
    if params["ComparisonOperator"] not in _COMPARISONS:
        raise _invalid(f"ComparisonOperator must be one of {', '.join(_COMPARISONS)}")
    if params["EvaluationPeriods"] < 1 or params.get("DatapointsToAlarm", 1) < 1:
        raise _invalid("EvaluationPeriods and DatapointsToAlarm must be at least 1")
    if params.get("DatapointsToAlarm", 1) > params["EvaluationPeriods"]:
        raise _invalid("DatapointsToAlarm must be at most EvaluationPeriods")
    if params.get("TreatMissingData", "missing") not in _MISSING:
        raise _invalid(f"TreatMissingData must be one of {', '.join(_MISSING)}")
    if ("Metrics" in params) == ("MetricName" in params):
        raise AwsError(
            "InvalidParameterCombination", "An alarm has either a MetricName, with its Namespace, or Metrics."
        )
    if "MetricName" in params and ("Namespace" not in params or "Period" not in params):
        raise AwsError("MissingParameter", "The parameters Namespace and Period are required.")
    if "MetricName" in params and ("Statistic" in params) == ("ExtendedStatistic" in params):
        raise AwsError(
            "InvalidParameterCombination", "An alarm has either a Statistic or an ExtendedStatistic."
        )
