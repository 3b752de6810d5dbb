"""The served dashboard in a headless Chromium: it draws, takes keys, and loads nothing from elsewhere."""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from pathlib import Path

import pytest
from aiohttp import web

from tests.tui.browser import Browser, chromium
from tests.tui.children import children_gone
from tui.serve.server import application, listener

_TOKEN = "t0ken"
_CHILD = shlex.join([sys.executable, "-m", "tests.tui.canned_dashboard"])
_PROGRAM = chromium()


@pytest.mark.skipif(_PROGRAM is None, reason="needs a Chromium on this machine: apt-get install chromium")
def test_the_dashboard_in_a_browser(tmp_path: Path) -> None:
    async def run() -> None:
        async with children_gone():
            await serve()

    async def serve() -> None:
        with listener(0) as bound:
            port = bound.getsockname()[1]
            runner = web.AppRunner(application(port, _TOKEN, _CHILD), shutdown_timeout=1.0)
            await runner.setup()
            await web.SockSite(runner, bound).start()
            try:
                async with Browser(_PROGRAM or "", tmp_path / "profile") as browser:
                    await browser.ask("Page.navigate", url=f"http://127.0.0.1:{port}/?token={_TOKEN}")
                    await browser.until_received(b"estoque-reserva")
                    await browser.click(400, 400)
                    await browser.press("3")
                    await browser.until_received(b"waiting for")
                    picture = await browser.screenshot()
                    assert picture.startswith(b"\x89PNG")
                    assert len(picture) > 20_000  # a black page is far smaller
                    if folder := os.environ.get("SANDBOX_PICTURES"):
                        (Path(folder) / "browser.png").write_bytes(picture)
                    ours = f"http://127.0.0.1:{port}/"
                    assert all(url.startswith((ours, "data:")) for url in browser.requested), (
                        browser.requested
                    )
            finally:
                await runner.cleanup()

    asyncio.run(run())
