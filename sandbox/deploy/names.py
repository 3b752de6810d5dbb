"""Names of AWS itself that a record may hold, because no endpoint is in them, and their local forms."""

from __future__ import annotations

import re

from sandbox.model.arn import queue_url
from sandbox.model.scope import Scope

_QUEUE = re.compile(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.com/(\d{12})/([A-Za-z0-9_.-]+)")
_DATABASE_PORT = re.compile(r"\{\{sandbox:rds:[^:{}]+:port\}\}")
_API = re.compile(r"https://([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(/[^\s\"']*)?")


def canonical_queue_url(scope: Scope, name: str) -> str:
    """The URL that a queue has on AWS; clients may send it to any endpoint."""
    return f"https://sqs.{scope.region}.amazonaws.com/{scope.account}/{name}"


def database_token(identifier: str, field: str) -> str:
    """The token for `address` or `port` of a database, which `Bindings` expand."""
    return f"{{{{sandbox:rds:{identifier}:{field}}}}}"


def is_database_port(value: object) -> bool:
    """Whether a value is the token for the port of a database."""
    return isinstance(value, str) and _DATABASE_PORT.fullmatch(value) is not None


def localise(text: str, endpoint: str) -> str:
    """URLs of AWS in `text` as they are reached at `endpoint`, without DNS: APIs in path form, queues."""
    text = _API.sub(lambda match: f"{endpoint}/_aws/execute-api/{match[1]}{match[2] or ''}", text)
    return _QUEUE.sub(lambda match: queue_url(Scope(match[2], match[1]), match[3], endpoint), text)
