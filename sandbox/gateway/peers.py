"""The front door on a network of containers: open to the peers of that network alone.

The Docker engine's functions reach the front door through this machine's address on their network. Nobody
else may: not this machine's own pages and programs (they have loopback), nor another network.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable

from sandbox.gateway.exchange import Message, Receive, Send, send_response
from sandbox.model.http import HttpResponse

Application = Callable[[Message, Receive, Send], Awaitable[None]]

_REFUSAL = HttpResponse(
    403, [("content-type", "text/plain")], b"Only functions of this sandbox come in here.\n"
)


class PeersOnly:
    """An ASGI application that refuses strangers on one of its listeners.

    Args:
        app: serves whoever may come in.
        address: where the listener on the network listens; every other listener is left alone.
        subnet: whose peers may come in there, but for `address` itself.
    """

    def __init__(self, app: Application, address: str, subnet: str) -> None:
        self._app = app
        self._address = address
        self._subnet = ipaddress.ip_network(subnet)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """The ASGI entry."""
        if scope["type"] == "http" and (scope.get("server") or ("",))[0] == self._address:
            peer = (scope.get("client") or ("",))[0]
            if not self.admits(peer):
                await send_response(send, _REFUSAL, scope["method"], ())
                return
        await self._app(scope, receive, send)

    def admits(self, peer: str) -> bool:
        """Whether an address may come in through the network's listener."""
        try:
            return peer != self._address and ipaddress.ip_address(peer) in self._subnet
        except ValueError:
            return False
