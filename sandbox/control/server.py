"""Answers on the control socket."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import os
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from sandbox.control.protocol import Dropped, ErrorInfo, Note, Reply, Request, Result
from sandbox.errors import SandboxError, ServerStartError, UsageError
from sandbox.model.awserror import AwsError

Method = Callable[..., Awaitable[Any] | AsyncIterator[Any]]

_LONGEST_LINE = 64 * 1024 * 1024
#: Real seconds that a client has to read its last answer.
_LAST_WORDS = 1.0
#: Turns of the loop in which an accepted connection surely has begun (it takes three or four).
_TURNS_TO_ACCEPT = 10
_log = logging.getLogger("sandbox.control")


class ControlServer:
    """Serves the methods of a session on a Unix socket that only its user can open.

    Args:
        path: the socket.
        methods: what can be called; a coroutine function answers once, an async generator answers a stream,
            or once with a `Result`.
    """

    def __init__(self, path: Path, methods: Mapping[str, Method]) -> None:
        self.path = path
        self._methods = methods
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def start(self) -> None:
        """Begins to listen; a socket left behind by a crashed sandbox is replaced.

        Raises:
            ServerStartError: the socket cannot be made there.
        """
        try:
            listener = _bind(self.path)
        except OSError as error:
            raise ServerStartError(
                "the control socket could not be opened",
                f"{self.path}: {error}",
                "name another state folder with --state DIR, or remove what is there",
            ) from error
        self._server = await asyncio.start_unix_server(self._accept, sock=listener, limit=_LONGEST_LINE)

    async def stop(self) -> None:
        """Tells whoever waits for an answer, ends every connection and removes the socket."""
        self._stopping = True
        self.path.unlink(missing_ok=True)
        if self._server is not None:
            # Nobody new can come; who is just being accepted begins, and can be ended like the others.
            for _ in range(_TURNS_TO_ACCEPT):
                await asyncio.sleep(0)
            self._server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        calls: set[asyncio.Task[None]] = set()
        try:
            while line := await _line(reader, writer):
                call = asyncio.create_task(self._answer(line, writer))
                calls.add(call)
                call.add_done_callback(calls.discard)
        except (ConnectionError, asyncio.CancelledError):
            pass  # the client went away, or we stop
        finally:
            for call in tuple(calls):
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            await _close(writer)
            self._connections.discard(task)

    async def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        try:
            request = msgspec.json.decode(line, type=Request)
        except (msgspec.DecodeError, RecursionError) as error:
            with contextlib.suppress(ConnectionError):
                await _send(writer, Reply(0, error=_malformed(str(error))))
            return
        with contextlib.suppress(ConnectionError):
            try:
                await self._run(request, writer)
            except asyncio.CancelledError:
                if self._stopping and not writer.is_closing():
                    writer.write(_encoded(Reply(request.id, stopped=True)))
                raise
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
        answer = method(**_arguments(request, method))
        if not isinstance(answer, AsyncIterator):
            await _send(writer, Reply(request.id, result=await answer))
            return
        try:
            async for item in answer:
                await _send(writer, _part(request.id, item))
                if isinstance(item, Result):
                    return
        finally:
            if isinstance(answer, AsyncGenerator):
                await answer.aclose()
        await _send(writer, Reply(request.id, end=True))


def _part(request: int, item: Any) -> Reply:
    """What a generator yielded, as it is sent."""
    if isinstance(item, Dropped):
        return Reply(request, dropped=item.count)
    if isinstance(item, Note):
        return Reply(request, note=item.text)
    if isinstance(item, Result):
        return Reply(request, result=item.value)
    return Reply(request, item=item)


async def _close(writer: asyncio.StreamWriter) -> None:
    """Closes a connection for good; what its client does not read within a moment is given up."""
    writer.close()
    try:
        await asyncio.wait_for(writer.wait_closed(), _LAST_WORDS)
    except TimeoutError:
        writer.transport.abort()
    except OSError:
        pass  # the client was quicker


def _bind(path: Path) -> socket.socket:
    """A listening Unix socket that is never open to others, not even for a moment."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        listener.bind(str(path))
        listener.listen()
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(mask)
    return listener


async def _line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """The next line; nothing at the end, or after one that is too long to be read."""
    try:
        return await reader.readline()
    except ValueError:
        await _send(writer, Reply(0, error=_malformed(f"a line has more than {_LONGEST_LINE} bytes")))
        return b""


def _arguments(request: Request, method: Method) -> dict[str, Any]:
    """The parameters of a request as the method takes them.

    Raises:
        UsageError: one is missing, unknown, or of another type.
    """
    signature = inspect.signature(method, eval_str=True)
    try:
        signature.bind(**request.params)
        return {
            name: _converted(value, name, signature.parameters.get(name))
            for name, value in request.params.items()
        }
    except (TypeError, msgspec.ValidationError) as error:
        raise UsageError(
            f"the parameters of the control method {request.method} are wrong",
            str(error),
            f"it takes {', '.join(map(str, signature.parameters.values())) or 'none'}",
        ) from error


def _converted(value: Any, name: str, parameter: inspect.Parameter | None) -> Any:
    if parameter is None or parameter.annotation is inspect.Parameter.empty:
        return value
    try:
        return msgspec.convert(value, parameter.annotation)
    except msgspec.ValidationError as error:
        raise msgspec.ValidationError(f"{name}: {error}") from error


async def _send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    writer.write(_encoded(reply))
    await writer.drain()


def _encoded(reply: Reply) -> bytes:
    return msgspec.json.encode(reply) + b"\n"


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
