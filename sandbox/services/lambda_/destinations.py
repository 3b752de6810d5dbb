"""Where the results of asynchronous invocations go: destinations and the dead-letter queue.

Reference: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.model.arn import is_arn, parse_arn
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.hops import HopKind
from sandbox.model.lambda_async import (
    Condition,
    Ending,
    dead_letter_attributes,
    destination_event,
    destination_record,
)
from sandbox.model.lambda_errors import invalid
from sandbox.model.ports import Deliverer, Delivery
from sandbox.services.base import Kit
from sandbox.services.lambda_.qualified import Qualified
from sandbox.services.lambda_.records import Function

_TAKES = frozenset({"sqs", "sns", "lambda", "events"})
#: What is told of the records of a stream that are given up, on AWS.
_TOLD_OF_RECORDS = frozenset({"sqs", "sns", "s3"})


class Destinations:
    """Sends results on.

    Args:
        deliverer: None where nothing can be delivered; destinations are refused by name then.
    """

    def __init__(self, kit: Kit, deliverer: Deliverer | None) -> None:
        self._kit = kit
        self._deliverer = deliverer

    def check(self, target: str, parameter: str, function: str = "") -> str:
        """Checks a target at configuration time and returns it.

        Args:
            parameter: how the request calls it, for the refusal.
            function: ARN of the function, which cannot be its own destination.

        Raises:
            AwsError: not an ARN, or a kind that is not delivered to.
        """
        if not is_arn(target):
            raise invalid(f"{parameter}: {target} is not an ARN")
        arn = parse_arn(target)
        if target == function:
            raise invalid("You can't specify the function as a destination for itself.")
        if self._deliverer is None or arn.service not in _TAKES or not self._deliverer.supports(arn):
            raise NotImplementedByName("lambda", f"{parameter} of kind {arn.service}")
        return target

    def check_dead_letter(self, target: str) -> str:
        """Checks the target of a dead-letter queue and returns it.

        Raises:
            AwsError: it is neither a queue nor a topic, or a kind that is not delivered to.
        """
        if is_arn(target) and parse_arn(target).service not in ("sqs", "sns"):
            raise invalid(f"The dead-letter target {target} must be an SQS queue or an SNS topic.")
        return self.check(target, "DeadLetterConfig")

    def check_of_records(self, target: str) -> str:
        """Checks what shall be told of the records of a stream that are given up, and returns it.

        Functions and event buses are told of asynchronous invocations alone.

        Raises:
            AwsError: `InvalidParameterValueException`, AWS tells none of its kind; or none is told here.
        """
        if is_arn(target) and parse_arn(target).service not in _TOLD_OF_RECORDS:
            raise invalid(f"The destination ARN {target} is invalid.")
        return self.check(target, "DestinationConfig.OnFailure")

    async def send(self, named: Qualified, ending: Ending, cause: int | None, trace: str | None) -> None:
        """Sends the result of an asynchronous invocation to where the function says.

        What cannot be delivered is dropped, as on AWS (it only counts a metric); the journal keeps it.
        """
        function, config = named.main, named.invoke_config
        succeeded = ending.condition is Condition.SUCCESS
        target = (config.on_success if succeeded else config.on_failure) if config else None
        if target:
            record = destination_record(ending, self._kit.clock.now())
            event_id = ""
            if parse_arn(target).service == "events":
                event_id = self._kit.ids.uuid()
                record = destination_event(ending, record, event_id, function.scope, self._kit.clock.now())
            await self.deliver(function, target, record.decode(), {}, cause, trace, event_id)
        if function.dead_letter and not succeeded:
            body = ending.event.decode("utf-8", "replace")
            attributes = dead_letter_attributes(ending)
            await self.deliver(function, function.dead_letter, body, attributes, cause, trace)

    async def deliver(
        self,
        function: Function,
        target: str,
        body: str,
        attributes: Mapping[str, Mapping[str, Any]],
        cause: int | None,
        trace: str | None,
        event_id: str = "",
    ) -> None:
        """Delivers; what cannot be delivered is in the journal, and is no error for who asks."""
        try:
            if self._deliverer is None:
                raise invalid(f"nothing delivers to {target}")
            await self._deliverer.deliver(
                Delivery(parse_arn(target), body, cause, trace, attributes, event_id=event_id)
            )
        except Exception as error:
            # Whatever happened, the event must end: nobody waits for this delivery, the journal tells of it.
            self._kit.recorder.record(
                HopKind.DELIVERY_FAILED,
                function.scope,
                "lambda",
                cause=cause,
                resource=target,
                status="error",
                error=str(error) if isinstance(error, AwsError) else f"{type(error).__name__}: {error}",
                trace=trace,
                function=str(function.arn),
                payload=body,
            )
