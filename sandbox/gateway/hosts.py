"""Who may speak to the front door: loopback names only, and no foreign web page.

Every name that an attacker could point at 127.0.0.1 (DNS rebinding) is refused, whatever it resolves to, and
so are requests that a browser sends on behalf of a page from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from sandbox.model.awserror import AwsError

_LOOPBACK_ADDRESS = re.compile(r"^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$")
_NAMES = ("localhost", "localhost.localstack.cloud")


def host_name(host: str) -> str:
    """The name in a `Host` header, in lower case, without its port."""
    name = host.strip().lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0].rstrip(".")


class Doorman:
    """Refuses foreign hosts and origins.

    Args:
        hosts: further host names to let in (`host.docker.internal`); `.example.test` lets in all below it.
        origins: further origins of web pages that may call service APIs (`https://app.example.test`).
    """

    def __init__(self, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> None:
        self._exact = frozenset({*_NAMES, "[::1]", *(host.lower() for host in hosts if host[:1] != ".")})
        self._suffixes = (
            *(f".{name}" for name in _NAMES),
            *(host.lower() for host in hosts if host[:1] == "."),
        )
        self._origins = frozenset(origin.lower().rstrip("/") for origin in origins)
        # What was let in is remembered by its spelling: clients send the same header again and again.
        self._known: set[str] = set()

    def is_ours(self, host: str) -> bool:
        """Whether a `Host` header names this machine's loopback."""
        if host in self._known:
            return True
        name = host_name(host)
        ours = name in self._exact or name.endswith(self._suffixes) or bool(_LOOPBACK_ADDRESS.match(name))
        if ours and len(self._known) < 256:
            self._known.add(host)
        return ours

    def check_host(self, host: str) -> None:
        """Refuses a foreign host.

        Raises:
            AwsError: `AccessDenied`, with the remedy.
        """
        if self.is_ours(host):
            return
        shown = f"names the host {host[:100]!r}" if host else "names no host"
        raise AwsError(
            "AccessDenied",
            f"The request {shown}, and sandbox answers on this machine's loopback names only "
            "(localhost, 127.0.0.1, [::1], *.localhost, *.localhost.localstack.cloud). "
            "Use one of them in the endpoint URL.",
            status=403,
        )

    def allowed_origin(self, headers: Mapping[str, str]) -> str:
        """The origin that CORS headers may name; empty for a request that no web page made.

        Raises:
            AwsError: `AccessDenied`: a page from elsewhere made the request.
        """
        origin = headers.get("origin")
        if origin is None:
            if headers.get("sec-fetch-site") == "cross-site":
                raise _foreign("another site")
            return ""
        if origin.lower().rstrip("/") in self._origins or self._is_loopback(origin):
            return origin
        raise _foreign(f"the origin {origin[:100]!r}")

    def _is_loopback(self, origin: str) -> bool:
        try:
            split = urlsplit(origin)
            return split.scheme in ("http", "https") and self.is_ours(split.netloc)
        except ValueError:
            return False


def _foreign(who: str) -> AwsError:
    return AwsError(
        "AccessDenied",
        f"A web page of {who} made this request, and service APIs answer to pages of this machine only "
        "(http://localhost:PORT). Serve the page from there, or call the AWS API from its backend.",
        status=403,
    )


def cors_headers(origin: str) -> list[tuple[str, str]]:
    """What lets a page of this machine read an answer."""
    return [
        ("access-control-allow-origin", origin),
        ("access-control-expose-headers", "*, x-amzn-RequestId, x-amzn-ErrorType, x-amz-crc32, etag"),
        ("vary", "origin"),
    ]


def preflight_headers(asked: str) -> list[tuple[str, str]]:
    """What a page may do, beside `cors_headers`: the answer to its question before it calls a service API.

    Args:
        asked: the request headers that the page wants to send.
    """
    return [
        ("access-control-allow-methods", "DELETE, GET, HEAD, PATCH, POST, PUT"),
        ("access-control-allow-headers", asked or "*"),
        ("access-control-max-age", "600"),
    ]
