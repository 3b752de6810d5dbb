"""How each service words its refusals: codes and texts that differ from service to service.

Sources: the API references' pages of common errors, and answers recorded on AWS.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.model.awserror import AwsError

_MISSING = re.compile(r"^Value null at '(.+)' failed to satisfy constraint: Member must not be null$")


@dataclass(frozen=True, slots=True)
class Dialect:
    """The words of one service.

    Attributes:
        invalid: code of a violated constraint.
        missing: code of a missing required parameter where it has its own, else None.
        constraints: whether the service's front checks the model's constraints (SQS checks in its own words).
        malformed: code of a body that cannot be read.
        not_found: code and HTTP status of an operation that does not exist.
    """

    invalid: str = "ValidationException"
    missing: str | None = None
    constraints: bool = True
    malformed: str = "SerializationException"
    not_found: tuple[str, int] = ("UnknownOperationException", 400)

    def violation(self, found: list[str]) -> AwsError:
        """The error for violations found by `check`."""
        if self.missing is not None and (match := _MISSING.match(found[0])):
            name = match.group(1).rsplit(".", 1)[-1]
            return AwsError(
                self.missing, f"The request must contain the parameter {name[:1].upper()}{name[1:]}."
            )
        plural = "" if len(found) == 1 else "s"
        return AwsError(self.invalid, f"{len(found)} validation error{plural} detected: {'; '.join(found)}")


_QUERY = Dialect("ValidationError", malformed="MalformedQueryString", not_found=("InvalidAction", 400))
_REST = Dialect()

_BY_SERVICE = {
    "sqs": Dialect("InvalidParameterValue", "MissingParameter", constraints=False),
    "logs": Dialect("InvalidParameterException"),
    "dynamodb": Dialect(),
    "lambda": Dialect(malformed="InvalidRequestContentException"),
    "apigateway": Dialect("BadRequestException", constraints=False),
    "sns": Dialect("ValidationError", malformed="MalformedQueryString",
                   not_found=("InvalidAction", 400)),
    "rds": Dialect("InvalidParameterValue", "MissingParameter", malformed="MalformedQueryString",
                   not_found=("InvalidAction", 400)),
    "xray": Dialect("InvalidRequestException"),
}  # fmt: skip


def dialect(service: str, protocol: str) -> Dialect:
    """The words of `service` (botocore's name) when it is spoken to in `protocol`."""
    found = _BY_SERVICE.get(service)
    if found is None:
        return _QUERY if protocol in ("query", "ec2") else _REST
    if protocol == "query" and found.not_found[0] != "InvalidAction":
        return Dialect(
            found.invalid, found.missing, found.constraints, "MalformedQueryString", ("InvalidAction", 400)
        )
    return found
