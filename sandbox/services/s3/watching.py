"""Watches what the long tail does to objects, so that buckets can tell of it."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from sandbox.model.call import Call
from sandbox.model.http import HttpRequest, HttpResponse, Upstream
from sandbox.model.scope import scope_of
from sandbox.services.s3.buckets import Configured
from sandbox.services.s3.changes import OPERATIONS, Change, bucket_of, changes, removed_keys
from sandbox.services.s3.configuration import BRIDGE, REMOVED, rules
from sandbox.services.s3.objects import Objects, header
from sandbox.services.s3.service import S3Service
from sandbox.wire.incoming import Incoming, account_of, credential

_TRACE = "x-amzn-trace-id"


class WatchedBuckets:
    """The long tail, with an eye on buckets; implements `Upstream`.

    An event is handed over in the turn in which the long tail's write is stored, and so in the same commit;
    only what its answer does not say (the size of a copy, and of what came in parts) is asked for first. The
    caller waits for both.

    Args:
        upstream: the long tail.
        service: has the configurations, and tells.
        objects: looks into buckets.
    """

    def __init__(self, upstream: Upstream, service: S3Service, objects: Objects) -> None:
        self._upstream = upstream
        self._service = service
        self._objects = objects

    def refusal(self, service: str, operation: str) -> str | None:
        """Why the operation is not passed on, or None."""
        return self._upstream.refusal(service, operation)

    async def forward(self, service: str, operation: str, request: HttpRequest) -> HttpResponse:
        """Passes the request on; see `Upstream.forward`."""
        if service != "s3":
            return await self._upstream.forward(service, operation, request)
        if operation == "DeleteBucket":
            return await self._delete_bucket(request)
        configured = self._service.buckets.find(bucket_of(request)) if operation in OPERATIONS else None
        if configured is None:
            return await self._upstream.forward(service, operation, request)
        there = await self._there(configured, operation, request)
        response = await self._upstream.forward(service, operation, request)
        if response.status < 300:
            for change in changes(operation, request, response, there):
                await self._tell(configured, change, request, response)
        return response

    async def _delete_bucket(self, request: HttpRequest) -> HttpResponse:
        response = await self._upstream.forward("s3", "DeleteBucket", request)
        if response.status < 300:
            self._service.buckets.remove(bucket_of(request))
        return response

    async def _there(self, configured: Configured, operation: str, request: HttpRequest) -> Collection[str]:
        """Which objects there are of those that are to be removed, where anybody wants to know."""
        keys = removed_keys(operation, request)
        if not keys or not _wants_removals(configured):
            return ()
        if operation == "DeleteObject":
            return keys if await self._objects.find(configured.scope, request.path) else ()
        return await self._objects.present(configured.scope, configured.bucket, keys)

    async def _tell(
        self, configured: Configured, change: Change, request: HttpRequest, response: HttpResponse
    ) -> None:
        if change.created and change.size is None:
            found = await self._objects.find(configured.scope, request.path, change.version)
            if found is not None:
                change = msgspec.structs.replace(change, size=found.size, etag=change.etag or found.etag)
        call = Call(
            scope_of(_account(request), configured.scope.region),
            hop=request.hop,
            trace=request.header(_TRACE) or None,
        )
        request_id = header(response, "x-amzn-requestid") or header(response, "x-amz-request-id")
        await self._service.tell(configured, change, call, request.source_ip, request_id)


def _wants_removals(configured: Configured) -> bool:
    document = configured.document
    return BRIDGE in document or any(
        name.startswith(REMOVED) for rule in rules(document) for name in rule.names()
    )


def _account(request: HttpRequest) -> str:
    """The account that a request is of."""
    incoming = Incoming(request.method, request.path, request.query, dict(request.headers), b"")
    return account_of(credential(incoming).access_key)
