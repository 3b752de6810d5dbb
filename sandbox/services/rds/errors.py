"""The errors of RDS, in AWS's codes and wording.

Page: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from sandbox.model.awserror import AwsError


def not_found(identifier: str) -> AwsError:
    """No such instance."""
    return AwsError("DBInstanceNotFound", f"DBInstance {identifier} not found.", status=404)


def already_exists() -> AwsError:
    """The identifier is taken."""
    return AwsError("DBInstanceAlreadyExists", "DB instance already exists")


def invalid_value(message: str) -> AwsError:
    """A parameter has a value that it cannot have."""
    return AwsError("InvalidParameterValue", message)


def invalid_combination(message: str) -> AwsError:
    """Parameters, or a parameter and the state of things, do not go together."""
    return AwsError("InvalidParameterCombination", message)


def missing(parameter: str) -> AwsError:
    """A required parameter was not sent."""
    return AwsError("MissingParameter", f"The request must contain the parameter {parameter}.")


def wrong_state(message: str) -> AwsError:
    """The instance is being made or deleted."""
    return AwsError("InvalidDBInstanceState", message)
