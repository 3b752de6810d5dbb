"""Answers on the control socket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from sandbox.control.protocol import ErrorInfo, Reply, Request
from sandbox.errors import SandboxError
from sandbox.model.awserror import AwsError

Method = Callable[..., Awaitable[Any] | AsyncIterator[Any]]

_LONGEST_LINE = 64 * 1024 * 1024
_log = logging.getLogger("sandbox.control")


class ControlServer:
    """Serves the methods of a session on a Unix socket that only its user can open.

    Args:
        path: the socket.
        methods: what can be called; a coroutine function answers once, an async generator answers a stream.
    """

    def __init__(self, path: Path, methods: Mapping[str, Method]) -> None:
        self.path = path
        self._methods = methods
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begins to listen; a socket left behind by a crashed sandbox is replaced."""
        self.path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._accept, str(self.path), limit=_LONGEST_LINE)
        self.path.chmod(0o600)

    async def stop(self) -> None:
        """Ends every connection and removes the socket."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self.path.unlink(missing_ok=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        calls: set[asyncio.Task[None]] = set()
        try:
            while line := await reader.readline():
                call = asyncio.create_task(self._answer(line, writer))
                calls.add(call)
                call.add_done_callback(calls.discard)
        except (ConnectionError, asyncio.CancelledError, ValueError):
            pass  # the client went away, sent a line without end, or we stop
        finally:
            for call in tuple(calls):
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            writer.close()
            self._connections.discard(task)

    async def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        try:
            request = msgspec.json.decode(line, type=Request)
        except msgspec.DecodeError as error:
            await _send(writer, Reply(0, error=_malformed(str(error))))
            return
        with contextlib.suppress(ConnectionError):
            try:
                await self._run(request, writer)
            except SandboxError as error:
                await _send(writer, Reply(request.id, error=_info(error)))
            except AwsError as error:
                await _send(writer, Reply(request.id, error=_refused(error)))
            except Exception as error:
                _log.exception("control method %s failed", request.method)
                await _send(writer, Reply(request.id, error=_unexpected(request.method, error)))

    async def _run(self, request: Request, writer: asyncio.StreamWriter) -> None:
        method = self._methods.get(request.method)
        if method is None:
            raise SandboxError(
                f"the sandbox has no control method {request.method}",
                "client and daemon are of different versions, or the name is misspelt",
                "restart the sandbox: `sandbox down`, then `sandbox up`",
            )
        answer = method(**request.params)
        if isinstance(answer, AsyncIterator):
            async for item in answer:
                await _send(writer, Reply(request.id, item=item))
            await _send(writer, Reply(request.id, end=True))
        else:
            await _send(writer, Reply(request.id, result=await answer))


async def _send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    writer.write(msgspec.json.encode(reply) + b"\n")
    await writer.drain()


def _info(error: SandboxError) -> ErrorInfo:
    return ErrorInfo(error.what, error.why, error.remedy, error.exit_code)


def _malformed(reason: str) -> ErrorInfo:
    return ErrorInfo(
        "a control request could not be read", reason, "send one JSON document per line: id, method, params"
    )


def _refused(error: AwsError) -> ErrorInfo:
    return ErrorInfo(
        f"the service refused: {error.code}",
        error.message,
        "correct the request; `sandbox services` lists what each service does",
    )


def _unexpected(method: str, error: Exception) -> ErrorInfo:
    return ErrorInfo(
        f"the sandbox failed at {method}",
        f"{type(error).__name__}: {error}",
        "this is a defect of sandbox: please report it with daemon.log of the state folder",
    )
