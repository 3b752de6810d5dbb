"""An error as an AWS service answers it: a code that clients switch on, a message, an HTTP status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class AwsError(Exception):
    """Raised by services, rendered by `wire` in the protocol of the service.

    Args:
        code: the error code, e.g. `QueueDoesNotExist`. `wire` finds the matching exception shape in
            botocore's service model and uses its query-compatible code and status where it has one.
        message: the text, in AWS's wording where it is known.
        status: the HTTP status.
        fields: further members of the error shape (`{"RetryAfterSeconds": "1"}`).
    """

    def __init__(
        self, code: str, message: str, *, status: int = 400, fields: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
        self.fields: Mapping[str, Any] = fields or {}

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class NotImplementedByName(AwsError):  # noqa: N818 - it is the answer, not a failure of ours
    """The refusal of an operation or parameter that the sandbox does not act on (design rule: no
    silent no-ops).
    """

    def __init__(self, service: str, what: str, why: str = "") -> None:
        """A refusal.

        Args:
            what: `operation X`, `parameter Y of X`.
            why: what stands in the way, or does instead; a sentence.
        """
        reason = f"{why} " if why else ""
        super().__init__(
            "NotImplemented",
            f"sandbox does not implement {what} of {service}, and does not pretend to. {reason}"
            f"`sandbox services {service}` lists what it does.",
            status=501,
        )
