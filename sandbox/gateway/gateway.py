"""The front door as an ASGI application: no framework on the way of a call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping

import msgspec

from sandbox.clock import Clock
from sandbox.gateway.dispatch import Dispatcher, Native, Origin, ServiceLike, internal_failure
from sandbox.gateway.exchange import (
    GoneError,
    Message,
    Receive,
    Send,
    TooLargeError,
    cancelled_when_gone,
    head_pairs,
    plain_body,
    read_body,
    read_head,
    send_response,
)
from sandbox.gateway.hosts import Doorman, cors_headers, preflight_headers
from sandbox.gateway.routes import ApiRequest, api_request, bucket_in_host, fill_queue_url
from sandbox.gateway.tap import resource_of
from sandbox.model.awserror import AwsError
from sandbox.model.call import Caller
from sandbox.model.http import ExecuteApi, Headers, HttpRequest, HttpResponse, Observe, Upstream
from sandbox.model.ids import Ids
from sandbox.model.ports import CallerDirectory, Recorder
from sandbox.wire.incoming import Incoming, Target, credential
from sandbox.wire.wire import Wire, plain_error

_MB = 1024 * 1024
#: Largest body of a request: to most services, to those that take packages or objects, to deployed APIs
#: (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html).
_LIMIT = 10 * _MB
_LIMITS = {"lambda": 70 * _MB, "s3": 256 * _MB, "s3control": 256 * _MB}
_API_LIMIT = 10 * _MB


class Gateway:
    """Tells requests apart, has them served, and answers.

    Signatures are not verified; an access key tells account and execution environment, its scope the region.

    Args:
        services: native services by botocore's names.
        execute_api: serves deployed APIs, or None.
        long_tail: does what is not native, or None.
        callers: whose key an access key is.
        durable: awaited before each answer: everything written so far is on disk.
        wire: the protocols; None makes new ones.
        mixed: see `Dispatcher`.
        allowed_hosts, allowed_origins: see `Doorman`.
        caller_at: whose container has an address, on engines with containers.
        observe: see `Dispatcher`.
    """

    def __init__(
        self,
        *,
        services: Mapping[str, ServiceLike],
        execute_api: ExecuteApi | None,
        long_tail: Upstream | None,
        callers: CallerDirectory,
        recorder: Recorder,
        clock: Clock,
        ids: Ids,
        durable: Callable[[], Awaitable[None]],
        wire: Wire | None = None,
        mixed: Collection[str] = (),
        allowed_hosts: Iterable[str] = (),
        allowed_origins: Iterable[str] = (),
        caller_at: Callable[[str], Caller | None] = lambda _: None,
        observe: Observe | None = None,
    ) -> None:
        self.wire = wire or Wire()
        self.dispatcher = Dispatcher(
            services=services,
            long_tail=long_tail,
            callers=callers,
            recorder=recorder,
            clock=clock,
            ids=ids,
            durable=durable,
            mixed=mixed,
            observe=observe,
        )
        self._ids = ids
        self._execute_api = execute_api
        self._doorman = Doorman(allowed_hosts, allowed_origins)
        self._caller_at = caller_at

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """The ASGI entry; the server's own life cycle events are answered and otherwise ignored."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            # A WebSocket handshake: closing before accepting answers it with 403.
            await send({"type": "websocket.close", "code": 1008})
            return
        try:
            await self._exchange(scope, receive, send)
        except GoneError:
            return

    async def _exchange(self, scope: Message, receive: Receive, send: Send) -> None:
        incoming = read_head(scope)
        request_id = self._ids.uuid()
        extra: Headers = ()
        try:
            host = incoming.headers.get("host", "")
            self._doorman.check_host(host)
            endpoint = f"{scope.get('scheme', 'http')}://{host}"
            api = api_request(incoming.path, host)
            if api is not None:
                response = await self._deployed_api(api, incoming, scope, receive, endpoint)
            else:
                origin = self._doorman.allowed_origin(incoming.headers)
                extra = cors_headers(origin) if origin else ()
                response = await self._service_api(incoming, scope, receive, endpoint, request_id, origin)
        except AwsError as error:
            response = plain_error(error, request_id)
        except TooLargeError as error:
            response = self._too_large(incoming, error, request_id)
        except GoneError:
            raise
        except Exception as failure:
            response = plain_error(
                internal_failure(f"{incoming.method} {incoming.path[:200]}", request_id, failure), request_id
            )
        await send_response(send, response, incoming.method, extra)

    # --- deployed APIs -----------------------------------------------------------------------------------
    async def _deployed_api(
        self, api: ApiRequest, incoming: Incoming, scope: Message, receive: Receive, endpoint: str
    ) -> HttpResponse:
        if self._execute_api is None or not api.stage:
            return _message(403, "Forbidden")
        try:
            body = await read_body(receive, _API_LIMIT)
        except TooLargeError:
            return _message(413, "Request Too Long")
        client = scope.get("client") or ("127.0.0.1", 0)
        request = HttpRequest(
            incoming.method,
            api.path,
            incoming.query,
            head_pairs(scope),
            body,
            client[0],
            scope.get("state", {}).get("header_names", ()),
        )
        with cancelled_when_gone(receive):
            return await self._execute_api.handle(api.api_id, api.stage, request, endpoint)

    # --- service APIs ------------------------------------------------------------------------------------
    async def _service_api(
        self,
        incoming: Incoming,
        scope: Message,
        receive: Receive,
        endpoint: str,
        request_id: str,
        origin: str,
    ) -> HttpResponse:
        if incoming.method == "OPTIONS" and origin:
            asked = incoming.headers.get("access-control-request-headers", "")
            return HttpResponse(204, preflight_headers(asked))
        if incoming.path in ("/_sandbox/health", "/_localstack/health"):
            return self._health(incoming.path)
        incoming.body = await read_body(receive, self._limit(incoming))
        self._move_bucket(incoming)
        target = self.wire.identify(incoming)
        fill_queue_url(incoming, target, endpoint)
        try:
            if target.error is not None:
                raise target.error
            with cancelled_when_gone(receive):
                return await self._serve(target, incoming, scope, endpoint, request_id)
        except AwsError as error:
            return self.wire.error(target, error, request_id)

    async def _serve(
        self, target: Target, incoming: Incoming, scope: Message, endpoint: str, request_id: str
    ) -> HttpResponse:
        dispatcher = self.dispatcher
        who = dispatcher.find(target.service, target.operation)
        origin = dispatcher.origin(
            target.access_key,
            target.region,
            endpoint=endpoint,
            trace=incoming.headers.get("x-amzn-trace-id"),
            peer=self._caller_at((scope.get("client") or ("",))[0]),
        )
        if not isinstance(who, Native):
            return await self._forward(who, target, incoming, scope, origin, request_id)
        incoming.body = plain_body(incoming, self._limit(incoming))
        answer = await dispatcher.call(
            target.service,
            target.operation,
            who,
            origin,
            request_id,
            lambda: self.wire.parse(target, incoming),
            incoming.body,
        )
        try:
            return self.wire.answer(target, answer, request_id)
        except Exception as failure:
            what = f"the answer of {target.operation} of {target.service}"
            raise internal_failure(what, request_id, failure) from failure

    async def _forward(
        self,
        upstream: Upstream,
        target: Target,
        incoming: Incoming,
        scope: Message,
        origin: Origin,
        request_id: str,
    ) -> HttpResponse:
        client = scope.get("client") or ("127.0.0.1", 0)
        request = HttpRequest(
            incoming.method,
            incoming.path,
            incoming.query,
            _forwarded(scope, incoming),
            incoming.body,
            client[0],
        )
        response = await self.dispatcher.forward(
            upstream,
            target.service,
            target.operation,
            origin,
            request,
            request_id,
            self._resource(target, incoming),
        )
        await self.dispatcher.stored(request_id)
        return response

    def _resource(self, target: Target, incoming: Incoming) -> str:
        """What a forwarded call is about; one that cannot be read is the long tail's to refuse."""
        if target.labels:
            return resource_of(target.labels)
        try:
            return resource_of(self.wire.parse(target, incoming))
        except AwsError:
            return ""

    @staticmethod
    def _limit(incoming: Incoming) -> int:
        _, _, signed = credential(incoming)
        if not signed and incoming.path.startswith("/2015-03-31/functions"):
            signed = "lambda"
        return _LIMITS.get(signed, _LIMIT)

    @staticmethod
    def _move_bucket(incoming: Incoming) -> None:
        """Puts a bucket named in the host into the path, where routes and the long tail look for it."""
        host = incoming.headers.get("host", "")
        if not host[:1].isalpha() or host.startswith("localhost"):
            return
        if credential(incoming)[2] == "s3" and (bucket := bucket_in_host(host)):
            incoming.path = f"/{bucket}{incoming.path}"
            incoming.headers = {**incoming.headers, "host": "127.0.0.1"}

    # --- small answers -----------------------------------------------------------------------------------
    def _too_large(self, incoming: Incoming, error: TooLargeError, request_id: str) -> HttpResponse:
        target = self.wire.identify(incoming)
        refusal = AwsError(
            "RequestEntityTooLargeException",
            f"The request is larger than {error.limit // _MB} MB, the most that "
            f"{target.service or 'a service'} takes in one request.",
            status=413,
        )
        return self.wire.error(target, refusal, request_id)

    def _health(self, path: str) -> HttpResponse:
        names = sorted(self.dispatcher.services)
        if path == "/_localstack/health":
            body = {"services": dict.fromkeys(names, "running"), "edition": "sandbox"}
        else:
            body = {"status": "running", "services": dict.fromkeys(names, "native")}
        return HttpResponse(200, [("content-type", "application/json")], msgspec.json.encode(body))


def _forwarded(scope: Message, incoming: Incoming) -> list[tuple[str, str]]:
    """The headers as they came, but for the host where a bucket was taken out of it."""
    return [
        (name, incoming.headers["host"] if name == "host" else value) for name, value in head_pairs(scope)
    ]


def _message(status: int, text: str) -> HttpResponse:
    """An answer in the form that deployed APIs give."""
    return HttpResponse(
        status, [("content-type", "application/json")], msgspec.json.encode({"message": text})
    )


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
