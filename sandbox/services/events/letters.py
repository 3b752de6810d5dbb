"""What a dead-letter queue is told of an event that could not be delivered.

Page: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from __future__ import annotations

from sandbox.model.delivering import Failure, text_attributes


def dead_letter_attributes(
    rule_arn: str, target_arn: str, failure: Failure, retries: int, exhausted: str | None
) -> dict[str, dict[str, str]]:
    """The message attributes of a dead-lettered event, in the form of the SQS API.

    Args:
        retries: attempts after the first one.
        exhausted: the condition that ended retrying; None when there was no retry.
    """
    values = {
        "RULE_ARN": rule_arn,
        "TARGET_ARN": target_arn,
        "ERROR_CODE": failure.code,
        "ERROR_MESSAGE": failure.message[:1_024] or failure.code,
        "RETRY_ATTEMPTS": str(retries),
    }
    if exhausted is not None:
        values["EXHAUSTED_RETRY_CONDITION"] = exhausted
    return text_attributes(values)
