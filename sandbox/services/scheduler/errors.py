"""The errors of EventBridge Scheduler, in AWS's wording where it is known.

Page: https://docs.aws.amazon.com/scheduler/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from sandbox.model.awserror import AwsError


def invalid(message: str) -> AwsError:
    """A request that breaks a rule of the service."""
    return AwsError("ValidationException", message)


def no_schedule(name: str) -> AwsError:
    """No schedule of that name in its group."""
    return AwsError("ResourceNotFoundException", f"Schedule {name} does not exist.", status=404)


def no_group(name: str) -> AwsError:
    """No schedule group of that name."""
    return AwsError("ResourceNotFoundException", f"Schedule group {name} does not exist.", status=404)


def exists(kind: str, name: str) -> AwsError:
    """A schedule or group of that name is there already."""
    return AwsError("ConflictException", f"{kind} {name} already exists.", status=409)
