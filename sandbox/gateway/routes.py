"""Paths and hosts that say more than an operation: deployed APIs, queue URLs, buckets in the host."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from sandbox.gateway.hosts import host_name
from sandbox.model.arn import parse_queue_url
from sandbox.wire.incoming import Incoming, Target
from sandbox.wire.problems import MalformedBodyError

_BY_PREFIX = re.compile(r"^/_aws/execute-api/([^/]+)(?:/+([^/]*)(/.*)?)?$", re.DOTALL)
_BY_RESTAPIS = re.compile(r"^/restapis/([^/]+)/([^/]+)/_user_request_(/.*)?$", re.DOTALL)
_BY_HOST = re.compile(r"^([a-z0-9-]+)\.execute-api\.")
_URL_BY_PREFIX = re.compile(r"^/_aws/lambda-url/([a-z0-9]+)(/.*)?$", re.DOTALL)
_URL_BY_HOST = re.compile(r"^([a-z0-9]+)\.lambda-url\.")
_STAGE = re.compile(r"^/+([^/]*)(/.*)?$", re.DOTALL)
#: Characters of a path with its host that are remembered, at most.
_SHORT = 1024


class ApiRequest(msgspec.Struct, frozen=True):
    """A request to a deployed API or a function URL.

    Attributes:
        stage: the first part of the path, which an HTTP API may have no stage for; function URLs have none.
        path: what comes after it, percent-encoding kept; empty where nothing does.
    """

    api_id: str
    stage: str
    path: str


def api_request(path: str, host: str) -> ApiRequest | None:
    """The deployed API or the function URL that a request is for, or None.

    Args:
        path: as it came.
        host: the `Host` header.
    """
    return _known(path, host) if len(path) + len(host) <= _SHORT else _known.__wrapped__(path, host)


@lru_cache(maxsize=1024)
def _known(path: str, host: str) -> ApiRequest | None:
    """As `api_request`."""
    if path.startswith(("/_aws/execute-api/", "/restapis/")):
        found = _BY_PREFIX.match(path) or _BY_RESTAPIS.match(path)
        if found:
            return ApiRequest(found[1], found[2] or "", found[3] or "")
        return None
    if path.startswith("/_aws/lambda-url/"):
        found = _URL_BY_PREFIX.match(path)
        return ApiRequest(found[1], "", found[2] or "") if found else None
    if ".lambda-url." in host:
        owner = _URL_BY_HOST.match(host_name(host))
        return ApiRequest(owner[1], "", path) if owner else None
    if ".execute-api." in host:
        owner = _BY_HOST.match(host_name(host))
        if owner and (found := _STAGE.match(path)):
            return ApiRequest(owner[1], found[1], found[2] or "")
    return None


def fill_queue_url(incoming: Incoming, target: Target, endpoint: str) -> None:
    """Takes queue and region from the path of a query request that was sent to a queue's own URL."""
    if target.service != "sqs" or target.protocol != "query" or incoming.path in ("", "/"):
        return
    try:
        fields = incoming.fields()
        scope, _ = parse_queue_url(incoming.path, target.region)
    except (MalformedBodyError, ValueError):
        return
    target.region = scope.region
    fields.setdefault("QueueUrl", endpoint + incoming.path)


def bucket_in_host(host: str) -> str:
    """The bucket of a virtual-hosted S3 request (`bucket.s3.localhost`, `bucket.localhost`), or nothing."""
    name = host_name(host)
    for suffix in (".localhost.localstack.cloud", ".localhost"):
        if name.endswith(suffix):
            rest = name.removesuffix(suffix)
            bucket = re.sub(r"(^|\.)s3([.-][a-z0-9-]+)?$", "", rest)
            return bucket
    return ""
