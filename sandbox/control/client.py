"""Asks a running sandbox over its control socket. Blocking: for commands and tests."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from sandbox.control.protocol import ErrorInfo, Reply, Request, socket_path
from sandbox.errors import NotRunningError, SandboxError

T = TypeVar("T")


def control_socket(state: Path) -> Path:
    """The control socket of a state folder."""
    return socket_path(state.absolute(), Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()))


class RemoteError(SandboxError):
    """An error that the daemon answered, with the remedy it gave."""

    def __init__(self, info: ErrorInfo) -> None:
        super().__init__(info.what, info.why, info.remedy)
        self.exit_code = info.exit_code


class NoAnswerError(SandboxError):
    """A daemon is there and does not answer."""


class StoppedError(NotRunningError):
    """The sandbox was stopped while it was asked."""


class ControlClient:
    """A connection to the daemon of one state folder.

    Args:
        state: the state folder.
        timeout: seconds to wait for an answer; None waits for ever (streams).
        on_note: told what the daemon says while an answer is awaited.

    Raises:
        NotRunningError: nothing listens there.
    """

    def __init__(
        self, state: Path, *, timeout: float | None = None, on_note: Callable[[str], None] = lambda _: None
    ) -> None:
        self._on_note = on_note
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        try:
            self._socket.connect(str(control_socket(state)))
        except PermissionError as error:
            self._socket.close()
            raise NotRunningError(
                f"the sandbox in {state} belongs to another user",
                "its control socket is open to that user alone",
                "run the command as that user, or start your own with --state DIR",
            ) from error
        except OSError as error:
            self._socket.close()
            raise NotRunningError(
                f"no sandbox is running in {state}",
                "nothing answers on its control socket",
                "start one with `sandbox up`, or name its state folder with --state DIR",
            ) from error
        self._file = self._socket.makefile("rb")
        self._last = 0
        #: Items of streams that the daemon left out because they were not read fast enough.
        self.dropped = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection and every stream on it."""
        self._file.close()
        self._socket.close()

    def call(self, method: str, **params: Any) -> Any:
        """Calls a method and returns its result.

        Raises:
            RemoteError: what the daemon answered instead.
            NotRunningError: it went away.
            StoppedError: it was stopped meanwhile.
            NoAnswerError: it did not answer in time.
        """
        self._send(method, params)
        return self._answer().result

    def call_as(self, kind: type[T], method: str, **params: Any) -> T:
        """`call`, with the result as a type of the protocol."""
        return msgspec.convert(self.call(method, **params), kind)

    def stream(self, method: str, **params: Any) -> Iterator[Any]:
        """Calls a method that answers with a stream, and yields its items until the daemon ends it.

        Raises:
            RemoteError, NotRunningError, StoppedError, NoAnswerError: as `call`.
        """
        self._send(method, params)
        while not (reply := self._answer()).end:
            if reply.dropped:
                self.dropped += reply.dropped
            else:
                yield reply.item

    def _send(self, method: str, params: dict[str, Any]) -> None:
        self._last += 1
        try:
            self._socket.sendall(msgspec.json.encode(Request(self._last, method, params)) + b"\n")
        except OSError as error:
            raise _gone() from error

    def _answer(self) -> Reply:
        """The next reply that is more than a note."""
        while (reply := self._receive()).note:
            self._on_note(reply.note)
        return reply

    def _receive(self) -> Reply:
        try:
            line = self._file.readline()
        except TimeoutError as error:
            raise NoAnswerError(
                "the sandbox does not answer",
                f"it was asked {self._socket.gettimeout():g} s ago: it hangs, or is stopped in a debugger",
                "look at daemon.log in the state folder; `sandbox down` ends it",
            ) from error
        except OSError as error:
            raise _gone() from error
        if not line:
            raise _gone()
        reply = msgspec.json.decode(line, type=Reply)
        if reply.error is not None:
            raise RemoteError(reply.error)
        if reply.stopped:
            raise StoppedError(
                "the sandbox was stopped before it had answered",
                "`sandbox down` or a signal ended it",
                "start it again with `sandbox up`",
            )
        return reply


def _gone() -> NotRunningError:
    return NotRunningError(
        "the sandbox went away while it was asked",
        "its control socket was closed",
        "look at daemon.log in the state folder, then start it again with `sandbox up`",
    )
