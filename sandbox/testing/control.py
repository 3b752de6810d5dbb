"""What the objects of a test ask the sandbox through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from sandbox.control.client import ControlClient
from sandbox.errors import SandboxError, ServerStartError


class Control(Protocol):
    """A connection to the control socket of a sandbox."""

    def call(self, method: str, **params: Any) -> Any:
        """Calls a control method and returns its answer.

        Raises:
            SandboxError: what the sandbox answered instead.
        """
        ...

    def stream(self, method: str, **params: Any) -> Iterator[Any]:
        """Calls a control method that answers with a stream."""
        ...


class Line:
    """The port `Control` over the socket of a state folder.

    A call that is interrupted (a test that runs out of its time, Ctrl-C) takes its connection along: the
    sandbox ends what it was asked for, and the next call gets no answer that was meant for it.

    Args:
        folder: the state folder.

    Raises:
        NotRunningError: nothing listens there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._client: ControlClient | None = ControlClient(folder)
        self._closed = False

    def call(self, method: str, **params: Any) -> Any:
        """See `Control.call`."""
        with self._connected() as client:
            return client.call(method, **params)

    def stream(self, method: str, **params: Any) -> Iterator[Any]:
        """See `Control.stream`; read it to its end."""
        with self._connected() as client:
            yield from client.stream(method, **params)

    def close(self) -> None:
        """Ends the connection for good."""
        self._closed = True
        self._hang_up()

    @contextmanager
    def _connected(self) -> Iterator[ControlClient]:
        if self._closed:
            raise ServerStartError(
                "the sandbox of the tests was closed",
                "a fixture or a `with` block that owned it has ended",
                "use it inside that block",
            )
        client = self._client = self._client or ControlClient(self._folder)
        try:
            yield client
        except SandboxError:
            raise
        except BaseException:
            self._hang_up()
            raise

    def _hang_up(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
