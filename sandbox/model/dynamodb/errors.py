"""DynamoDB's answers to what it refuses, in its wording.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
"""

from __future__ import annotations

from sandbox.model.awserror import AwsError

_INVALID = "One or more parameter values were invalid: "


def validation(message: str) -> AwsError:
    """A ValidationException."""
    return AwsError("ValidationException", message)


def invalid(message: str) -> AwsError:
    """A ValidationException about the value of a parameter."""
    return AwsError("ValidationException", _INVALID + message)


def constraint(value: object, member: str, rule: str) -> AwsError:
    """A ValidationException about a member's constraint, as AWS's front door words it."""
    return AwsError(
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {rule}",
    )


def no_resource() -> AwsError:
    """An item operation on a table that is not there."""
    return AwsError("ResourceNotFoundException", "Requested resource not found")


def no_table(name: str) -> AwsError:
    """A table operation on a table that is not there."""
    return AwsError("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")
