"""Runs a load: sends, looks, waits for the queues, and puts the report together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.load.profile import Profile
from sandbox.load.report import Report, report_of
from sandbox.load.request import maker
from sandbox.load.sender import Sender, connections_allowed
from sandbox.load.watching import INTERVAL, Client, Watcher


@dataclass(frozen=True, slots=True)
class Target:
    """What is sent, and where to.

    Attributes:
        system: the stack that it is an address of.
        url: whole, with `{n}` where the number of the request goes.
    """

    system: str
    url: str
    method: str
    body: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Glance:
    """How it goes, twice a second.

    Attributes:
        at: seconds from the beginning. wanted: requests per second that are asked for now.
    """

    at: float
    wanted: float
    sent: int
    ok: int
    lost: int
    p95_ms: float
    waiting: int
    cpu: float


async def run_load(
    client: Client,
    target: Target,
    profile: Profile,
    *,
    parameters: dict[str, str],
    drain: float,
    on_glance: Callable[[Glance], None],
) -> Report:
    """Sends a profile to a target and says what came of it.

    Args:
        client: of the sandbox's control API.
        parameters: of the template, for the report.
        drain: real seconds that the queues may take to run empty afterwards.
        on_glance: told how it goes while it runs.

    Raises:
        ValueError: the target is not on this machine.
    """
    host, port, make = maker(target.url, target.method, target.body, target.headers)
    sender, watcher = Sender(host, port, make, connections_allowed()), Watcher(client, target.system)
    await watcher.begin()
    stopped = asyncio.Event()
    began = asyncio.get_running_loop().time()
    looking = asyncio.create_task(_look(sender, watcher, profile, began, on_glance))
    try:
        await sender.send(profile.times(), stopped)
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking
    await watcher.drain(drain, began)
    return report_of(profile, target.url, parameters, sender.results, await watcher.end())


async def _look(
    sender: Sender, watcher: Watcher, profile: Profile, began: float, on_glance: Callable[[Glance], None]
) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(INTERVAL)
        at = loop.time() - began
        look = await watcher.look(at)
        results = sender.results
        recent = sorted(results.took[-200:])
        on_glance(
            Glance(
                at,
                profile.rate_at(at),
                len(results.due),
                results.ok,
                len(results.due) - results.ok,
                recent[int(len(recent) * 0.95)] * 1000 if recent else 0.0,
                look.waiting,
                look.cpu,
            )
        )
