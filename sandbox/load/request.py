"""The request that is sent again and again, with its number in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

_NUMBER = re.compile(r"\{n(?:%(\d+))?\}")


def maker(
    url: str, method: str, body: str, headers: Mapping[str, str]
) -> tuple[str, int, Callable[[int], bytes]]:
    """Host, port, and the bytes of the request of a number.

    Args:
        url: whole, with `{n}` and `{n%500}` where the number goes; on this machine only.

    Raises:
        ValueError: the URL is not one of this machine.
    """
    split = urlsplit(url)
    host, port = split.hostname or "", split.port or 80
    if split.scheme != "http" or host not in ("127.0.0.1", "localhost", "::1"):
        raise ValueError(f"{url} is not on this machine: load is sent to loopback only")
    target = (split.path or "/") + (f"?{split.query}" if split.query else "")
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    base = f"Host: {host}:{port}\r\n{lines}"

    def make(number: int) -> bytes:
        text = numbered(body, number).encode()
        kind = "Content-Type: application/json\r\n" if text else ""
        head = (
            f"{method} {numbered(target, number)} HTTP/1.1\r\n{base}{kind}Content-Length: {len(text)}\r\n\r\n"
        )
        return head.encode() + text

    return host, port, make


def numbered(text: str, number: int) -> str:
    """A text with the number in its places."""
    return _NUMBER.sub(lambda match: str(number % int(match[1]) if match[1] else number), text)
