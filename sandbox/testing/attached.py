"""A sandbox that was there before the tests: each test has an account of its own in it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from sandbox.control.client import ControlClient
from sandbox.control.protocol import StatusView
from sandbox.errors import NotRunningError
from sandbox.model.scope import DEFAULT_ACCOUNT
from sandbox.testing.control import Control, Line

_SECONDS = 10.0
#: Methods that are asked of one account.
_OF_ACCOUNT: Final = frozenset(
    {
        *("test_stack", "test_queues", "test_event", "flow_ls", "flow_show", "fault_clear"),
        *("saga_show", "saga_check", "saga_ls"),
    }
)


class Running(Line):
    """The daemon of a sandbox that runs already; it goes on when this is closed.

    Args:
        endpoint: its URL, as `sandbox status` shows it.

    Raises:
        NotRunningError: no sandbox of this machine answers there.
    """

    def __init__(self, endpoint: str) -> None:
        self.folder = _state_folder(endpoint.rstrip("/"))
        super().__init__(self.folder)
        self.status = msgspec.convert(self.call("status"), StatusView)

    @property
    def pid(self) -> int:
        """The daemon's process id."""
        return self.status.pid


class DefaultAccount:
    """The default account of a sandbox of our own, for engines that cannot be taken back in time.

    Args:
        server: the sandbox.
    """

    def __init__(self, server: Control) -> None:
        self.id: str = DEFAULT_ACCOUNT
        self.control: Control = server
        self._stacks: list[str] = []

    def deploy(self, system: str, *, seed: bool, cwd: Path, parameters: Mapping[str, str]) -> str:
        """Deploys a system into it; returns the name of the stack."""
        name: str = self.control.call(
            "test_deploy",
            system=system,
            cwd=str(cwd),
            seed=seed,
            account=self.id,
            parameters=dict(parameters),
        )
        self._stacks.append(name)
        return name

    def close(self) -> None:
        """Removes what was deployed."""
        while self._stacks:
            self.control.call("test_remove", name=self._stacks.pop(), account=self.id)


class Account(DefaultAccount):
    """An account of a sandbox, empty, and emptied again when this is closed, or when this process is gone.

    Args:
        running: the sandbox.
    """

    def __init__(self, running: Running) -> None:
        super().__init__(running)
        # Its end tells the sandbox that nobody uses the account any more.
        self._line = ControlClient(running.folder)
        self._stream = self._line.stream("test_account")
        self.id = next(self._stream)
        self.control = _InAccount(running, self.id)

    def close(self) -> None:
        """Removes what was deployed, and gives the account up."""
        try:
            super().close()
        finally:
            self._line.close()


class _InAccount:
    """Asks the sandbox about one account."""

    def __init__(self, running: Running, account: str) -> None:
        self._running = running
        self._account = account

    def call(self, method: str, **params: Any) -> Any:
        if method in _OF_ACCOUNT:
            params["account"] = self._account
        if method == "fault_add":
            params["match"] = {**params["match"], "account": self._account}
        return self._running.call(method, **params)

    def stream(self, method: str, **params: Any) -> Iterator[Any]:
        return self._running.stream(method, **params)


def _state_folder(endpoint: str) -> Path:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{endpoint}/_sandbox/health", timeout=_SECONDS) as answer:
            state = json.load(answer)["state"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotRunningError(
            f"no sandbox answers at {endpoint}",
            str(error) or type(error).__name__,
            "start one with `sandbox up`; `sandbox status` shows its endpoint",
        ) from error
    return Path(str(state))
