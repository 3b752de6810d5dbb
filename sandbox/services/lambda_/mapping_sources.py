"""What queues and streams ask of the mappings that read them.

Reference: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
"""

from __future__ import annotations

from collections.abc import Mapping as SourceMapping

from sandbox.model.lambda_errors import invalid
from sandbox.model.ports import EventSource, StreamSource
from sandbox.services.lambda_.records import Function, Mapping

MAX_BATCH_WITHOUT_WINDOW = 10


class MappingSources:
    """Checks mappings against what they read.

    Args:
        sources: queues. streams: by the service part of their ARNs.
    """

    def __init__(self, sources: EventSource, streams: SourceMapping[str, StreamSource]) -> None:
        self._sources = sources
        self._streams = streams

    def check(self, mapping: Mapping, function: Function) -> None:
        """Checks that the source is there and allows what the mapping says.

        Raises:
            AwsError: `InvalidParameterValueException`.
        """
        if mapping.source_arn.service == "sqs":
            self._check_queue(mapping, function)
        else:
            check_stream(self._streams[mapping.source_arn.service], mapping)

    def _check_queue(self, mapping: Mapping, function: Function) -> None:
        queue = mapping.source_arn
        if mapping.batch_size > MAX_BATCH_WITHOUT_WINDOW and not mapping.window:
            raise invalid(
                "Maximum batch window in seconds must be greater than 0 "
                "if maximum batch size is greater than 10"
            )
        if queue.resource.endswith(".fifo"):
            _check_fifo(mapping)
        if not self._sources.exists(queue):
            raise invalid(
                "Error occurred while ReceiveMessage. SQS Error Code: "
                "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: "
                "The specified queue does not exist."
            )
        visible = int(self._sources.visibility_timeout(queue))
        if visible < function.timeout:
            raise invalid(
                f"Queue visibility timeout: {visible} seconds is less than "
                f"Function timeout: {function.timeout} seconds"
            )


def check_stream(streams: StreamSource, mapping: Mapping) -> None:
    """Checks that a stream is there.

    Raises:
        AwsError: `InvalidParameterValueException`.
    """
    if not streams.exists(mapping.source_arn):
        raise invalid(f"Stream not found: {mapping.source}")


def _check_fifo(mapping: Mapping) -> None:
    if mapping.window:
        raise invalid("Batching window is not supported for FIFO queues.")
    if mapping.batch_size > MAX_BATCH_WITHOUT_WINDOW:
        raise invalid("BatchSize of a FIFO queue must be less than or equal to 10.")
