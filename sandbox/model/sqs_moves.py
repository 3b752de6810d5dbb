"""Message move tasks: the handle and the states of a redrive that SQS runs by itself.

Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode, b64encode

from sandbox.model.arn import Arn, parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.sqs_errors import invalid_parameter

MOST_PER_SECOND = 500
MOST_LISTED = 10

RUNNING, COMPLETED, CANCELLED, FAILED = "RUNNING", "COMPLETED", "CANCELLED", "FAILED"
#: Reasons of failure, as ListMessageMoveTasks names them.
NO_QUEUE = "AWS.SimpleQueueService.NonExistentQueue"
NO_SOURCE = "CouldNotDetermineMessageSource"


def task_handle(task: str, source: Arn) -> str:
    """The handle of a task by its id."""
    return b64encode(json.dumps({"taskId": task, "sourceArn": str(source)}).encode()).decode()


def parse_task_handle(handle: str) -> tuple[str, Arn]:
    """Id and source queue of the task that a handle stands for.

    Raises:
        AwsError: InvalidParameterValue: StartMessageMoveTask never gave it.
    """
    try:
        fields = json.loads(b64decode(handle, validate=True))
        return str(fields["taskId"]), parse_arn(fields["sourceArn"])
    except (binascii.Error, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise invalid_parameter("Value for parameter TaskHandle is invalid.") from None


def no_resource(parameter: str) -> AwsError:
    """The queue that a parameter names does not exist."""
    return AwsError(
        "ResourceNotFoundException",
        f"The resource that you specified for the {parameter} parameter doesn't exist.",
    )
