"""Faults at the front door: a call that is throttled, fails, or takes longer, before its service sees it.

Pages: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html,
https://docs.aws.amazon.com/eventbridge/latest/APIReference/CommonErrors.html,
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.ports import Fault, FaultPoint

T = TypeVar("T")
#: What services answer when they throttle: code and status.
_THROTTLES = {
    "sqs": ("RequestThrottled", 400),
    "lambda": ("TooManyRequestsException", 429),
    "apigateway": ("TooManyRequestsException", 429),
    "execute-api": ("TooManyRequestsException", 429),
    "logs": ("ThrottlingException", 400),
    "sns": ("Throttled", 400),
    "s3": ("SlowDown", 503),
}
_THROTTLE = ("ThrottlingException", 400)
#: What services answer when something of theirs failed with status 500.
_FAILURES = {
    "events": "InternalException",
    "lambda": "ServiceException",
    "dynamodb": "InternalServerError",
    "sqs": "InternalError",
    "s3": "InternalError",
    "logs": "ServiceUnavailableException",
}
_BY_STATUS = {503: "ServiceUnavailable", 504: "GatewayTimeout"}
_KINDS = ("latency", "throttle", "error")
_MESSAGE = "Injected fault"


class Faulty:
    """Lets calls through, or has them fail.

    Args:
        faults: the plan.
    """

    def __init__(self, faults: FaultPoint) -> None:
        self._faults = faults

    @property
    def planned(self) -> bool:
        """Whether a fault can strike a call at all."""
        return self._faults.planned(*_KINDS)

    async def around(
        self, service: str, operation: str, call: Call, resource: str, work: Callable[[Call], Awaitable[T]]
    ) -> T:
        """Does the work of a call, unless a fault is due.

        Args:
            call: what the work is for; where a fault struck, the work follows from that.

        Raises:
            AwsError: what was injected, or what the work raises.
        """
        if not self.planned:
            return await work(call)
        if late := self._due("latency", service, operation, call, resource):
            call = msgspec.structs.replace(call, hop=late.hop)
            await asyncio.sleep(late.settings["seconds"])
        if self._due("throttle", service, operation, call, resource):
            code, status = _THROTTLES.get(service, _THROTTLE)
            raise AwsError(code, f"Rate exceeded ({_MESSAGE.lower()})", status=status)
        failed = self._due("error", service, operation, call, resource)
        if failed is None:
            return await work(call)
        if failed.settings["done"]:
            await work(msgspec.structs.replace(call, hop=failed.hop))
        raise _failure(service, failed)

    def _due(self, kind: str, service: str, operation: str, call: Call, resource: str) -> Fault | None:
        return self._faults.check(
            kind,
            call.scope,
            service=service,
            cause=call.hop,
            operation=operation,
            resource=resource,
            function=call.caller.function or "",
        )


def _failure(service: str, fault: Fault) -> AwsError:
    status: int = fault.settings["status"]
    code = fault.settings["code"] or _BY_STATUS.get(status) or _FAILURES.get(service, "InternalFailure")
    return AwsError(code, _MESSAGE, status=status)
