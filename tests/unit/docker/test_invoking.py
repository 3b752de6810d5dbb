"""HTTP APIs on the Docker engine: functions by Lambda's API, access logs by that of CloudWatch Logs."""

from __future__ import annotations

import asyncio
import json

import pytest

from sandbox.engines.docker.invoking import ContainerInvoker
from sandbox.engines.docker.log_groups import ContainerLogs
from sandbox.model.arn import function_arn
from sandbox.model.awserror import AwsError
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.scope import Scope
from tests.support.fakes import FakeAws

FUNCTION = function_arn(Scope(), "f")


def test_a_function_is_invoked_by_its_arn() -> None:
    aws = FakeAws()
    headers = [("X-Amz-Function-Error", "Unhandled"), ("x-amzn-RequestId", "r")]
    aws.answer = lambda service, request: HttpResponse(200, headers, b'{"a":1}')
    invoker = ContainerInvoker(aws)
    result = asyncio.run(invoker.invoke(FUNCTION, b"{}", cause=7, trace="Root=1"))
    assert (result.payload, result.function_error, result.request_id) == (b'{"a":1}', "Unhandled", "r")
    ((service, request, call),) = aws.sent
    assert (service, request.body, call.hop, call.trace) == ("lambda", b"{}", 7, "Root=1")
    assert request.path.endswith("function%3Af/invocations")
    assert request.header("x-amz-invocation-type") == "RequestResponse"


def test_a_function_that_cannot_be_invoked() -> None:
    aws = FakeAws(answer=lambda service, request: HttpResponse(404, [], b"gone"))
    with pytest.raises(AwsError, match="gone"):
        asyncio.run(ContainerInvoker(aws).invoke(FUNCTION, b"{}", cause=None))


def test_a_throttled_function_is_told_from_other_refusals() -> None:
    headers = [("x-amzn-ErrorType", "TooManyRequestsException:http://x")]
    aws = FakeAws(answer=lambda service, request: HttpResponse(429, headers, b'{"message":"Rate exceeded"}'))
    with pytest.raises(AwsError) as found:
        asyncio.run(ContainerInvoker(aws).invoke(FUNCTION, b"{}", cause=None))
    assert (found.value.code, found.value.message, found.value.status) == (
        "TooManyRequestsException",
        "Rate exceeded",
        429,
    )


def test_lines_are_written_in_order_to_a_stream_that_is_made_once() -> None:
    groups: set[str] = set()

    def answer(service: str, request: HttpRequest) -> HttpResponse:
        wanted = (request.header("x-amz-target") or "").rpartition(".")[2]
        if wanted == "CreateLogGroup":
            groups.add("/g")
        return HttpResponse(400 if wanted == "CreateLogStream" and not groups else 200, [], b"{}")

    aws = FakeAws(answer=answer)

    async def run() -> None:
        logs = ContainerLogs(aws)
        for text in ("um", "dois"):
            logs.write(Scope(), "/g", "s", [(1.5, text)], cause=3)
        await logs.stop()

    asyncio.run(run())
    asked = [request.header("x-amz-target").rpartition(".")[2] for _, request, _ in aws.sent]
    assert asked == ["CreateLogStream", "CreateLogGroup", "CreateLogStream", "PutLogEvents", "PutLogEvents"]
    written = [json.loads(request.body)["logEvents"] for _, request, _ in aws.sent[3:]]
    assert written == [[{"timestamp": 1500, "message": "um"}], [{"timestamp": 1500, "message": "dois"}]]
