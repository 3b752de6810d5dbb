"""Event source mappings as the API answers them."""

from __future__ import annotations

from sandbox.services.base import Answer
from sandbox.services.lambda_.records import Mapping


def mapping_answer(mapping: Mapping, last_result: str, state: str = "") -> Answer:
    """A mapping as the API answers it.

    Args:
        last_result: how its last batch went; empty where none has run.
        state: names the change that the call asked for.
    """
    stream = mapping.source_arn.service != "sqs"
    answer: Answer = {
        "UUID": mapping.uuid,
        "BatchSize": mapping.batch_size,
        "MaximumBatchingWindowInSeconds": mapping.window,
        "EventSourceArn": mapping.source,
        "FunctionArn": str(mapping.function_arn),
        "LastModified": mapping.modified,
        "State": state or ("Enabled" if mapping.enabled else "Disabled"),
        "StateTransitionReason": "User action" if stream else "USER_INITIATED",
        "FunctionResponseTypes": ["ReportBatchItemFailures"] if mapping.partial else [],
        "EventSourceMappingArn": str(mapping.arn),
    }
    if mapping.max_concurrency is not None:
        answer["ScalingConfig"] = {"MaximumConcurrency": mapping.max_concurrency}
    if mapping.filters:
        filters = [{"Pattern": pattern} for pattern in mapping.filters]
        answer["FilterCriteria"] = {"Filters": filters}
    if stream:
        answer |= _stream_answer(mapping)
    if last_result:
        answer["LastProcessingResult"] = last_result
    return answer


def _stream_answer(mapping: Mapping) -> Answer:
    """What only mappings of streams show."""
    failure = {"Destination": mapping.on_failure} if mapping.on_failure else {}
    answer: Answer = {
        "StartingPosition": mapping.position,
        "ParallelizationFactor": mapping.parallel,
        "BisectBatchOnFunctionError": mapping.bisect,
        "MaximumRecordAgeInSeconds": mapping.max_age,
        "MaximumRetryAttempts": mapping.max_retries,
        "TumblingWindowInSeconds": 0,
        "DestinationConfig": {"OnFailure": failure},
    }
    if mapping.position_at is not None:
        answer["StartingPositionTimestamp"] = mapping.position_at
    return answer
