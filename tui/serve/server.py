"""Serves the dashboard to a browser until it is interrupted."""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import shlex
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import aiohttp_jinja2
import jinja2
from aiohttp import web
from textual_serve.server import Server

from sandbox.errors import PortTakenError
from tui.serve.guard import guard

HOST = "127.0.0.1"
_TEMPLATES = Path(__file__).parent / "templates"
#: Below the ports that the kernel gives to outgoing connections.
_FIRST, _LAST, _ATTEMPTS = 15000, 32767, 200


def listener(port: int) -> socket.socket:
    """A listening socket on loopback.

    Args:
        port: 0 takes a free one below 32768.

    Raises:
        PortTakenError: another process listens there.
    """
    choices = [port] if port else random.SystemRandom().sample(range(_FIRST, _LAST + 1), _ATTEMPTS)
    for choice in choices:
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((HOST, choice))
            found.listen()
        except OSError:
            found.close()
            continue
        return found
    raise PortTakenError(
        f"the dashboard cannot be served on port {port or 'any'}",
        "another process listens there",
        "leave --port out: a free one is taken",
    )


def application(port: int, token: str, command: str) -> web.Application:
    """The web application: Textual's handlers behind our guard.

    Args:
        command: shell command that runs the dashboard, once for each browser window.
    """
    host = f"{HOST}:{port}"
    server = Server(
        command, host=HOST, port=port, title="sandbox", public_url=f"http://{host}", templates_path=_TEMPLATES
    )
    app = web.Application(middlewares=[guard(host, token)])
    aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(server.templates_path), autoescape=True)
    app.add_routes(
        [
            web.get("/", server.handle_index, name="index"),
            web.get("/ws", server.handle_websocket, name="websocket"),
            web.get("/download/{key}", server.handle_download, name="download"),
            web.static("/static", server.statics_path, name="static"),
        ]
    )
    return app


def serve(
    state: Path, *, port: int = 0, theme: str | None = None, say: Callable[[str], None] = print
) -> None:
    """Serves the dashboard of a state folder until Ctrl-C.

    Args:
        port: 0 takes a free one.
        say: is told the address.

    Raises:
        PortTakenError: another process listens on the port.
    """
    with listener(port) as bound:
        chosen = int(bound.getsockname()[1])
        token = secrets.token_urlsafe(24)
        command = shlex.join([sys.executable, "-m", "tui", str(state), *([theme] if theme else [])])
        say(f"http://{HOST}:{chosen}/?token={token}")
        say("The address is a key to your sandbox: keep it. Ctrl-C ends.")
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_until_interrupted(application(chosen, token, command), bound))
        say("The dashboard is not served any more.")


async def _until_interrupted(app: web.Application, bound: socket.socket) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        await web.SockSite(runner, bound).start()
        await over.wait()
    finally:
        await runner.cleanup()
