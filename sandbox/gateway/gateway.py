"""The front door: tells requests apart, has them served, and answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Any

import msgspec

from sandbox.clock import Clock
from sandbox.gateway.arrival import Arrival, TooLargeError, plain_body
from sandbox.gateway.dispatch import Dispatcher, Native, Origin, ServiceLike, internal_failure
from sandbox.gateway.hosts import Doorman, cors_headers, preflight_headers
from sandbox.gateway.routes import ApiRequest, api_request, bucket_in_host, fill_queue_url
from sandbox.gateway.tap import resource_of
from sandbox.gateway.tokens import expanded
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call, Caller
from sandbox.model.http import ExecuteApi, Headers, HttpRequest, HttpResponse, Observe, Upstream
from sandbox.model.ids import Ids
from sandbox.model.ports import CallerDirectory, FaultPoint, NoFaults, Recorder
from sandbox.wire.incoming import Incoming, Target, account_of, credential
from sandbox.wire.wire import Wire, plain_error

_MB = 1024 * 1024
#: Largest body of a request: to most services, to those that take packages or objects, to deployed APIs
#: (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html).
_LIMIT = 10 * _MB
_LIMITS = {"lambda": 70 * _MB, "s3": 256 * _MB, "s3control": 256 * _MB}
_API_LIMIT = 10 * _MB
_HEALTH = ("/_sandbox/health", "/_localstack/health")
#: What API Gateway says of a failure of its own.
_API_ERRORS = {429: "Too Many Requests", 503: "Service Unavailable", 504: "Endpoint request timed out"}


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
        caller_at: whose container has an address, by that and the X-Ray header of the call, on engines with
            containers.
        state: path of the state folder, for who finds the sandbox by its URL.
        documents: what the sandbox itself publishes at a path (the keys of its token issuer), or None.
        take: takes what is put to a path of the sandbox's own (answers of custom resources); whether anybody
            waits for it there.
        expand: replaces tokens in what the long tail kept (see `Bindings.expand`).
        observe, faults, elsewhere: see `Dispatcher`.
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
        caller_at: Callable[[str, str], Caller | None] = lambda _, __: None,
        observe: Observe | None = None,
        faults: FaultPoint | None = None,
        state: str = "",
        documents: Callable[[str], Mapping[str, Any] | None] = lambda _: None,
        take: Callable[[str, bytes], bool] = lambda _, __: False,
        expand: Callable[[str, str], str] = lambda text, _: text,
        elsewhere: Mapping[str, Upstream] | None = None,
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
            faults=faults or NoFaults(),
            elsewhere=elsewhere,
        )
        self._ids = ids
        self._execute_api = execute_api
        self._doorman = Doorman(allowed_hosts, allowed_origins)
        self._caller_at = caller_at
        self._state = state
        self._documents = documents
        self._take = take
        self._expand = expand

    async def __call__(self, arrival: Arrival) -> HttpResponse:
        """Answers a request, whatever it is."""
        incoming = arrival.incoming
        request_id = ""
        extra: Headers = ()
        try:
            host = incoming.headers.get("host", "")
            self._doorman.check_host(host)
            endpoint = f"http://{host}"
            api = api_request(incoming.path, host)
            if api is not None:
                return await self._deployed_api(api, arrival, endpoint)
            request_id = self._ids.uuid()
            origin = self._doorman.allowed_origin(incoming.headers)
            extra = cors_headers(origin) if origin else ()
            response = None
            if incoming.path.startswith("/_") or incoming.method == "OPTIONS":
                response = await self._own(arrival, request_id, origin)
            if response is None:
                response = await self._service_api(arrival, endpoint, request_id)
        except Exception as failure:
            response = self._failed(incoming, failure, request_id or self._ids.uuid())
        return msgspec.structs.replace(response, headers=[*response.headers, *extra]) if extra else response

    @staticmethod
    def limit(incoming: Incoming) -> int:
        """Bytes that the body of a request may have, by its head."""
        signed = credential(incoming).service  # not kept: a form may hold it, and is not here yet
        if not signed and incoming.path.startswith("/2015-03-31/functions"):
            signed = "lambda"
        return _LIMITS.get(signed, _LIMIT)

    # --- deployed APIs -----------------------------------------------------------------------------------
    async def _deployed_api(self, api: ApiRequest, arrival: Arrival, endpoint: str) -> HttpResponse:
        if self._execute_api is None:
            return _message(403, "Forbidden")
        incoming = arrival.incoming
        if arrival.broken_limit or len(incoming.body) > _API_LIMIT:
            return _message(413, "Request Too Long")
        request = HttpRequest(
            incoming.method,
            api.path,
            incoming.query,
            arrival.pairs(),
            incoming.body,
            arrival.client,
            arrival.names(),
        )
        return await self._at_api(self._execute_api, api, request, endpoint)

    async def _at_api(
        self, execute_api: ExecuteApi, api: ApiRequest, request: HttpRequest, endpoint: str
    ) -> HttpResponse:
        """Serves a request of a deployed API; faults are answered as API Gateway answers its own."""
        faulty = self.dispatcher.faulty
        try:
            if not faulty.planned:
                return await execute_api.handle(api.api_id, api.stage, request, endpoint)
            return await faulty.around(
                "execute-api",
                f"{request.method} {request.path}",
                Call(endpoint=endpoint),
                api.api_id,
                lambda _: execute_api.handle(api.api_id, api.stage, request, endpoint),
            )
        except AwsError as error:
            return _message(error.status, _API_ERRORS.get(error.status, "Internal server error"))

    # --- service APIs ------------------------------------------------------------------------------------
    async def _service_api(self, arrival: Arrival, endpoint: str, request_id: str) -> HttpResponse:
        if arrival.broken_limit:
            raise TooLargeError(arrival.broken_limit)
        incoming, dispatcher = arrival.incoming, self.dispatcher
        self._move_bucket(incoming)
        target = self.wire.identify(incoming)
        fill_queue_url(incoming, target, endpoint)
        try:
            if target.error is not None:
                raise target.error
            who = dispatcher.find(target.service, target.operation)
            origin = self._origin(target, arrival, endpoint)
            if not isinstance(who, Native):
                return await self._forward(who, target, arrival, origin, request_id)
            if "content-encoding" in incoming.headers:
                incoming.body = plain_body(incoming, self.limit(incoming))
            answer = await dispatcher.call(
                target.service,
                target.operation,
                who,
                origin,
                request_id,
                lambda: self.wire.parse(target, incoming),
                incoming.body,
            )
            return self._answer(target, answer, request_id)
        except AwsError as error:
            return self.wire.error(target, error, request_id)

    def _answer(self, target: Target, answer: dict[str, Any], request_id: str) -> HttpResponse:
        try:
            return self.wire.answer(target, answer, request_id)
        except Exception as failure:
            what = f"the answer of {target.operation} of {target.service}"
            raise internal_failure(what, request_id, failure) from failure

    def _origin(self, target: Target, arrival: Arrival, endpoint: str) -> Origin:
        """Where a signed request comes from.

        Raises:
            AwsError: its key is of a session that is over, in the word that its protocol has for it.
        """
        trace = arrival.incoming.headers.get("x-amzn-trace-id")
        peer = self._caller_at(arrival.client, trace or "")
        try:
            return self.dispatcher.origin(
                target.access_key, target.region, endpoint=endpoint, trace=trace, peer=peer
            )
        except AwsError as error:
            if error.code == "ExpiredToken" and target.protocol not in ("query", "ec2", "rest-xml"):
                raise AwsError("ExpiredTokenException", error.message, status=error.status) from error
            raise

    async def _forward(
        self,
        upstream: Upstream,
        target: Target,
        arrival: Arrival,
        origin: Origin,
        request_id: str,
    ) -> HttpResponse:
        incoming = arrival.incoming
        query, headers = _of_account(
            origin.scope.account, target.access_key, incoming.query, _forwarded(arrival)
        )
        request = HttpRequest(incoming.method, incoming.path, query, headers, incoming.body, arrival.client)
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
        return expanded(target.service, response, origin.caller.function or "", self._expand)

    def _resource(self, target: Target, incoming: Incoming) -> str:
        """What a forwarded call is about; one that cannot be read is the long tail's to refuse."""
        if target.labels:
            return resource_of(target.labels)
        try:
            return resource_of(self.wire.parse(target, incoming))
        except AwsError:
            return ""

    @staticmethod
    def _move_bucket(incoming: Incoming) -> None:
        """Puts a bucket named in the host into the path, where routes and the long tail look for it."""
        host = incoming.headers.get("host", "")
        if not host[:1].isalpha() or host.startswith("localhost"):
            return
        if incoming.credential.service == "s3" and (bucket := bucket_in_host(host)):
            incoming.path = f"/{bucket}{incoming.path}"
            incoming.headers = {**incoming.headers, "host": "127.0.0.1"}

    # --- small answers -----------------------------------------------------------------------------------
    async def _own(self, arrival: Arrival, request_id: str, origin: str) -> HttpResponse | None:
        """The answer to what is no service's: a question of a browser, and the sandbox's own paths."""
        incoming = arrival.incoming
        if incoming.method == "OPTIONS" and origin:
            asked = incoming.headers.get("access-control-request-headers", "")
            return HttpResponse(204, preflight_headers(asked))
        if incoming.path in _HEALTH:
            return self._health(incoming.path)
        if incoming.path.startswith("/_sandbox/"):
            if incoming.method in ("GET", "HEAD"):
                return await self._document(incoming.path, request_id)
            if incoming.method == "PUT" and not arrival.broken_limit:
                return self._taken(incoming)
        return None

    def _failed(self, incoming: Incoming, failure: Exception, request_id: str) -> HttpResponse:
        """The answer to a request that was refused, or in which something of ours failed."""
        if isinstance(failure, TooLargeError):
            return self._too_large(incoming, failure, request_id)
        if not isinstance(failure, AwsError):
            what = f"{incoming.method} {incoming.path[:200]}"
            failure = internal_failure(what, request_id, failure)
        return plain_error(failure, request_id)

    def _too_large(self, incoming: Incoming, error: TooLargeError, request_id: str) -> HttpResponse:
        target = self.wire.identify(incoming)
        refusal = AwsError(
            "RequestEntityTooLargeException",
            f"The request is larger than {error.limit // _MB} MB, the most that "
            f"{target.service or 'a service'} takes in one request.",
            status=413,
        )
        return self.wire.error(target, refusal, request_id)

    async def _document(self, path: str, request_id: str) -> HttpResponse:
        """What the sandbox publishes about itself."""
        document = self._documents(path)
        if document is None:
            raise AwsError("NotFound", f"There is nothing at {path[:200]}.", status=404)
        await self.dispatcher.stored(request_id)
        return HttpResponse(200, [("content-type", "application/json")], msgspec.json.encode(document))

    def _taken(self, incoming: Incoming) -> HttpResponse:
        """Has an answer taken, as a bucket takes what is put to a presigned URL."""
        if not self._take(incoming.path, incoming.body):
            raise AwsError(
                "AccessDenied", "Nothing waits for an answer here, or it came already.", status=403
            )
        return HttpResponse(200, [], b"")

    def _health(self, path: str) -> HttpResponse:
        names = sorted(self.dispatcher.services)
        if path == "/_localstack/health":
            body = {"services": dict.fromkeys(names, "running"), "edition": "sandbox"}
        else:
            services = dict.fromkeys(names, "native")
            body = {"status": "running", "state": self._state, "services": services}
        return HttpResponse(200, [("content-type", "application/json")], msgspec.json.encode(body))


def _forwarded(arrival: Arrival) -> list[tuple[str, str]]:
    """The headers as they came, but for the host where a bucket was taken out of it."""
    host = arrival.incoming.headers.get("host", "")
    return [(name, host if name == "host" else value) for name, value in arrival.pairs()]


def _of_account(
    account: str, access_key: str, query: str, headers: list[tuple[str, str]]
) -> tuple[str, list[tuple[str, str]]]:
    """A signed request whose key names the account that it is of: the long tail knows no keys of ours."""
    if account == account_of(access_key):
        return query, headers
    query = query.replace(f"X-Amz-Credential={access_key}%2F", f"X-Amz-Credential={account}%2F")
    before, after = f"Credential={access_key}/", f"Credential={account}/"
    return query, [
        (name, value.replace(before, after) if name == "authorization" else value) for name, value in headers
    ]


def _message(status: int, text: str) -> HttpResponse:
    """An answer in the form that deployed APIs give."""
    return HttpResponse(
        status, [("content-type", "application/json")], msgspec.json.encode({"message": text})
    )
