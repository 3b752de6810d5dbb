"""`sandbox doctor`: what the sandbox needs, and whether this machine has it."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from sandbox.cli.common import connect, json_option, state_option
from sandbox.cli.output import emit, emit_json
from sandbox.control.protocol import StatusView
from sandbox.errors import NotRunningError, SandboxError
from sandbox.session.options import DEFAULT_PORT

_ENOUGH_DISK = 500 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: `ok`, `note` (works, but know this) or `bad` (does not work), and what to do."""

    check: str
    result: str
    text: str
    remedy: str = ""


@click.command("doctor", short_help="Check what the sandbox needs on this machine.")
@json_option
@state_option
def command(as_json: bool, state: Path) -> int:
    """Check what the sandbox needs on this machine. Exits with 1 when something is missing.

    Example: sandbox doctor
    """
    findings = list(examine(state))
    if as_json:
        emit_json([asdict(finding) for finding in findings])
    else:
        marks = {"ok": "✓", "note": "!", "bad": "✗"}
        for finding in findings:
            emit(f"{marks[finding.result]} {finding.check:<12} {finding.text}")
            if finding.remedy:
                emit(f"  do: {finding.remedy}")
    return 1 if any(finding.result == "bad" for finding in findings) else 0


def examine(state: Path) -> Iterator[Finding]:
    """Every check, each on its own: one that fails does not hide the others."""
    for name, check in _CHECKS.items():
        try:
            yield check(state)
        except SandboxError as error:
            yield Finding(name, "bad", f"{error.what}: {error.why}", error.remedy)


def _python(_: Path) -> Finding:
    return Finding("python", "ok", f"{platform.python_version()} at {sys.executable}")


def _platform(_: Path) -> Finding:
    text = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    if sys.platform not in ("linux", "darwin"):
        return Finding("platform", "bad", text, "use Linux, macOS, or Windows through WSL2")
    return Finding("platform", "ok", text)


def _postgres(_: Path) -> Finding:
    from sandbox.backing.postgres.binaries import find_binaries

    binaries = find_binaries()
    return Finding("postgres", "ok", f"PostgreSQL {binaries.major} at {binaries.folder}")


def _runtime(_: Path) -> Finding:
    from sandbox.runtime.interpreters import Interpreters

    notices: list[str] = []
    found = asyncio.run(Interpreters(notices.append).find("3.13"))
    if notices:
        return Finding(
            "python3.13", "note", notices[0], "install Python 3.13 to run python3.13 functions exactly"
        )
    return Finding("python3.13", "ok", f"functions of runtime python3.13 run on {found.path}")


def _installer(_: Path) -> Finding:
    uv = shutil.which("uv")
    return Finding("installer", "ok", f"uv at {uv}" if uv else "pip resolves the functions' requirements")


def _docker(_: Path) -> Finding:
    """Nothing here is bad: the embedded engine needs no containers."""
    from sandbox.engines.registry import container_daemon

    try:
        words, tested = container_daemon()
    except SandboxError as error:
        return Finding("docker", "ok", f"not needed by the embedded engine: {error.what} ({error.why})")
    if not tested:
        remedy = "see docs/docker-engine.md; where it does not do, use Docker, or the embedded engine"
        return Finding("docker", "note", f"{words}, which the tests of --engine docker do not cover", remedy)
    return Finding("docker", "ok", f"{words}, for --engine docker")


def _disk(state: Path) -> Finding:
    folder = next(parent for parent in (state.absolute(), *state.absolute().parents) if parent.exists())
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free where the state is ({state})"
    if free < _ENOUGH_DISK:
        return Finding("disk", "bad", text, "free some space, or name another folder with --state DIR")
    return Finding("disk", "ok", text)


def _running(state: Path) -> Finding:
    try:
        with connect(state) as client:
            status = client.call_as(StatusView, "status")
    except NotRunningError:
        return Finding("sandbox", "ok", f"none is running in {state}")
    return Finding("sandbox", "ok", f"running at {status.endpoint} (process {status.pid})")


def _port(state: Path) -> Finding:
    from sandbox.session.door import listen

    if _running(state).text.startswith("running"):
        return Finding("port", "ok", "held by the sandbox that runs")
    listen(DEFAULT_PORT).close()
    return Finding("port", "ok", f"{DEFAULT_PORT} is free")


_CHECKS: dict[str, Callable[[Path], Finding]] = {
    "python": _python,
    "platform": _platform,
    "postgres": _postgres,
    "python3.13": _runtime,
    "installer": _installer,
    "docker": _docker,
    "disk": _disk,
    "sandbox": _running,
    "port": _port,
}
