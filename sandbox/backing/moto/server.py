"""The long tail of AWS: one moto process, started at the first call, which remembers nothing by itself.

Each write it accepts is recorded; after a restart they are repeated, with the same seeds and times, before
the first call is answered. Writes run one at a time, so that the record has the order they took effect in.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

from sandbox.backing.leftovers import end_leftover
from sandbox.backing.moto import services
from sandbox.backing.moto.client import send
from sandbox.backing.moto.log import LoggedWrite, MotoLog
from sandbox.backing.portfinder import HOST, on_free_port
from sandbox.backing.process import ProcessSpec, SupervisedProcess
from sandbox.clock import Clock
from sandbox.errors import ServerStartError
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.scope import DEFAULT_ACCOUNT

_CHILD = Path(__file__).with_name("child.py")
_READY_LINE = "moto is ready"
_READY_SECONDS = 60.0
_PROBLEM = "x-sandbox-problem"
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)")


class MotoServer:
    """A supervised moto that answers for the services the sandbox does not implement itself.

    Args:
        folder: what it owns: `server.log`, `server.pid` and temporary files.
        log: keeps what was written to it.
        clock: what time it is in its world.
        account_of: the account that an access key belongs to; by default a key of 12 digits names its
            account, any other key belongs to the sandbox's default account.
        report: is told, in one sentence, when it starts, and what could not be repeated.
    """

    def __init__(
        self,
        folder: Path,
        log: MotoLog,
        clock: Clock,
        *,
        account_of: Callable[[str], str] | None = None,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._folder = folder.absolute()
        self._log = log
        self._clock = clock
        self._account_of = account_of or default_account_of
        self._report = report
        self._starting = asyncio.Lock()
        self._writing = asyncio.Lock()
        self._process: SupervisedProcess | None = None
        self._port = 0
        #: Digest of the writes that the running process did.
        self._done = hashlib.sha256()

    # --- the port `Upstream` -----------------------------------------------------------------------------
    def refusal(self, service: str, operation: str) -> str | None:
        """Why the operation is not passed on, or None."""
        return services.refusal(service, operation)

    async def forward(self, service: str, operation: str, request: HttpRequest) -> HttpResponse:
        """Passes the request on and returns moto's answer; records it when it is a write that moto accepted.

        Raises:
            AwsError: the operation is refused by name, moto does not implement it, or moto cannot be started.
        """
        reason = self.refusal(service, operation)
        if reason is not None:
            raise NotImplementedByName(service, f"operation {operation} ({reason})")
        await self._ensure_running()
        if not services.is_write(service, operation):
            return await self._send(service, operation, request, self._clock.now(), None)
        async with self._writing:
            write = LoggedWrite(self._log.next_sequence(), self._clock.now(), service, operation, request)
            response = await self._send(service, operation, request, write.at, write.sequence)
            if response.status < 300:
                self._log.append(write)
                _add(self._done, write)
            return response

    # --- life --------------------------------------------------------------------------------------------
    async def start(self) -> None:
        """Ends what a crashed sandbox left; moto itself is started by the first call that needs it."""
        await asyncio.to_thread(end_leftover, self._folder / "server.pid")

    async def stop(self) -> None:
        """Ends the process; the next call starts it again and repeats what was written."""
        async with self._starting:
            if self._process is not None:
                await self._process.stop()
                self._process = None

    async def go_on(self) -> None:
        """The record was replaced: where it differs from what moto did, the next call starts anew."""
        if self._process is None:
            return
        recorded = hashlib.sha256()
        for write in self._log.all():
            _add(recorded, write)
        if recorded.digest() != self._done.digest():
            await self.stop()

    def processes(self) -> list[tuple[str, int]]:
        """Name and id of the process while it runs."""
        process = self._process
        return [("moto", process.pid)] if process is not None and process.pid is not None else []

    async def _ensure_running(self) -> None:
        if self._process is not None and self._process.running:
            return
        async with self._starting:
            if self._process is not None:
                if self._process.running:
                    return
                await self._process.stop()
                self._process = None
            try:
                self._port, process = await on_free_port(self._start)
                try:
                    await self._repeat_writes()
                except BaseException:
                    await process.stop()
                    raise
            except (ServerStartError, OSError) as error:
                raise AwsError("ServiceUnavailable", _start_message(error), status=503) from error
            self._process = process
            self._report("moto runs: it answers for the services that the sandbox does not implement itself")

    async def _start(self, port: int) -> SupervisedProcess:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        process = SupervisedProcess(
            ProcessSpec(
                name="moto",
                command=(sys.executable, "-I", str(_CHILD), str(port)),
                folder=self._folder,
                log=self._folder / "server.log",
                pid_file=self._folder / "server.pid",
                environment=_environment(self._folder, port),
                stop_signals=((signal.SIGTERM, 2.0),),
                remedy="install the sandbox's dependencies again (`moto[server]`); see `sandbox doctor`",
            )
        )
        await process.start(
            lambda running: running.log.wait_for(_READY_LINE),
            expected=f"the line {_READY_LINE!r}",
            within=_READY_SECONDS,
        )
        return process

    async def _repeat_writes(self) -> None:
        self._done = hashlib.sha256()
        for write in self._log.all():
            _add(self._done, write)
            extra = self._extra_headers(write.request, write.at, write.sequence)
            response = await send(HOST, self._port, write.request, extra)
            if response.status >= 300:
                self._report(
                    f"moto did not take {write.operation} of {write.service} again (write {write.sequence}, "
                    f"status {response.status}): what it made is missing"
                )

    # --- requests ----------------------------------------------------------------------------------------
    async def _send(
        self, service: str, operation: str, request: HttpRequest, at: float, seed: int | None
    ) -> HttpResponse:
        try:
            response = await send(HOST, self._port, request, self._extra_headers(request, at, seed))
        except OSError as error:
            message = f"moto ended while it worked on {operation} of {service}; the next call starts it again"
            raise AwsError("ServiceUnavailable", message, status=503) from error
        problem = next((value for name, value in response.headers if name == _PROBLEM), None)
        if problem == "not-implemented" or _is_unknown_route(response):
            raise NotImplementedByName(service, f"operation {operation}")
        if problem is not None:
            message = f"moto failed at {operation} of {service}: {response.body.decode('utf-8', 'replace')}"
            raise AwsError("InternalFailure", message, status=500)
        return response

    def _extra_headers(self, request: HttpRequest, at: float, seed: int | None) -> list[tuple[str, str]]:
        headers = [
            ("x-sandbox-time", repr(at)),
            ("x-moto-account-id", self._account_of(_access_key(request))),
        ]
        if seed is not None:
            headers.append(("x-sandbox-seed", str(seed)))
        return headers


def _add(digest: hashlib._Hash, write: LoggedWrite) -> None:
    request = write.request
    digest.update(
        repr((write.sequence, write.at, write.operation, request.path, request.query, request.body)).encode()
    )


def default_account_of(access_key: str) -> str:
    """The account an access key names: itself when it has 12 digits, else the default account."""
    return access_key if re.fullmatch(r"[0-9]{12}", access_key) else DEFAULT_ACCOUNT


def _access_key(request: HttpRequest) -> str:
    found = _CREDENTIAL.search(request.header("authorization"))
    if found is not None:
        return found[1]
    query = parse_qs(request.query)
    if "X-Amz-Credential" in query:
        return query["X-Amz-Credential"][0].partition("/")[0]
    return query.get("AWSAccessKeyId", [""])[0]


def _is_unknown_route(response: HttpResponse) -> bool:
    """Whether this is the page of moto's web framework for a path that it does not know."""
    return response.status == 404 and response.body[:15].lower() == b"<!doctype html>"


def _environment(folder: Path, port: int) -> dict[str, str]:
    """Nothing of the host's AWS configuration may reach moto, nor any file of it the host."""
    return {
        "PATH": os.defpath,
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "TZ": "UTC",
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "MOTO_PORT": str(port),
        "MOTO_DISABLE_GLOBAL_CORS": "true",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _start_message(error: Exception) -> str:
    what = error.what if isinstance(error, ServerStartError) else str(error)
    why = f" {error.why}" if isinstance(error, ServerStartError) else ""
    return f"the server for services that sandbox does not implement itself is not available: {what}.{why}"
