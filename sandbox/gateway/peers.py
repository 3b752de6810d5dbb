"""The front door on a network of containers: open to the peers of that network alone.

The Docker engine's functions reach the front door through this machine's address on their network. Nobody
else may: not this machine's own pages and programs (they have loopback), nor another network.
"""

from __future__ import annotations

import ipaddress

from sandbox.gateway.arrival import Application, Arrival
from sandbox.model.http import HttpResponse

_REFUSAL = HttpResponse(
    403, [("content-type", "text/plain")], b"Only functions of this sandbox come in here.\n"
)


class PeersOnly:
    """An application that refuses strangers on one of its listeners.

    Args:
        app: serves whoever may come in.
        address: where the listener on the network listens; every other listener is left alone.
        subnet: whose peers may come in there, but for `address` itself.
    """

    def __init__(self, app: Application, address: str, subnet: str) -> None:
        self._app = app
        self._address = address
        self._subnet = ipaddress.ip_network(subnet)

    async def __call__(self, arrival: Arrival) -> HttpResponse:
        """Answers a request."""
        if arrival.server == self._address and not self.admits(arrival.client):
            return _REFUSAL
        return await self._app(arrival)

    def admits(self, peer: str) -> bool:
        """Whether an address may come in through the network's listener."""
        try:
            return peer != self._address and ipaddress.ip_address(peer) in self._subnet
        except ValueError:
            return False
