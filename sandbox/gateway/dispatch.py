"""From an operation's name to whoever does it: a native service, the long tail, or a refusal by name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import lru_cache
from typing import Any, Protocol

import msgspec

from sandbox.clock import Clock
from sandbox.errors import SandboxError, StoreError
from sandbox.gateway.entries import FailingEntries
from sandbox.gateway.faulty import Faulty
from sandbox.gateway.tap import Tap, resource_of
from sandbox.model.arn import is_arn, parse_arn
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.call import Call, Caller
from sandbox.model.http import HttpRequest, HttpResponse, Observe, Upstream
from sandbox.model.ids import Ids
from sandbox.model.ports import CallerDirectory, FaultPoint, Recorder
from sandbox.model.scope import Scope, scope_of
from sandbox.services.base import OperationSpec
from sandbox.wire.incoming import account_of

log = logging.getLogger(__name__)


class ServiceLike(Protocol):
    """A native service, as the front door sees it."""

    @property
    def operations(self) -> Mapping[str, OperationSpec]:
        """What it implements."""
        ...

    async def call(self, operation_name: str, call: Call, params: dict[str, Any]) -> dict[str, Any]:
        """Runs one operation.

        Raises:
            AwsError: what it answers instead.
        """
        ...


class Native(msgspec.Struct, frozen=True):
    """An operation that a native service does."""

    service: ServiceLike
    spec: OperationSpec


class Origin(msgspec.Struct, frozen=True):
    """Where a call comes from.

    Attributes:
        scope: account and region it is for.
        caller: who makes it.
        cause: the hop that led to it.
        endpoint: base URL that the client used.
        trace: the X-Ray trace header.
        own: whether the sandbox itself calls, to look or to deploy: no fault strikes such a call.
    """

    scope: Scope
    caller: Caller
    cause: int | None
    endpoint: str = ""
    trace: str | None = None
    own: bool = False


class Dispatcher:
    """Runs operations, records them, and holds their answers until they are stored.

    Args:
        services: native services by botocore's names.
        long_tail: does what is not native, or None.
        mixed: native services whose remaining operations go to the long tail all the same; those of any other
            native service are refused, because the long tail knows nothing of its state.
        durable: awaited before an answer is given: everything written so far is on disk.
        observe: told of every call that the long tail did, once it is recorded.
        faults: fails and delays the calls that were chosen.
        elsewhere: services that servers of the user's answer, whatever else has them.
    """

    def __init__(
        self,
        *,
        services: Mapping[str, ServiceLike],
        long_tail: Upstream | None,
        callers: CallerDirectory,
        recorder: Recorder,
        clock: Clock,
        ids: Ids,
        durable: Callable[[], Awaitable[None]],
        mixed: Collection[str] = (),
        observe: Observe | None = None,
        faults: FaultPoint,
        elsewhere: Mapping[str, Upstream] | None = None,
    ) -> None:
        self.elsewhere = elsewhere or {}
        self.services = {name: service for name, service in services.items() if name not in self.elsewhere}
        self.long_tail = long_tail
        self.ids = ids
        self._callers = callers
        self._tap = Tap(recorder)
        self._clock = clock
        self._durable = durable
        self._mixed = frozenset(mixed)
        self._observe = observe
        self.faulty = Faulty(faults)
        self._entries = FailingEntries(faults)

    def find(self, service: str, operation: str) -> Native | Upstream:
        """Who does an operation.

        Raises:
            AwsError: nobody: it is refused by name, with the reason.
        """
        if service in self.elsewhere:
            return self.elsewhere[service]
        native = self.services.get(service)
        if native is not None:
            spec = native.operations.get(operation)
            if spec is not None:
                return Native(native, spec)
            if service not in self._mixed:
                reasons: Mapping[str, str] = getattr(native, "REFUSED", {})
                raise NotImplementedByName(service, f"operation {operation}", reasons.get(operation, ""))
        if self.long_tail is None:
            raise NotImplementedByName(service, f"operation {operation}")
        reason = self.long_tail.refusal(service, operation)
        if reason is not None:
            raise AwsError(
                "NotImplemented",
                f"sandbox does not do {operation} of {service}: {reason}. "
                f"`sandbox services {service}` lists what it does.",
                status=501,
            )
        return self.long_tail

    def origin(
        self, access_key: str, region: str, *, endpoint: str, trace: str | None, peer: Caller | None = None
    ) -> Origin:
        """Where a signed request comes from.

        An execution environment's key stands for its function's account and for the invocation it serves, a
        key of a role's session for the role's account; any other key is an account id or stands for the
        default account.

        Args:
            peer: whose container the request comes from, where addresses tell.

        Raises:
            AwsError: `ExpiredToken`, the key is of a session that is over.
        """
        caller = peer or (self._callers.lookup(access_key) if access_key else None) or _root(access_key)
        account = _account(caller.arn, caller.function or "", access_key)
        return Origin(scope_of(account, region), caller, caller.hop, endpoint, trace)

    async def call(
        self,
        service: str,
        operation: str,
        native: Native,
        origin: Origin,
        request_id: str,
        params: Callable[[], dict[str, Any]],
        payload: bytes | None,
    ) -> dict[str, Any]:
        """Runs a native operation.

        Args:
            params: parses and checks the parameters; its refusals are recorded like the service's.
            payload: what was sent, for the journal.

        Raises:
            AwsError: the service's refusal, or `InternalFailure` when something of ours failed.
        """
        own = native.spec.records
        hop = origin.cause if own else self._tap.reserve(origin.cause)
        call = Call(origin.scope, origin.endpoint, request_id, hop, origin.caller, origin.trace)
        started = self._clock.elapsed()
        parsed: dict[str, Any] = {}
        error: AwsError | None = None
        try:
            parsed = params()
            if origin.own or not self.faulty.planned:
                answer = await native.service.call(operation, call, parsed)
            else:
                answer = await self.faulty.around(
                    service,
                    operation,
                    call,
                    resource_of(parsed),
                    lambda led: native.service.call(operation, led, parsed),
                )
        except AwsError as refusal:
            error = refusal
            raise
        except asyncio.CancelledError:
            error = AwsError("ClientDisconnected", "the client left before the answer", status=499)
            raise
        except Exception as failure:
            error = internal_failure(f"{operation} of {service}", request_id, failure)
            raise error from failure
        finally:
            # An operation that records its own hops says nothing of a call that never got that far.
            if not own or error is not None:
                self._tap.record(
                    service,
                    operation,
                    call,
                    hop=None if own else hop,
                    cause=origin.cause,
                    resource=resource_of(parsed),
                    error=error,
                    duration_ms=(self._clock.elapsed() - started) * 1000,
                    payload=payload,
                )
        try:  # as `stored`, with one coroutine less on the way of every call
            await self._durable()
        except SandboxError as failure:
            raise not_stored(request_id, failure) from failure
        return answer

    async def forward(
        self,
        upstream: Upstream,
        service: str,
        operation: str,
        origin: Origin,
        request: HttpRequest,
        request_id: str,
        resource: str,
    ) -> HttpResponse:
        """Passes a request to the long tail and records it.

        Raises:
            AwsError: the long tail refuses it or cannot be reached.
        """
        hop = self._tap.reserve(origin.cause)
        call = Call(origin.scope, origin.endpoint, request_id, hop, origin.caller, origin.trace)
        started = self._clock.elapsed()
        error: AwsError | None = None
        try:
            told = msgspec.structs.replace(request, hop=hop)
            if origin.own:
                response = await upstream.forward(service, operation, told)
            else:
                response = await self.faulty.around(
                    service,
                    operation,
                    call,
                    resource,
                    lambda led: self._pass_on(upstream, service, operation, told, led),
                )
            if response.status >= 400:
                error = AwsError(_error_type(response), f"HTTP {response.status}", status=response.status)
        except AwsError as refusal:
            error = refusal
            raise
        except Exception as failure:
            error = internal_failure(f"{operation} of {service}", request_id, failure)
            raise error from failure
        finally:
            self._tap.record(
                service,
                operation,
                call,
                hop=hop,
                cause=origin.cause,
                resource=resource,
                error=error,
                duration_ms=(self._clock.elapsed() - started) * 1000,
                payload=request.body,
            )
        if self._observe is not None and error is None:
            self._observe(service, operation, request, response, call)
        return response

    async def _pass_on(
        self, upstream: Upstream, service: str, operation: str, request: HttpRequest, call: Call
    ) -> HttpResponse:
        async def forward(asked: HttpRequest) -> HttpResponse:
            return await upstream.forward(service, operation, asked)

        if (service, operation) == ("events", "PutEvents"):
            return await self._entries.around(call, request, forward)
        return await forward(request)

    async def stored(self, request_id: str) -> None:
        """Waits until everything written so far is on disk.

        Raises:
            AwsError: it could not be stored.
        """
        try:
            await self._durable()
        except SandboxError as failure:
            raise not_stored(request_id, failure) from failure


@lru_cache(maxsize=1024)
def _root(access_key: str) -> Caller:
    """Who signs with a key that is nobody's in particular."""
    return Caller(access_key, f"arn:aws:iam::{account_of(access_key)}:root")


