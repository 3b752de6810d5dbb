"""A headless Chromium, spoken to over its DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientSession, ClientWebSocketResponse

_ADDRESS = "DevTools listening on "


def chromium() -> str | None:
    """The browser of this machine, if it has one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


class Browser:
    """One page of a browser of its own.

    Args:
        profile: an empty folder.

    Attributes:
        received: everything that came over WebSockets of the page.
        requested: addresses that the page loaded.
    """

    def __init__(self, program: str, profile: Path) -> None:
        self._program, self._profile = program, profile
        self._session = ClientSession()
        self._process: asyncio.subprocess.Process | None = None
        self._socket: ClientWebSocketResponse | None = None
        self._number = 0
        self.received = b""
        self.requested: list[str] = []

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            self._program, "--headless", "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader",
            "--window-size=1300,850", "--remote-debugging-port=0", f"--user-data-dir={self._profile}",
            "about:blank",
            stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert self._process.stderr is not None
        address = ""
        while not address.startswith(_ADDRESS):
            line = await self._process.stderr.readline()
            assert line, "the browser ended while it started"
            address = line.decode().strip()
        host = address.removeprefix(_ADDRESS).split("/")[2]
        async with self._session.get(f"http://{host}/json") as answer:
            pages = [tab for tab in await answer.json() if tab["type"] == "page"]
        self._socket = await self._session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0)
        await self.ask("Network.enable")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._session.close()
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.communicate()

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """One command of the protocol."""
        assert self._socket is not None
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        answer = await self._listen(lambda message: message.get("id") == self._number)
        result: dict[str, Any] = answer.get("result", {})
        return result

    async def until_received(self, words: bytes) -> None:
        """Waits until the page has received this over a WebSocket."""
        while words not in self.received:
            await self._listen(lambda message: words in self.received)

    async def press(self, key: str) -> None:
        """A key."""
        await self.ask("Input.dispatchKeyEvent", type="keyDown", text=key, key=key)
        await self.ask("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def click(self, x: int, y: int) -> None:
        """A click."""
        for kind in ("mousePressed", "mouseReleased"):
            await self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def screenshot(self) -> bytes:
        """What the page looks like, as PNG."""
        return base64.b64decode((await self.ask("Page.captureScreenshot"))["data"])

    async def _listen(self, enough: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        assert self._socket is not None
        while True:
            message: dict[str, Any] = json.loads((await self._socket.receive(timeout=60)).data)
            if message.get("method") == "Network.webSocketFrameReceived":
                frame = message["params"]["response"]
                data = frame["payloadData"]
                self.received += base64.b64decode(data) if frame["opcode"] == 2 else data.encode()
            elif message.get("method") == "Network.requestWillBeSent":
                self.requested.append(message["params"]["request"]["url"])
            if enough(message):
                return message
