"""HTTP to servers on this machine's loopback, and to nowhere else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sandbox.model.http import ForeignHostError, HttpRequest, HttpResponse

if TYPE_CHECKING:
    import httpx

_ADDRESS = re.compile(r"127\.\d{1,3}\.\d{1,3}\.\d{1,3}")


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine's loopback, whatever DNS says."""
    try:
        split = urlsplit(url)
        host = split.hostname or ""
    except ValueError:
        return False
    if split.scheme not in ("http", "https"):
        return False
    return host in ("localhost", "::1") or host.endswith(".localhost") or bool(_ADDRESS.fullmatch(host))


class LoopbackHttp:
    """Implements the port `HttpSender`; no proxy of the environment is used, and no redirect followed."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None

    async def send(self, url: str, request: HttpRequest, *, seconds: float) -> HttpResponse:
        """Sends a request; see `HttpSender.send`."""
        if not is_loopback(url):
            raise ForeignHostError(
                f"the sandbox calls servers on this machine's loopback only, and {url} is not"
            )
        import httpx  # a tenth of a second, and most sandboxes never call anybody

        client = self._client = self._client or httpx.AsyncClient(trust_env=False, follow_redirects=False)
        try:
            answer = await client.request(
                request.method, url, headers=list(request.headers), content=request.body, timeout=seconds
            )
        except httpx.TimeoutException as error:
            raise TimeoutError(f"{url} did not answer within {seconds} s") from error
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
            raise ConnectionError(f"{url}: {error}") from error
        headers = [
            (name, value)
            for name, value in answer.headers.multi_items()
            if name not in ("content-encoding", "content-length", "transfer-encoding")
        ]
        return HttpResponse(answer.status_code, headers, answer.content)

    async def close(self) -> None:
        """Closes the connections that are kept."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None