@lru_cache(maxsize=4096)
def _account(arn: str, function: str, access_key: str) -> str:
    """The account that a caller belongs to, by its own ARN, its function's, or its key."""
    owner = next((one for one in (arn, function) if is_arn(one)), "")
    return parse_arn(owner).account if owner else account_of(access_key)


def not_stored(request_id: str, failure: SandboxError) -> AwsError:
    """The answer where nothing could be stored (disk full): what was acknowledged before is kept."""
    log.error("request %s was not stored: %s", request_id, failure)
    return AwsError("ServiceUnavailable", f"{failure.what}: {failure.why}. {failure.remedy}", status=503)


def internal_failure(what: str, request_id: str, failure: BaseException) -> AwsError:
    """The answer to a failure of ours; its details go to the log, to the client only what it can act on."""
    if isinstance(failure, StoreError):
        return not_stored(request_id, failure)
    if isinstance(failure, SandboxError):
        log.error("request %s: %s failed: %s", request_id, what, failure)
        message = f"{failure.what}: {failure.why}. To do: {failure.remedy}. (Request {request_id}.)"
        return AwsError("InternalFailure", message, status=500)
    log.error("request %s: %s failed", request_id, what, exc_info=failure)
    return AwsError(
        "InternalFailure",
        f"sandbox failed while it served {what} (request {request_id}). Its log has the details.",
        status=500,
    )


def _error_type(response: HttpResponse) -> str:
    for name, value in response.headers:
        if name.lower() == "x-amzn-errortype":
            return value.split(":", 1)[0]
    return "UpstreamError"
