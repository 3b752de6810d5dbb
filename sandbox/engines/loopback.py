"""HTTP to servers on this machine's loopback, and to nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model.http import ForeignHostError, HttpRequest, HttpResponse, is_loopback

if TYPE_CHECKING:
    import httpx


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
