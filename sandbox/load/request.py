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

    kind = "Content-Type: application/json\r\n" if body else ""
    line, content = _Numbered(f"{method} {target} HTTP/1.1\r\n{base}{kind}"), _Numbered(body)

    def make(number: int) -> bytes:
        text = content.at(number)
        return b"%bContent-Length: %d\r\n\r\n%b" % (line.at(number), len(text), text)

    return host, port, make


class _Numbered:
    """A text with places for the number, taken apart once."""

    def __init__(self, text: str) -> None:
        parts = _NUMBER.split(text)  # text, modulus or None, text, …
        self._texts = [part.encode() for part in parts[::2]]
        self._moduli = [int(part) if part else 0 for part in parts[1::2]]

    def at(self, number: int) -> bytes:
        """The text of a number."""
        made = [self._texts[0]]
        for modulus, text in zip(self._moduli, self._texts[1:], strict=True):
            made += (b"%d" % (number % modulus if modulus else number), text)
        return b"".join(made)
