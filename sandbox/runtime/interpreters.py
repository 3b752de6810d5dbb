"""Finding the interpreter of a declared runtime on this machine."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import sysconfig
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_PROBE = "import sys, sysconfig; print('%d.%d %s' % (*sys.version_info[:2], sysconfig.get_platform()))"
_PROBE_SECONDS = 10.0
_SYSTEM_FOLDERS = ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that really runs.

    Attributes:
        path: the executable.
        version: `3.13`.
        platform: as `sysconfig.get_platform` says; part of the key of what is installed for it.
    """

    path: str
    version: str
    platform: str


class Interpreters:
    """Finds interpreters, once each.

    Args:
        on_notice: told when the sandbox's own interpreter stands in for a missing one.
        environ: where PATH, HOME and the folders of version managers are read from.
    """

    def __init__(self, on_notice: Callable[[str], None], environ: Mapping[str, str] | None = None) -> None:
        self._on_notice = on_notice
        self._environ = os.environ if environ is None else environ
        self._found: dict[str, asyncio.Task[Interpreter]] = {}

    async def find(self, version: str) -> Interpreter:
        """The interpreter for `version` (`3.13`), else the sandbox's own, with a notice."""
        task = self._found.get(version)
        if task is None:
            task = self._found[version] = asyncio.create_task(self._search(version))
        return await asyncio.shield(task)

    async def own(self) -> Interpreter:
        """The interpreter that runs the sandbox."""
        platform = sysconfig.get_platform()
        return Interpreter(sys.executable, f"{sys.version_info.major}.{sys.version_info.minor}", platform)

    async def _search(self, version: str) -> Interpreter:
        own = f"{sys.version_info.major}.{sys.version_info.minor}"
        if version == own:
            return await self.own()
        for candidate in _existing(self.candidates(version)):
            found = await probe(candidate)
            if found is not None and found.version == version:
                return found
        fallback = await self.own()
        self._on_notice(
            f"python{version} is not on this machine: its functions run on Python {fallback.version} "
            f"({fallback.path}). Install it (`uv python install {version}`) to run them as on AWS."
        )
        return fallback

    def candidates(self, version: str) -> Iterable[Path]:
        """Where a Python of that version may be, best first; not all of them exist or run."""
        name = f"python{version}"
        on_path = shutil.which(name, path=self._environ.get("PATH", ""))
        if on_path:
            yield Path(on_path)
        home = Path(self._environ.get("HOME", "/nonexistent"))
        pyenv = Path(self._environ.get("PYENV_ROOT", home / ".pyenv"))
        yield from _newest(pyenv / "versions", f"{version}.*", f"bin/{name}")
        data = Path(self._environ.get("XDG_DATA_HOME", home / ".local/share"))
        managed = Path(self._environ.get("UV_PYTHON_INSTALL_DIR", data / "uv/python"))
        yield from _newest(managed, f"cpython-{version}.*", f"bin/{name}")
        for folder in _SYSTEM_FOLDERS:
            yield Path(folder, name)
        yield Path("/Library/Frameworks/Python.framework/Versions", version, "bin", name)


def _newest(folder: Path, pattern: str, tail: str) -> list[Path]:
    def order(path: Path) -> tuple[int, ...]:
        digits = "".join(char if char.isdigit() else " " for char in path.name)
        return tuple(int(part) for part in digits.split()[:3])

    return [path / tail for path in sorted(folder.glob(pattern), key=order, reverse=True)]


def _existing(candidates: Iterable[Path]) -> list[str]:
    return [str(path) for path in candidates if path.exists()]


async def probe(path: str) -> Interpreter | None:
    """Asks an interpreter what it is; None when it does not run (a shim without a version behind it)."""
    try:
        process = await asyncio.create_subprocess_exec(
            path,
            "-I",
            "-S",
            "-c",
            _PROBE,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return None
    try:
        output, _ = await asyncio.wait_for(process.communicate(), _PROBE_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    words = output.decode(errors="replace").split()
    return Interpreter(path, words[0], words[1]) if process.returncode == 0 and len(words) == 2 else None
