"""What PutTargets refuses before it stores anything.

Page: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.model.awserror import NotImplementedByName
from sandbox.services.events.errors import invalid
from sandbox.services.events.outlets import Outlets, is_bus
from sandbox.services.events.routing import is_called
from sandbox.services.events.targets import INPUTS, compile_target


def check_target(document: Mapping[str, Any], outlets: Outlets) -> None:
    """Refuses a target that could not be delivered to.

    Raises:
        AwsError: ValidationException, or a kind or member that is refused by name.
    """
    target = compile_target(document)
    if not outlets.supports(target.arn):
        raise NotImplementedByName("events", f"targets of service {target.arn.service}")
    if "HttpParameters" in document and not is_called(target.arn):
        raise invalid(f"Parameter(s) HttpParameters not valid for target: {target.id}.")
    if is_bus(target.arn):
        for member in INPUTS:
            if member in document:
                # Another bus gets events as they are.
                raise NotImplementedByName("events", f"{member} of targets that are event buses")
    is_fifo = target.arn.service == "sqs" and target.arn.name.endswith(".fifo")
    if is_fifo and not target.group_id:
        raise invalid(f"Parameter(s) SqsParameters must be specified for target: {target.id}.")
    if target.arn.service != "sqs" and "SqsParameters" in document:
        raise invalid(f"Parameter(s) SqsParameters not valid for target: {target.id}.")
