"""The errors of SNS as AWS words them.

Page: https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html
"""

from __future__ import annotations

from sandbox.model.awserror import AwsError


def invalid(reason: str) -> AwsError:
    """A parameter that breaks a rule."""
    return AwsError("InvalidParameterException", f"Invalid parameter: {reason}")


def invalid_attribute(reason: str) -> AwsError:
    """An attribute, of those given with a creation, that breaks a rule."""
    return invalid(f"Attributes Reason: {reason}")


def invalid_value(message: str) -> AwsError:
    """A message attribute that breaks a rule."""
    return AwsError("InvalidParameterValueException", message)


def no_topic() -> AwsError:
    """No topic of that ARN."""
    return AwsError("NotFoundException", "Topic does not exist", status=404)


def no_subscription() -> AwsError:
    """No subscription of that ARN."""
    return AwsError("NotFoundException", "Subscription does not exist", status=404)


def no_resource() -> AwsError:
    """Nothing of that ARN that could have tags."""
    return AwsError("ResourceNotFoundException", "Resource does not exist", status=404)
