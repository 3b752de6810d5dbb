"""The counters of a picture, noted for rates."""

from __future__ import annotations

from tui.picture import Picture
from tui.present.rates import Rates


def count_everything(rates: Rates, picture: Picture) -> None:
    """Notes every counter of the picture."""
    at = picture.taken_at
    for queue in picture.queues or ():
        rates.observe(f"sent:{queue.name}", queue.sent, at)
        rates.observe(f"received:{queue.name}", queue.received, at)
        rates.observe(f"deleted:{queue.name}", queue.deleted, at)
    for function in picture.functions or ():
        rates.observe(f"invocations:{function.name}", function.invocations, at)
        rates.observe(f"errors:{function.name}", function.errors, at)
        rates.observe(f"throttles:{function.name}", function.throttles, at)
    for bus in picture.buses or ():
        for rule in bus.rules:
            rates.observe(f"matches:{rule.arn}", rule.matches, at)
    for node in picture.map.nodes if picture.map else ():
        rates.observe(f"node:{node.id}", node.count, at)
