"""What the execution log says of a request on its way, in AWS's words."""

from __future__ import annotations

from sandbox.model.arn import Arn
from sandbox.model.ports import InvokeResult
from sandbox.services.apigateway.execution_log import shown_map
from sandbox.services.apigateway.request_context import Exchange
from sandbox.services.apigateway.routing import Match

#: Characters of a body that a line may show; lines are cut further where they are written.
_KEPT = 4096


def begin(exchange: Exchange, match: Match) -> None:
    """The request as it came."""
    log, request = exchange.log, exchange.request
    log.say(f"Starting execution for request: {exchange.request_id}")
    log.say(f"HTTP Method: {request.method}, Resource Path: {match.resource.path}")
    if not log.traces:
        return
    names = request.names or [name for name, _ in request.headers]
    headers = {name: value for name, (_, value) in zip(names, request.headers, strict=True)}
    log.show(f"Method request path: {shown_map(match.parameters)}")
    log.show(f"Method request query string: {shown_map(exchange.parameters['querystring'])}")
    log.show(f"Method request headers: {shown_map(headers)}")
    log.show(f"Method request body before transformations: {text(request.body)}")


def to_function(exchange: Exchange, function: Arn, event: bytes) -> None:
    """What a function is sent."""
    log = exchange.log
    if not log.traces:
        return
    path = f"/2015-03-31/functions/{function}/invocations"
    host = f"lambda.{function.region}.amazonaws.com"
    headers = {
        "x-amzn-lambda-integration-tag": exchange.request_id,
        "x-amzn-apigateway-api-id": exchange.live.api_id,
        "Accept": "application/json",
        "User-Agent": f"AmazonAPIGateway_{exchange.live.api_id}",
        "X-Amzn-Trace-Id": exchange.trace,
    }
    log.show(f"Endpoint request URI: https://{host}{path}")
    log.show(f"Endpoint request headers: {shown_map(headers)}")
    log.show(f"Endpoint request body after transformations: {text(event)}")
    log.show(f"Sending request to https://{host}{path}")


def from_function(exchange: Exchange, result: InvokeResult, latency_ms: float) -> None:
    """What a function answered.

    Args:
        latency_ms: real milliseconds.
    """
    log = exchange.log
    if not log.traces:
        return
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(result.payload)),
        "x-amzn-RequestId": result.request_id,
        "X-Amzn-Trace-Id": exchange.trace,
    }
    log.show(f"Received response. Status: 200, Integration latency: {int(latency_ms)} ms")
    log.show(f"Endpoint response headers: {shown_map(headers)}")
    log.show(f"Endpoint response body before transformations: {text(result.payload)}")


def text(body: bytes) -> str:
    """A body as a line shows it."""
    return body[:_KEPT].decode(errors="replace")
