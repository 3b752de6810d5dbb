"""From the parameters of an event source mapping to its record."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sandbox.model.arn import Arn, is_arn, parse_arn
from sandbox.model.awserror import NotImplementedByName
from sandbox.model.lambda_errors import invalid
from sandbox.model.lambda_limits import Violations
from sandbox.model.lambda_streams import MAX_PARALLEL, MAX_RECORD_AGE, MAX_STREAM_RETRIES, MIN_RECORD_AGE
from sandbox.services.lambda_.destinations import Destinations

MAX_BATCH = 10_000

#: Members that only streams have, with the value that changes nothing.
_STREAM_ONLY: dict[str, Any] = {
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {},
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "TumblingWindowInSeconds": 0,
}


def source_of(params: dict[str, Any], streams: Collection[str]) -> Arn:
    """The queue or stream that a request names as its event source.

    Args:
        streams: the services whose streams can be read.

    Raises:
        AwsError: none is named, it is no ARN, or its kind is refused by name.
    """
    text = params.get("EventSourceArn")
    if not text:
        raise invalid("Unrecognized event source.")
    if not is_arn(text):
        raise invalid(f"Unrecognized event source: {text} is not an ARN.")
    arn = parse_arn(text)
    if arn.service != "sqs" and arn.service not in streams:
        raise NotImplementedByName("lambda", f"event sources of kind {arn.service}")
    return arn


def position_of(params: dict[str, Any], source: Arn) -> dict[str, Any]:
    """Where a stream is begun.

    Raises:
        AwsError: a stream has no position, or a queue has one.
    """
    position, at = params.get("StartingPosition"), params.get("StartingPositionTimestamp")
    if source.service == "sqs":
        if position is not None or at is not None:
            raise invalid("StartingPosition is not valid for SQS event sources.")
        return {}
    if position is None:
        raise invalid(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null."
        )
    allowed = ("LATEST", "TRIM_HORIZON") if source.service == "dynamodb" else _POSITIONS
    found = Violations()
    found.one_of(position, "startingPosition", _POSITIONS)
    found.check()
    if position not in allowed:
        raise invalid(f"Unsupported starting position for {source.service} event sources: {position}")
    if (position == "AT_TIMESTAMP") != (at is not None):
        raise invalid("StartingPositionTimestamp belongs to StartingPosition AT_TIMESTAMP.")
    return {"position": position, "position_at": None if at is None else _seconds(at)}


_POSITIONS = ("TRIM_HORIZON", "LATEST", "AT_TIMESTAMP")


def changes(params: dict[str, Any], source: Arn, destinations: Destinations) -> dict[str, Any]:
    """The fields of a mapping that a request sets.

    Raises:
        AwsError: a value is out of range, or a parameter does not belong to the source or is refused by name.
    """
    queue = source.service == "sqs"
    _check(params, queue)
    scaling, types = params.get("ScalingConfig"), params.get("FunctionResponseTypes")
    fields: dict[str, Any] = {
        "batch_size": params.get("BatchSize"),
        "window": params.get("MaximumBatchingWindowInSeconds"),
        "enabled": params.get("Enabled"),
        "partial": None if types is None else bool(types),
        "bisect": params.get("BisectBatchOnFunctionError"),
        "max_age": params.get("MaximumRecordAgeInSeconds"),
        "max_retries": params.get("MaximumRetryAttempts"),
        "parallel": params.get("ParallelizationFactor"),
    }
    fields = {name: value for name, value in fields.items() if value is not None}
    if (criteria := params.get("FilterCriteria")) is not None:
        fields["filters"] = [one.get("Pattern") or "" for one in criteria.get("Filters") or ()]
    if scaling is not None:
        fields["max_concurrency"] = scaling.get("MaximumConcurrency")
    if not queue and (config := params.get("DestinationConfig")) is not None:
        target = (config.get("OnFailure") or {}).get("Destination")
        fields["on_failure"] = destinations.check_of_records(target) if target else None
    return fields


def _check(params: dict[str, Any], queue: bool) -> None:
    found = Violations()
    found.between(params.get("BatchSize"), "batchSize", 1, MAX_BATCH)
    found.between(params.get("MaximumBatchingWindowInSeconds"), "maximumBatchingWindowInSeconds", 0, 300)
    most = (params.get("ScalingConfig") or {}).get("MaximumConcurrency")
    found.between(most, "scalingConfig.maximumConcurrency", 2, 1000)
    for name in params.get("FunctionResponseTypes") or ():
        found.one_of(name, "functionResponseTypes", ("ReportBatchItemFailures",))
    if (age := params.get("MaximumRecordAgeInSeconds")) != -1:
        found.between(age, "maximumRecordAgeInSeconds", MIN_RECORD_AGE, MAX_RECORD_AGE)
    found.between(params.get("MaximumRetryAttempts"), "maximumRetryAttempts", -1, MAX_STREAM_RETRIES)
    found.between(params.get("ParallelizationFactor"), "parallelizationFactor", 1, MAX_PARALLEL)
    found.check()
    if queue:
        for name, neutral in _STREAM_ONLY.items():
            if params.get(name, neutral) != neutral:
                raise invalid(f"Unsupported {name} parameter for given event source mapping type.")
        return
    if params.get("ScalingConfig"):
        raise invalid("Unsupported ScalingConfig parameter for given event source mapping type.")
    if (params.get("DestinationConfig") or {}).get("OnSuccess"):
        raise invalid("Unsupported DestinationConfig parameter for given event source mapping type.")
    failure = (params.get("DestinationConfig") or {}).get("OnFailure")
    if failure is not None and "Destination" not in failure:
        raise invalid("The Destination field is required for an OnFailure configuration.")
    if params.get("TumblingWindowInSeconds"):
        raise NotImplementedByName("lambda", "parameter TumblingWindowInSeconds")


def _seconds(at: Any) -> float:
    return float(at.timestamp()) if hasattr(at, "timestamp") else float(at)
