"""Functions of LocalStack as native services invoke them: by Lambda's own API."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from sandbox.engines.docker.calling import refusal_of
from sandbox.model.arn import Arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.hops import Link
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.ports import AwsHttp, InvokeResult


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
            (),
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
