"""Seeders: programs of a system that fill it with data, run as children.

They are ordinary AWS and database clients: endpoint, credentials and `PG*` are in their environment, the
stack's outputs in `STACK_OUTPUTS` (JSON). On standard output they write one JSON object, the stack's seed
data. They are idempotent: running one again adds nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.deploy.errors import SeedError
from sandbox.deploy.system import SeederSpec

#: Bytes of standard output that are kept, and lines of standard error that are shown.
MAX_OUTPUT = 4_000_000
TAIL = 15


async def run_seeder(
    seeder: SeederSpec, folder: Path, environment: Mapping[str, str], outputs: Mapping[str, str]
) -> dict[str, Any]:
    """Runs a seeder and returns the object it wrote.

    Args:
        folder: the system's folder.
        environment: `AWS_ENDPOINT_URL`, credentials, region, `PG*`; of ours only `PATH`, `HOME`, `LANG` and
            `PYTHONPATH` are passed on.
        outputs: outputs of the stack, as `STACK_OUTPUTS`.

    Raises:
        SeedError: it cannot be started, fails, takes too long, or does not write one JSON object.
    """
    command, cwd, paths = _command(seeder, folder)
    inherited = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ
    }
    if paths:
        inherited["PYTHONPATH"] = os.pathsep.join([*paths, *filter(None, [inherited.get("PYTHONPATH")])])
    child_environment = {**inherited, **environment, "STACK_OUTPUTS": json.dumps(dict(outputs))}
    try:
        child = await asyncio.create_subprocess_exec(
            *command,
            cwd=cwd,
            env=child_environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise SeedError(
            f"the seeder {seeder.name} cannot be started",
            f"{command[0]}: {error.strerror or error}",
            "correct its command in sandbox.toml",
        ) from error
    try:
        async with asyncio.timeout(seeder.timeout):
            out, err = await child.communicate()
    except TimeoutError:
        raise SeedError(
            f"the seeder {seeder.name} did not end within {seeder.timeout:.0f} s",
            "it was ended",
            "make it quicker, or give it a larger `timeout` in sandbox.toml",
        ) from None
    finally:
        if child.returncode is None:
            _end(child.pid)
            await child.wait()
    if child.returncode != 0:
        raise SeedError(
            f"the seeder {seeder.name} failed with exit status {child.returncode}",
            _tail(err) or "it wrote nothing on standard error",
            f"correct {seeder.module or command[0]}; the data it wrote before is kept",
        )
    return _answer(seeder, out)


def _answer(seeder: SeederSpec, out: bytes) -> dict[str, Any]:
    try:
        if len(out) > MAX_OUTPUT:
            raise ValueError(f"{len(out)} bytes are more than the {MAX_OUTPUT} that are taken")
        answer = json.loads(out)
        if not isinstance(answer, dict):
            raise TypeError("it is not an object")
    except (ValueError, TypeError) as error:
        shown = out[:200].decode(errors="replace").strip()
        raise SeedError(
            f"the seeder {seeder.name} did not write one JSON object",
            f"{error}; its standard output begins {shown!r}",
            "write one JSON object on standard output, and everything else on standard error",
        ) from error
    return answer


def _command(seeder: SeederSpec, folder: Path) -> tuple[list[str], Path, list[str]]:
    """The command, its folder, and what a module needs on its path."""
    if seeder.module is None:
        return list(seeder.command), folder, []
    root = _module_root(seeder.module, folder)
    return [sys.executable, "-m", seeder.module], folder, [str(root)] if root else []


def _module_root(module: str, folder: Path) -> Path | None:
    """The folder, from the system's upwards, that holds the module; None: it is installed, or missing."""
    relative = Path(*module.split("."))
    for root in (folder, *folder.parents):
        found = root / relative
        if found.with_suffix(".py").is_file() or (found / "__main__.py").is_file():
            return root
    return None


def _end(pid: int) -> None:
    """Ends the seeder with everything it started: it leads a process group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _tail(err: bytes) -> str:
    lines = err.decode(errors="replace").rstrip().splitlines()
    return "\n".join(lines[-TAIL:])
