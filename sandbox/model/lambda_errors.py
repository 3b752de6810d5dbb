"""The errors of the Lambda API, in AWS's wording.

Reference: https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html and each operation's own page.
"""

from __future__ import annotations

from typing import Any

from sandbox.model.awserror import AwsError

RESERVED_LIMIT = "ReservedFunctionConcurrentInvocationLimitExceeded"
ACCOUNT_LIMIT = "ConcurrentInvocationLimitExceeded"
RECURSIVE = "RecursiveInvocationException"
THROTTLED = "TooManyRequestsException"


def lambda_error(code: str, message: str, status: int = 400, **fields: Any) -> AwsError:
    """An error of the Lambda API: every one carries `Type`, whose fault it is.

    Args:
        code: name of the exception shape.
        message: the text.
        status: the HTTP status.
        fields: further members of the shape (`Reason`).
    """
    return AwsError(
        code, message, status=status, fields={"Type": "Service" if status >= 500 else "User", **fields}
    )


def invalid(message: str) -> AwsError:
    """`InvalidParameterValueException`."""
    return lambda_error("InvalidParameterValueException", message)


def function_not_found(arn: str) -> AwsError:
    """The function (or the version of it) that an ARN names does not exist."""
    return lambda_error("ResourceNotFoundException", f"Function not found: {arn}", 404)


def resource_not_found(message: str = "The resource you requested does not exist.") -> AwsError:
    """Something other than a function does not exist."""
    return lambda_error("ResourceNotFoundException", message, 404)


def conflict(message: str) -> AwsError:
    """`ResourceConflictException`."""
    return lambda_error("ResourceConflictException", message, 409)


def stale_revision() -> AwsError:
    """The caller's `RevisionId` is not the latest one."""
    return lambda_error(
        "PreconditionFailedException",
        "The RevisionId provided does not match the latest RevisionId. Call the "
        "GetFunction/GetAlias API to retrieve the latest RevisionId for your resource.",
        412,
    )


def throttled(reason: str) -> AwsError:
    """No concurrency is left; `reason` is `RESERVED_LIMIT` or `ACCOUNT_LIMIT`."""
    return lambda_error(THROTTLED, "Rate Exceeded.", 429, Reason=reason)


def recursive() -> AwsError:
    """The function ran too often in one chain of requests."""
    return lambda_error(
        RECURSIVE,
        "Lambda has detected your function being invoked in a recursive loop with other AWS resources and "
        "stopped your function's invocation.",
    )


def request_too_large(limit: int) -> AwsError:
    """The payload of an invocation is above `limit` bytes."""
    return lambda_error(
        "RequestTooLargeException",
        f"Request must be smaller than {limit} bytes for the InvokeFunction operation",
        413,
    )


def bad_content(why: str) -> AwsError:
    """The payload or the client context of an invocation cannot be read."""
    return lambda_error("InvalidRequestContentException", why)


def service_failure(message: str) -> AwsError:
    """The sandbox itself failed to run the function: a system error, as AWS's 500-series are."""
    return lambda_error("ServiceException", message, 500)
