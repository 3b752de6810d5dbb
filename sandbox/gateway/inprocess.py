"""AWS calls made inside the process: checked and recorded as at the front door, without HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox.gateway.dispatch import Dispatcher, Native, Origin
from sandbox.gateway.foreign import ForeignCalls
from sandbox.gateway.routes import fill_queue_url
from sandbox.gateway.tap import resource_of
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call, Caller
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.scope import Scope
from sandbox.wire.check import shown
from sandbox.wire.incoming import Incoming
from sandbox.wire.names import SIGNING_NAMES
from sandbox.wire.wire import Wire


class InProcessClient:
    """The port `AwsClient` over the services of this process; what is not native goes to the long tail.

    Args:
        dispatcher: the gateway's own (`Gateway.dispatcher`).
        wire: the gateway's own (`Gateway.wire`).
        own: whether the sandbox itself is who calls, and not a part of the system: no fault strikes it.
    """

    def __init__(self, dispatcher: Dispatcher, wire: Wire, *, own: bool = False) -> None:
        self._dispatcher = dispatcher
        self._wire = wire
        self._own = own
        self._foreign = ForeignCalls()

    async def call(
        self, service: str, operation: str, params: Mapping[str, Any], call: Call | None = None
    ) -> dict[str, Any]:
        """Runs `operation` of `service` (botocore's names) and returns its output, moments as epoch seconds.

        Args:
            call: on whose behalf: its scope, caller and trace are taken over, and its hop is the cause.

        Raises:
            AwsError: what the service answered; an unknown service or operation too.
        """
        self._must_exist(service, operation)
        who = self._dispatcher.find(service, operation)
        origin = _origin(call or Call(), own=self._own)
        request_id = self._dispatcher.ids.uuid()
        if isinstance(who, Native):
            return await self._dispatcher.call(
                service,
                operation,
                who,
                origin,
                request_id,
                lambda: self._wire.accept(service, operation, params),
                shown(params).encode(),
            )
        accepted = self._wire.accept(service, operation, params)
        # botocore loads its own model of the service at the first call: tens of milliseconds.
        request = await asyncio.to_thread(self._foreign.request, service, operation, accepted, origin.scope)
        response = await self._dispatcher.forward(
            who, service, operation, origin, request, request_id, resource_of(accepted)
        )
        await self._dispatcher.stored(request_id)
        return self._foreign.output(service, operation, response)

    async def look(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Runs an operation that only reads, of a service that is not native, without a hop in the journal.

        Raises:
            AwsError: what the service answered.
        """
        self._must_exist(service, operation)
        who = self._dispatcher.find(service, operation)
        if isinstance(who, Native):
            return await self.call(service, operation, params)
        accepted = self._wire.accept(service, operation, params)
        request = await asyncio.to_thread(self._foreign.request, service, operation, accepted, Scope())
        return self._foreign.output(service, operation, await who.forward(service, operation, request))

    def _must_exist(self, service: str, operation: str) -> None:
        if service not in self._wire.models:
            raise AwsError("UnknownService", f"there is no AWS service {service!r}", status=404)
        if operation not in self._wire.models[service].operations:
            raise AwsError("UnknownOperationException", f"{service} has no operation {operation!r}")


def _origin(call: Call, *, own: bool = False) -> Origin:
    caller = call.caller if call.caller.arn else Caller(arn=f"arn:aws:iam::{call.scope.account}:root")
    return Origin(call.scope, caller, call.hop, call.endpoint, call.trace, own)


class InProcessHttp:
    """The port `AwsHttp`: a request in a service's own protocol, served as at the front door but unsigned.

    Args:
        dispatcher: the gateway's own (`Gateway.dispatcher`).
        wire: the gateway's own (`Gateway.wire`).
    """

    def __init__(self, dispatcher: Dispatcher, wire: Wire) -> None:
        self._dispatcher = dispatcher
        self._wire = wire

    async def send(self, service: str, request: HttpRequest, call: Call, action: str = "") -> HttpResponse:
        """The service's answer; see `AwsHttp.send`."""
        if action:
            request = self._named(service, request, action)
        request_id = self._dispatcher.ids.uuid()
        credential = f"{call.scope.account}/20240101/{call.scope.region}/{service}/aws4_request"
        signature = ("authorization", f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=, Signature=")
        headers = [*(pair for pair in request.headers if pair[0] != "authorization"), signature]
        incoming = Incoming(request.method, request.path, request.query, dict(headers), request.body)
        target = self._wire.identify(incoming)
        fill_queue_url(incoming, target, call.endpoint)
        try:
            if target.error is not None:
                raise target.error
            who = self._dispatcher.find(target.service, target.operation)
            origin = _origin(call)
            if isinstance(who, Native):
                answer = await self._dispatcher.call(
                    target.service,
                    target.operation,
                    who,
                    origin,
                    request_id,
                    lambda: self._wire.parse(target, incoming),
                    request.body,
                )
                return self._wire.answer(target, answer, request_id)
            signed = msgspec.structs.replace(request, headers=[*headers, ("host", "127.0.0.1")])
            response = await self._dispatcher.forward(
                who, target.service, target.operation, origin, signed, request_id, ""
            )
            await self._dispatcher.stored(request_id)
            return response
        except AwsError as error:
            return self._wire.error(target, error, request_id)

    def _named(self, service: str, request: HttpRequest, action: str) -> HttpRequest:
        """The request with its operation where the service's protocol has it."""
        name = SIGNING_NAMES.get(service, service)
        if name not in self._wire.models:
            return request
        metadata = self._wire.models[name].metadata
        if not metadata.target_prefix or service == "sqs":  # API Gateway speaks the query protocol to SQS
            query = "&".join(part for part in (request.query, f"Action={action}") if part)
            return msgspec.structs.replace(request, query=query)
        headers = [pair for pair in request.headers if pair[0] not in ("x-amz-target", "content-type")]
        headers += [
            ("x-amz-target", f"{metadata.target_prefix}.{action}"),
            ("content-type", f"application/x-amz-json-{metadata.json_version or '1.0'}"),
        ]
        return msgspec.structs.replace(request, method="POST", headers=headers)
