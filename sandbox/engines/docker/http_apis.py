"""What HTTP APIs need of the containers: functions to invoke, and log groups to write to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from sandbox.engines.docker.lambda_api import refusal_of
from sandbox.model.arn import Arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.hops import Link
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.ports import AwsHttp, InvokeResult
from sandbox.model.scope import Scope

log = logging.getLogger(__name__)


class ContainerInvoker:
    """Implements the port `Invoker` by Lambda's own API, wherever that is answered.

    Args:
        aws: reaches it.
    """

    def __init__(self, aws: AwsHttp) -> None:
        self._aws = aws

    async def invoke(
        self,
        function: Arn,
        payload: bytes,
        *,
        cause: int | None,
        links: Sequence[Link] = (),
        trace: str | None = None,
    ) -> InvokeResult:
        """Invokes and waits; see `Invoker.invoke`."""
        answer = await self._send(function, payload, "RequestResponse", cause, trace)
        headers = {name.lower(): value for name, value in answer.headers}
        return InvokeResult(
            answer.body,
            headers.get("x-amz-function-error"),
            headers.get("x-amz-log-result", ""),
            headers.get("x-amzn-requestid", ""),
            cause or 0,
            headers.get("x-amz-executed-version", ""),
        )

    def accept(self, function: Arn, payload: bytes, *, cause: int | None, trace: str | None = None) -> int:
        """Nothing here invokes asynchronously on this engine.

        Raises:
            AwsError: always.
        """
        raise AwsError("NotImplemented", f"{function} is not invoked asynchronously here", status=501)

    async def _send(
        self, function: Arn, payload: bytes, kind: str, cause: int | None, trace: str | None
    ) -> HttpResponse:
        headers = [("content-type", "application/json"), ("x-amz-invocation-type", kind)]
        if trace:
            headers.append(("x-amzn-trace-id", trace))
        path = f"/2015-03-31/functions/{quote(str(function), safe='')}/invocations"
        request = HttpRequest("POST", path, headers=headers, body=payload)
        answer = await self._aws.send("lambda", request, Call(scope=function.scope, hop=cause, trace=trace))
        if answer.status >= 400:
            raise refusal_of(answer)
        return answer


class ContainerLogs:
    """Implements the port `LogSink` by the API of CloudWatch Logs; what cannot be written is said in our log.

    Args:
        aws: reaches it.
    """

    def __init__(self, aws: AwsHttp) -> None:
        self._aws = aws
        self._known: set[tuple[Scope, str, str]] = set()
        self._order = asyncio.Lock()
        self._writing: set[asyncio.Task[None]] = set()

    def write(
        self,
        scope: Scope,
        group: str,
        stream: str,
        lines: Sequence[tuple[float, str]],
        *,
        cause: int | None = None,
    ) -> None:
        """Appends lines, in order; see `LogSink.write`."""
        task = asyncio.ensure_future(self._write(scope, group, stream, list(lines), cause))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def stop(self) -> None:
        """Waits until what was given is written."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    async def _write(
        self,
        scope: Scope,
        group: str,
        stream: str,
        lines: list[tuple[float, str]],
        cause: int | None,
    ) -> None:
        async with self._order:
            if (scope, group, stream) not in self._known:
                names = {"logGroupName": group, "logStreamName": stream}
                made = await self._call(scope, cause, "CreateLogStream", names)
                if made.status >= 400:  # no such group: most often a template has made it
                    await self._call(scope, cause, "CreateLogGroup", {"logGroupName": group})
                    await self._call(scope, cause, "CreateLogStream", names)
                self._known.add((scope, group, stream))
            events = [{"timestamp": int(when * 1000), "message": text} for when, text in lines]
            body = {"logGroupName": group, "logStreamName": stream, "logEvents": events}
            answer = await self._call(scope, cause, "PutLogEvents", body)
            if answer.status >= 400:
                log.warning("nothing was written to %s: %s", group, answer.body[:500])

    async def _call(self, scope: Scope, cause: int | None, operation: str, body: object) -> HttpResponse:
        headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", f"Logs_20140328.{operation}"),
        ]
        request = HttpRequest("POST", "/", headers=headers, body=msgspec.json.encode(body))
        return await self._aws.send("logs", request, Call(scope=scope, hop=cause))
