"""Refusals of S3, in its words.

Page: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.model.awserror import AwsError


def invalid_argument(message: str, name: str = "", value: str = "") -> AwsError:
    """An argument that is wrong in itself.

    Args:
        name, value: the argument, where one alone is to blame.
    """
    fields = {"ArgumentName": name, "ArgumentValue": value} if name else {}
    return AwsError("InvalidArgument", message, fields=fields)


def unreachable(problems: Mapping[str, str]) -> AwsError:
    """Destinations that cannot be notified.

    Args:
        problems: what is wrong, by the destination's ARN.
    """
    fields: dict[str, str] = {}
    for number, (arn, problem) in enumerate(problems.items(), start=1):
        fields[f"ArgumentName{number}"] = arn
        fields[f"ArgumentValue{number}"] = problem
    return AwsError(
        "InvalidArgument", "Unable to validate the following destination configurations", fields=fields
    )


def no_such_bucket(bucket: str) -> AwsError:
    """There is no bucket of that name."""
    return AwsError(
        "NoSuchBucket", "The specified bucket does not exist", status=404, fields={"BucketName": bucket}
    )


def access_denied() -> AwsError:
    """The bucket is not the expected owner's."""
    return AwsError("AccessDenied", "Access Denied", status=403)
