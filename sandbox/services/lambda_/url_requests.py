"""Requests to function URLs: payload format 2.0 in, the function's answer out.

Reference: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote

import msgspec

from sandbox.model.apis.cors import preflight, with_cors
from sandbox.model.apis.messages import clf_time, event_body, forwarded, multi, query_pairs
from sandbox.model.apis.proxy_answer import MalformedAnswerError, read_http_answer
from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.lambda_trace import trace_header
from sandbox.services.lambda_.invocation_hops import Origin
from sandbox.services.lambda_.invoke_operations import InvokeOperations
from sandbox.services.lambda_.qualified import Qualified
from sandbox.services.lambda_.records import FunctionUrl

#: Headers of the connection, or that have a member of their own in the event.
_NOT_SHOWN = frozenset({"x-amzn-trace-id", "connection", "transfer-encoding", "cookie"})


class UrlRequests(InvokeOperations):
    """Serves function URLs, as the front door asks it to."""

    def has_url(self, url_id: str) -> bool:
        """Whether there is a function URL of that id."""
        return self.functions.of_url(url_id) is not None

    async def handle_url(self, url_id: str, request: HttpRequest) -> HttpResponse:
        """Answers a request to a function URL.

        Args:
            request: its path begins after what names the URL.
        """
        found = self.functions.of_url(url_id)
        if found is None:
            return _message(403, "Forbidden")
        named, url = found
        if url.cors is not None and (answer := preflight(url.cors, request)) is not None:
            return answer
        response = await self._answer(named, url, request)
        return response if url.cors is None else with_cors(url.cors, request, response)

    async def _answer(self, named: Qualified, url: FunctionUrl, request: HttpRequest) -> HttpResponse:
        hop = self.kit.recorder.reserve()
        began, request_id = self.clock.elapsed(), self.kit.ids.uuid()
        trace = trace_header(request.header("x-amzn-trace-id"), self.clock.now(), self.kit.ids, active=False)
        event = _event(named, url, request, request_id, trace, self.clock.now())
        origin = Origin(request_id, hop, trace=trace)
        error = ""
        try:
            result = await self._run(named, msgspec.json.encode(event), origin)
            if result.function_error is not None:
                error, response = "the function failed", _message(502, "Internal Server Error")
            else:
                response = read_http_answer(result.payload, "2.0")
        except asyncio.CancelledError:
            # The function runs on, as on AWS; what it causes belongs to this request.
            self._record_request(named, request, origin, began, 499, "the client left before the answer")
            raise
        except MalformedAnswerError as malformed:
            error, response = str(malformed), _message(502, "Internal Server Error")
        except AwsError as refusal:
            error = f"{refusal.code}: {refusal.message}"
            response = _message(refusal.status, refusal.message)
        self._record_request(named, request, origin, began, response.status, error, response.body)
        headers = [*response.headers, ("x-amzn-requestid", request_id), ("x-amzn-trace-id", trace)]
        return HttpResponse(response.status, headers, response.body)

    def _record_request(
        self,
        named: Qualified,
        request: HttpRequest,
        origin: Origin,
        began: float,
        status: int,
        error: str,
        body: bytes | None = None,
    ) -> None:
        self.kit.recorder.record(
            HopKind.HTTP_REQUEST,
            named.function.scope,
            "lambda",
            hop=origin.cause,
            operation=f"{request.method} {request.path}",
            resource=named.arn,
            status="ok" if status < 400 else "error",
            error=error,
            request_id=origin.request_id,
            trace=origin.trace,
            duration_ms=(self.clock.elapsed() - began) * 1000,
            detail={"http_status": status},
            payload=body,
        )


def _event(
    named: Qualified, url: FunctionUrl, request: HttpRequest, request_id: str, trace: str, now: float
) -> dict[str, Any]:
    headers = multi(pair for pair in request.headers if pair[0] not in _NOT_SHOWN)
    headers |= {name.lower(): [value] for name, value in forwarded(request).items()}
    headers["x-amzn-trace-id"] = [trace]
    path = unquote(request.path) or "/"
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.query,
    }
    cookies = [part.strip() for part in request.header("cookie").split(";") if part.strip()]
    if cookies:
        event["cookies"] = cookies
    event["headers"] = {name: ",".join(values) for name, values in headers.items()}
    if query := multi(query_pairs(request.query)):
        event["queryStringParameters"] = {name: ",".join(values) for name, values in query.items()}
    event["requestContext"] = {
        "accountId": "anonymous",
        "apiId": url.id,
        "domainName": f"{url.id}.lambda-url.{named.function.region}.on.aws",
        "domainPrefix": url.id,
        "http": {
            "method": request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.source_ip,
            "userAgent": request.header("user-agent"),
        },
        "requestId": request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": clf_time(now),
        "timeEpoch": int(now * 1000),
    }
    body = event_body(request)
    if body is not None:
        event["body"] = body[0]
    event["isBase64Encoded"] = bool(body and body[1])
    return event


def _message(status: int, text: str) -> HttpResponse:
    return HttpResponse(
        status, [("content-type", "application/json")], msgspec.json.encode({"Message": text})
    )
