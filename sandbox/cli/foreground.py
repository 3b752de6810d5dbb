"""Runs a session in this process until it is asked to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Callable

import uvloop

from sandbox.cli.diagnostics import INTERRUPTED
from sandbox.control.protocol import StatusView
from sandbox.model.openfiles import allow_open_files
from sandbox.session.options import Options
from sandbox.session.session import Session
from sandbox.session.tasks import Report
from sandbox.session.views import status_view
from sandbox.session.workspace import systems_to_deploy

#: Objects that are made before Python looks for garbage among them.
_YOUNG = 20_000

Ready = Callable[[StatusView], None]


def run_foreground(options: Options, *, report: Report, ready: Ready) -> int:
    """Starts a sandbox here and stays until Ctrl-C, SIGTERM or `sandbox down`.

    Args:
        report: told every step of the start.
        ready: told what runs, once it does.

    Returns:
        The exit code.

    Raises:
        SandboxError: it could not start.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    allow_open_files()  # every connection of a client is one
    return uvloop.run(_run(options, report, ready))


async def _run(options: Options, report: Report, ready: Ready) -> int:
    session = Session(options, report)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, session.ask_to_stop)
    try:
        if not await _started(session, options):
            return INTERRUPTED
        _collect_less()
        ready(status_view(session))
        await session.run()
    finally:
        await session.stop()
    return 0


def _collect_less() -> None:
    """Looks for garbage less often: what a request makes goes with it, what the start has made stays."""
    gc.freeze()
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])


async def _started(session: Session, options: Options) -> bool:
    """Starts the session; False when a signal or `sandbox down` asked to stop before it was ready."""
    starting = asyncio.create_task(session.start(systems_to_deploy(options)), name="start")
    stopping = asyncio.create_task(session.run(), name="stop")
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not starting.done():
        starting.cancel()
        # It stops what it has started: however often the user asks again, that is waited for.
        await asyncio.wait({starting})
    if starting.cancelled():
        return False
    starting.result()
    return True
