"""Finding the interpreter of a declared runtime on this machine."""

from __future__ import annotations

import asyncio
import math
import os
import sys
import sysconfig
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PROBE = "import sys, sysconfig; print('%d.%d %s' % (*sys.version_info[:2], sysconfig.get_platform()))"
#: Tells how long a short loop takes, in microseconds of processor time, at best.
_TIMING = """
import time
def work():
    known = {}
    for number in range(8000):
        known[number & 255] = str(number)
        known.get(len(known))
def timed():
    began = time.process_time()
    work()
    return time.process_time() - began
print(int(min(timed() for _ in range(8)) * 1e6))
"""
_PROBE_SECONDS = 10.0
#: An interpreter is preferred to those before it when it takes this part of their time or less.
_QUICKER = 0.9
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

    Where a machine has several of a version, the quickest is taken: one that was built with profile-guided
    optimisation, as AWS's own are (a distribution's, uv's), runs Python code in two thirds of the time of one
    that was not (pyenv's, unless told otherwise).

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
        own = await self.own()
        here = [own.path] if version == own.version else []
        known = _different([*here, *_existing(self.candidates(version))])
        if here and known == here:
            return own
        found = [one for one in await asyncio.gather(*map(probe, known)) if one and one.version == version]
        if found:
            return await quickest(found)
        self._on_notice(
            f"python{version} is not on this machine: its functions run on Python {own.version} "
            f"({own.path}). Install it (`uv python install {version}`) to run them as on AWS."
        )
        return own

    def candidates(self, version: str) -> Iterable[Path]:
        """Where a Python of that version may be, best first; not all of them exist or run."""
        name = f"python{version}"
        for folder in self._environ.get("PATH", "").split(os.pathsep):
            if folder:
                yield Path(folder, name)
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


def _different(paths: Iterable[str]) -> list[str]:
    """Without the further names of what came before."""
    found: dict[str, str] = {}
    for path in paths:
        found.setdefault(os.path.realpath(path), path)
    return list(found.values())


async def quickest(found: Sequence[Interpreter]) -> Interpreter:
    """The first, unless a later one is clearly quicker: measuring has its noise.

    Args:
        found: at least one; a single one is not measured, several take some 20 ms each.
    """
    best = found[0]
    if len(found) > 1:
        least = await _time(best)
        for other in found[1:]:
            taken = await _time(other)
            if taken <= least * _QUICKER:
                best, least = other, taken
    return best


async def _time(interpreter: Interpreter) -> float:
    words = await _ask(interpreter.path, _TIMING)
    return float(words[0]) if len(words) == 1 and words[0].isdecimal() else math.inf


async def probe(path: str) -> Interpreter | None:
    """Asks an interpreter what it is; None when it does not run (a shim without a version behind it)."""
    words = await _ask(path, _PROBE)
    return Interpreter(path, words[0], words[1]) if len(words) == 2 else None


async def _ask(path: str, program: str) -> list[str]:
    """The words that a program prints; none when it cannot be run."""
    try:
        process = await asyncio.create_subprocess_exec(
            path,
            "-I",
            "-S",
            "-c",
            program,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return []
    try:
        output, _ = await asyncio.wait_for(process.communicate(), _PROBE_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        return []
    return output.decode(errors="replace").split() if process.returncode == 0 else []
