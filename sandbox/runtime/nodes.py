"""Finding the node of a declared runtime on this machine, and what its functions need around them."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from sandbox.runtime.launch import OPT, LaunchError

#: The runtime of Node functions.
CLIENT = Path(__file__).with_name("node") / "client.mjs"

_PROBE_SECONDS = 10.0
_SYSTEM_FOLDERS = ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin")
#: Share of a function's memory that V8's heap may have: the rest of the process needs some too.
_HEAP_SHARE = 0.9


class Nodes:
    """Finds node, once for each version.

    Args:
        on_notice: told when another version stands in for a missing one.
        environ: where PATH, HOME and the folders of version managers are read from.
    """

    def __init__(self, on_notice: Callable[[str], None], environ: Mapping[str, str] | None = None) -> None:
        self._on_notice = on_notice
        self._environ = os.environ if environ is None else environ
        self._found: dict[str, asyncio.Task[str]] = {}

    async def find(self, version: str) -> str:
        """The node for `version` (`20`), else another one, with a notice.

        Raises:
            LaunchError: there is no node on this machine.
        """
        task = self._found.get(version)
        if task is None:
            task = self._found[version] = asyncio.create_task(self._search(version))
        try:
            return await asyncio.shield(task)
        except LaunchError:
            self._found.pop(version, None)  # it may be installed meanwhile
            raise

    async def _search(self, version: str) -> str:
        others: list[tuple[str, str]] = []
        for candidate in self.candidates(version):
            if (major := await _probe(candidate)) == version:
                return str(candidate)
            if major:
                others.append((major, str(candidate)))
        if not others:
            raise LaunchError(
                f"node is not on this machine. Install Node.js {version} (nodejs.org, nvm, fnm or your "
                "package manager) and put it on the PATH"
            )
        major, path = max(others, key=lambda other: int(other[0]))
        self._on_notice(
            f"Node.js {version} is not on this machine: its functions run on Node.js {major} ({path}). "
            f"Install it (`nvm install {version}`) to run them as on AWS."
        )
        return path

    def candidates(self, version: str) -> Iterable[Path]:
        """Where node may be, best first."""
        home = Path(self._environ.get("HOME", "/nonexistent"))
        nvm = Path(self._environ.get("NVM_DIR", home / ".nvm"))
        fnm = Path(self._environ.get("FNM_DIR", home / ".local/share/fnm"))
        found = [
            *sorted((nvm / "versions/node").glob(f"v{version}.*/bin/node"), reverse=True),
            *sorted((fnm / "node-versions").glob(f"v{version}.*/installation/bin/node"), reverse=True),
        ]
        if on_path := shutil.which("node", path=self._environ.get("PATH", "")):
            found.insert(0, Path(on_path))
        found += [Path(folder, "node") for folder in _SYSTEM_FOLDERS]
        return [path for path in found if path.exists()]


def node_command(node: str, memory: int) -> tuple[str, ...]:
    """The command that runs a function's environment.

    Args:
        memory: of the function, in MB.
    """
    return (node, f"--max-old-space-size={int(memory * _HEAP_SHARE)}", str(CLIENT))


def sdk_folder(node: str) -> str:
    """Where the AWS SDK is that was installed for every program of a node (`npm install -g`), or nothing.

    AWS's runtimes carry one, and providers of the CDK's custom resources count on it.
    """
    for program in (Path(node), Path(node).resolve()):
        folder = program.parents[1] / "lib" / "node_modules"
        if (folder / "@aws-sdk").is_dir():
            return str(folder)
    return ""


def node_path(code: str, version: str) -> str:
    """Where Node functions look for packages: layers, then their own folder."""
    return f"{OPT}/nodejs/node{version}/node_modules:{OPT}/nodejs/node_modules:{code}"


async def _probe(path: Path) -> str:
    """The major version of a node; empty when it does not run."""
    try:
        process = await asyncio.create_subprocess_exec(
            str(path),
            "--version",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return ""
    try:
        output, _ = await asyncio.wait_for(process.communicate(), _PROBE_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        return ""
    major = output.decode(errors="replace").strip().removeprefix("v").partition(".")[0]
    return major if major.isdigit() else ""
