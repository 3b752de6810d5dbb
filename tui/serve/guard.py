"""Who may talk to the served dashboard: the browser of the user who was given the token, and no other
site in it.

The token comes once in the address; it is exchanged for a cookie that scripts cannot read and that other
sites' requests do not carry. Every request, the WebSocket too, needs that cookie, our own Host (against
DNS rebinding) and, where there is an Origin, our own (RFC 6454; a WebSocket must have one, RFC 6455
section 10.2).
"""

from __future__ import annotations

import hmac

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-"
    "inline'; font-src 'self' data:; img-src 'self' data:; connect-src 'self' ws://{host}; frame-"
    "ancestors 'none'; base-uri 'none'; form-action 'none'"
)


def guard(host: str, token: str) -> Middleware:
    """A middleware that lets only the right requests through.

    Args:
        host: `127.0.0.1:PORT`, the only Host that is answered.
        token: the secret of this run.
    """
    origin = f"http://{host}"
    cookie = f"sandbox-{host.rpartition(':')[2]}"

    def refused(request: web.Request) -> str:
        if request.headers.get("Host") != host:
            return f"this server answers as {host} only"
        theirs = request.headers.get("Origin")
        if theirs is not None and theirs != origin:
            return "requests of other sites are refused"
        if theirs is None and request.headers.get("Upgrade", "").lower() == "websocket":
            return "a WebSocket needs an Origin"
        if request.method not in ("GET", "HEAD"):
            return "there is nothing to send here"
        return ""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if why := refused(request):
            return _answer(403, why)
        given = request.query.get("token")
        if given is not None and request.path == "/":
            if not _same(given, token):
                return _answer(403, "wrong token: open the address that `sandbox tui --serve` printed")
            away = web.HTTPSeeOther("/")
            away.set_cookie(cookie, token, httponly=True, samesite="Strict", path="/")
            _harden(away, host)
            raise away
        if not _same(request.cookies.get(cookie, ""), token):
            return _answer(403, "no token: open the address that `sandbox tui --serve` printed")
        response = await handler(request)
        if not response.prepared:
            _harden(response, host)
        return response

    return check


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), token.encode())


def _answer(status: int, words: str) -> web.Response:
    return web.Response(status=status, text=words + "\n")


def _harden(response: web.StreamResponse, host: str) -> None:
    response.headers["Content-Security-Policy"] = _POLICY.format(host=host)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
