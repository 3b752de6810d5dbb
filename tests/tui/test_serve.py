"""The served dashboard lets in the browser that has the token, and nobody else."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar, WSMsgType, WSServerHandshakeError, web

from sandbox.errors import PortTakenError
from tests.tui.children import children_gone
from tui.serve.server import application, listener

Visit = Callable[[ClientSession, str], Awaitable[None]]
_TOKEN = "t0ken"
#: Stands in for the dashboard: says that it is a Textual application, and goes on until it is told to end.
_CHILD = shlex.join([sys.executable, "-c", "print('__GANGLION__', flush=True); input()"])


def visit(scenario: Visit, *, command: str = _CHILD) -> None:
    """Runs the server, and a visit to it."""

    async def run() -> None:
        async with children_gone():
            await serve()

    async def serve() -> None:
        with listener(0) as bound:
            port = bound.getsockname()[1]
            runner = web.AppRunner(application(port, _TOKEN, command), shutdown_timeout=1.0)
            await runner.setup()
            await web.SockSite(runner, bound).start()
            try:
                async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser:
                    await scenario(browser, f"http://127.0.0.1:{port}")
            finally:
                await runner.cleanup()

    asyncio.run(run())


def test_the_token_opens_it() -> None:
    async def scenario(browser: ClientSession, address: str) -> None:
        async with browser.get(f"{address}/?token={_TOKEN}") as answer:
            assert answer.status == 200
            assert "token" not in str(answer.url)
            page = await answer.text()
            assert f'data-session-websocket-url="ws://{address.removeprefix("http://")}/ws"' in page
            assert "googleapis" not in page
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        async with browser.get(f"{address}/static/js/textual.js") as answer:
            assert answer.status == 200

    visit(scenario)


@pytest.mark.parametrize(
    "path", ["/", "/?token=wrong", "/?token=", "/ws", "/static/js/textual.js", "/download/x"]
)
def test_without_it_nothing_is_shown(path: str) -> None:
    async def scenario(browser: ClientSession, address: str) -> None:
        async with browser.get(f"{address}{path}") as answer:
            assert answer.status == 403

    visit(scenario)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "localhost:1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
def test_other_sites_are_refused_even_with_it(headers: dict[str, str]) -> None:
    async def scenario(browser: ClientSession, address: str) -> None:
        async with browser.get(f"{address}/?token={_TOKEN}", headers=headers) as answer:
            assert answer.status == 403
        async with browser.get(f"{address}/?token={_TOKEN}") as answer:
            assert answer.status == 200
        async with browser.get(address, headers=headers) as answer:
            assert answer.status == 403

    visit(scenario)


def test_only_reading_is_allowed() -> None:
    async def scenario(browser: ClientSession, address: str) -> None:
        async with browser.post(f"{address}/?token={_TOKEN}") as answer:
            assert answer.status == 403

    visit(scenario)


@pytest.mark.parametrize("origin", [None, "http://evil.example", "http://localhost"])
def test_the_websocket_of_another_site_is_refused(origin: str | None) -> None:
    async def scenario(browser: ClientSession, address: str) -> None:
        await (await browser.get(f"{address}/?token={_TOKEN}")).read()
        with pytest.raises(WSServerHandshakeError) as refused:
            await browser.ws_connect(f"{address}/ws", origin=origin)
        assert refused.value.status == 403

    visit(scenario)


def test_the_websocket_without_cookie_is_refused() -> None:
    async def scenario(browser: ClientSession, address: str) -> None:
        with pytest.raises(WSServerHandshakeError):
            await browser.ws_connect(f"{address}/ws", origin=address)

    visit(scenario)


def test_our_own_websocket_runs_the_dashboard(tmp_path: Path) -> None:
    """The real dashboard, with no sandbox behind it: it draws, and says so."""
    command = shlex.join([sys.executable, "-m", "tui", str(tmp_path)])

    async def scenario(browser: ClientSession, address: str) -> None:
        await (await browser.get(f"{address}/?token={_TOKEN}")).read()
        async with browser.ws_connect(f"{address}/ws?width=100&height=30", origin=address) as socket:
            drawn = b""
            while b"sandbox" not in drawn or b"disconnected" not in drawn:
                message = await socket.receive(timeout=60)
                assert message.type in (WSMsgType.BINARY, WSMsgType.TEXT)
                if message.type is WSMsgType.BINARY:
                    drawn += message.data
            await socket.send_json(["stdin", "q"])

    visit(scenario, command=command)


def test_a_port_that_is_taken_is_told() -> None:
    with listener(0) as bound:
        port = bound.getsockname()[1]
        assert port < 32768
        assert bound.getsockname()[0] == "127.0.0.1"
        with pytest.raises(PortTakenError):
            listener(port)
