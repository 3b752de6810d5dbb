"""The sandbox of a test process: started once, fresh for every test."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.testing.attached import Account, DefaultAccount, Running
from sandbox.testing.aws import Aws
from sandbox.testing.clock import Clock
from sandbox.testing.flows import Flows
from sandbox.testing.parameters import Parameters, as_texts
from sandbox.testing.sagas import Sagas
from sandbox.testing.server import Server
from sandbox.testing.stack import Stack

_EMPTY = "empty"
#: Systems that are kept as they were after their deployment: state in memory, and databases on disk.
_MOST_KEPT = 16


class Sandbox:
    """A full local AWS of one process. Close it, or use it in a `with` block.

    Args:
        engine: `embedded`, or `docker`, whose time is real and whose stacks are deployed anew for each test.
        endpoint: URL of a sandbox that runs already, instead of one of this process: each stack then gets an
            account of its own in it, nothing else is touched, and its clock stays as it is.
        speed: of the clock of a sandbox of our own: 0 stands still until the test moves it, 1 is real time,
            60 a minute a second.

    Attributes:
        endpoint: the front door's URL.
        aws, clock, flows, sagas: bound to it.

    Raises:
        SandboxError: it could not start.
    """

    def __init__(self, *, engine: str = "embedded", endpoint: str | None = None, speed: float = 0.0) -> None:
        self._server = Server(engine, speed) if endpoint is None else Running(endpoint)
        self.endpoint = self._server.status.endpoint
        #: Where the stack in use was deployed, when it was deployed for one test alone.
        self._place: Account | DefaultAccount | None = None
        self.aws = Aws(self.endpoint)
        self.clock = Clock(self._server)
        self.flows = Flows(self._server)
        self.sagas = Sagas(self._server)
        #: Label of what was kept -> name of the stack in it.
        self._kept: dict[str, str] = {}
        #: Label of what the sandbox holds now, untouched; empty once a test had it.
        self._fresh = ""

    @property
    def folder(self) -> Path:
        """Its state folder: `sandbox status --state FOLDER` looks into it while a debugger holds a test."""
        return self._server.folder

    @property
    def pid(self) -> int:
        """Process id of its daemon."""
        return self._server.pid

    def stack(
        self,
        system: str | Path,
        *,
        seed: bool = True,
        parameters: Parameters | None = None,
        cwd: Path | None = None,
    ) -> Stack:
        """A system as it is right after its deployment; whatever was in the sandbox before is gone.

        It is deployed the first time, with these parameters; then each call takes milliseconds.

        Args:
            system: a name that `sandbox up` knows, a folder with a `sandbox.toml`, or a template.
            seed: run its seeders.
            parameters: values for parameters of its template, instead of those of `sandbox.toml`, for this
                stack alone.
            cwd: folder from which it is looked up; the current one by default.

        Raises:
            UsageError: a value is neither a text, a number nor a truth value; no such parameter.
            SandboxError: it cannot be deployed.
        """
        given = as_texts(parameters or {})
        folder = (cwd or Path.cwd()).resolve()
        if isinstance(self._server, Running) or self._server.status.engine != "embedded":
            return self._anew(str(system), folder, seed=seed, parameters=given)
        label = "\n".join((str(folder), str(system), str(seed), *_digest(given)))
        if label not in self._kept:
            self._deploy(label, str(system), folder, seed=seed, parameters=given)
        elif self._fresh != label:
            self._server.call("test_return", label=label)
        self._fresh = ""
        name = self._kept[label] = self._kept.pop(label)  # the one used last
        return Stack(name, self._server, self.aws)

    def empty(self) -> None:
        """Takes everything out of it: of a sandbox that was there before, what this process put in."""
        if isinstance(self._server, Running) or self._server.status.engine != "embedded":
            self._leave()
            return
        if _EMPTY not in self._kept:
            self._server.call("test_keep", label=_EMPTY)
            self._kept[_EMPTY] = ""
        elif self._fresh != _EMPTY:
            self._server.call("test_return", label=_EMPTY)
        self._fresh = _EMPTY

    def close(self) -> None:
        """Ends it with everything that it runs; one that was there before goes on, without our stacks."""
        self.aws.close()
        if isinstance(self._server, Running):
            self._leave()
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _anew(self, system: str, folder: Path, *, seed: bool, parameters: dict[str, str]) -> Stack:
        """A stack that is deployed for one test: in an account of its own, or instead of the last one."""
        self._leave()
        server = self._server
        self._place = place = Account(server) if isinstance(server, Running) else DefaultAccount(server)
        name = place.deploy(system, seed=seed, cwd=folder, parameters=parameters)
        return Stack(name, place.control, Aws(self.endpoint, account=place.id))

    def _leave(self) -> None:
        place, self._place = self._place, None
        if place is not None:
            place.close()

    def _deploy(
        self, label: str, system: str, folder: Path, *, seed: bool, parameters: dict[str, str]
    ) -> None:
        self.empty()
        self._fresh = ""
        told = self._server.stream(
            "deploy", systems=[system], cwd=str(folder), seed=seed, parameters=parameters
        )
        for _ in told:
            pass
        stacks = self._server.call("status")["stacks"]
        self._server.call("test_keep", label=label)
        self._kept[label] = stacks[-1]["name"]
        self._fresh = label
        systems = [one for one in self._kept if one != _EMPTY]
        if forgotten := systems[:-_MOST_KEPT]:
            self._server.call("test_forget", labels=forgotten)
            for one in forgotten:
                del self._kept[one]


def _digest(given: Mapping[str, str]) -> list[str]:
    """What tells parameters from others; values may be secrets, which are in no label."""
    return [hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()] if given else []


@contextmanager
def run(
    system: str | Path,
    *,
    seed: bool = True,
    parameters: Parameters | None = None,
    engine: str = "embedded",
    endpoint: str | None = None,
    speed: float = 0.0,
    cwd: Path | None = None,
) -> Iterator[Stack]:
    """A system in a sandbox of its own, for the time of a `with` block.

    Args:
        system, seed, parameters, cwd: as `Sandbox.stack` takes them.
        engine, endpoint, speed: as `Sandbox` takes them.

    Raises:
        SandboxError: it could not start, or the system cannot be deployed.
    """
    with Sandbox(engine=engine, endpoint=endpoint, speed=speed) as sandbox:
        yield sandbox.stack(system, seed=seed, parameters=parameters, cwd=cwd)
