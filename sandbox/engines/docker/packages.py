"""Deployment packages for functions that run in Lambda's own containers.

Code and dependencies go into one zip archive, as AWS asks for
(https://docs.aws.amazon.com/lambda/latest/dg/python-package.html). Dependencies are resolved for the runtime
and the processor that the template names, whatever this machine runs, from wheels only. Archives are kept by
content.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from sandbox.model.awserror import AwsError
from sandbox.runtime.dependencies import Dependencies
from sandbox.runtime.interpreters import Interpreter
from sandbox.store.folders import cache_folder

_PYTHON = re.compile(r"python(3\.\d{1,2})")
_LAYOUT = "1"  # part of every key: raise it when what is put into an archive changes
_IGNORED = frozenset({"__pycache__", ".git", ".venv", "node_modules", ".pytest_cache", ".mypy_cache"})
_DATE = (1980, 1, 1, 0, 0, 0)
#: The C library of Amazon Linux 2023 (python3.12 and later), and of Amazon Linux 2 before it.
_NEW, _OLD = "2_28", "2_17"
_FIRST_NEW = (3, 12)


class Packages:
    """Builds archives.

    Args:
        environ: where the cache folder, PATH and the installers' own settings are read from.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = dict(os.environ if environ is None else environ)
        self._root = cache_folder(self._environ) / "packages"
        self._dependencies = _LinuxDependencies(self._environ)

    async def build(self, code: Path, runtime: str, architecture: str, layers: Sequence[Path] = ()) -> bytes:
        """The archive of a function's folder with the packages of its requirements.txt.

        Args:
            runtime: as the template names it (`python3.13`).
            architecture: `x86_64` or `arm64`.
            layers: folders whose `python/` is put beside the code, which it does not replace (LocalStack's
                community image gives functions no layers).

        Raises:
            AwsError: the folder is not there.
            DependencyError: its requirements cannot be installed.
        """
        installed = await self._installed(code, runtime, architecture)
        libraries = [layer / "python" for layer in reversed(layers)]
        return await asyncio.to_thread(self._archive, code, libraries, installed)

    async def libraries(
        self, code: Path, runtime: str, architecture: str, layers: Sequence[Path] = ()
    ) -> list[Path]:
        """The folders that a function imports from, beside its code, the first before those after it.

        Raises:
            AwsError, DependencyError: as `build`.
        """
        installed = await self._installed(code, runtime, architecture)
        found = [layer / "python" for layer in reversed(layers)]
        return [*found, *([installed] if installed is not None else [])]

    async def _installed(self, code: Path, runtime: str, architecture: str) -> Path | None:
        """Where the packages of a function's requirements.txt are; None where it has none."""
        listing = code / "requirements.txt"
        there, lists = await asyncio.to_thread(lambda: (code.is_dir(), listing.is_file()))
        if not there:
            raise AwsError(
                "InvalidParameterValueException", f"the folder {code} of the function is not there"
            )
        python = _PYTHON.fullmatch(runtime)
        if python is None or not lists:
            return None
        target = Interpreter("", python[1], platform_tag(python[1], architecture))
        installed = await self._dependencies.resolve(listing, target)
        return Path(installed) if installed else None

    # --- in a thread -------------------------------------------------------------------------------------
    def _archive(self, code: Path, libraries: Sequence[Path], dependencies: Path | None) -> bytes:
        """What is installed is packed once for all functions that need the same; the code is added to it."""
        base = b""
        if dependencies is not None:
            base = self._kept(f"{_LAYOUT}-{dependencies.name}", lambda: _zip(b"", dependencies))
        digest = hashlib.sha256(f"{_LAYOUT}\0{dependencies}\0".encode())
        for folder in (code, *libraries):
            for name, path in _files(folder):
                content = hashlib.sha256(path.read_bytes()).hexdigest()
                digest.update(f"{name}\0{content}\0".encode())

        def make() -> bytes:
            archive = _zip(base, code)
            for library in libraries:
                archive = _zip(archive, library, beneath=True)
            return archive

        return self._kept(digest.hexdigest()[:32], make)

    def _kept(self, key: str, make: Callable[[], bytes]) -> bytes:
        kept = self._root / f"{key}.zip"
        if kept.is_file():
            return kept.read_bytes()
        content = make()
        self._root.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._root, suffix=".part", delete=False) as part:
            part.write(content)
        Path(part.name).rename(kept)
        return content


def platform_tag(version: str, architecture: str) -> str:
    """The platform of wheels that run in a runtime's container: `aarch64-manylinux_2_28`."""
    machine = {"arm64": "aarch64"}.get(architecture, architecture)
    numbers = tuple(int(part) for part in version.split("."))
    return f"{machine}-manylinux_{_NEW if numbers >= _FIRST_NEW else _OLD}"


class _LinuxDependencies(Dependencies):
    """The cache of resolved requirements, for interpreters that are not on this machine."""

    def _installers(self, interpreter: Interpreter) -> list[list[str]]:
        machine, _, libc = interpreter.platform.partition("-")
        python = interpreter.version
        found = [
            str(Path(sys.executable).with_name("uv")),
            shutil.which("uv", path=self._environ.get("PATH", "")),
        ]
        cross = ["--python-version", python, "--python-platform", interpreter.platform]
        uv = [
            [path, "pip", "install", "--quiet", "--link-mode", "copy", "--only-binary", ":all:", *cross]
            for path in found
            if path and Path(path).exists()
        ]
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        platforms = [word for tag in _accepted(libc, machine) for word in ("--platform", tag)]
        return [*uv, [*pip, "--python-version", python, *platforms, "--only-binary", ":all:"]]


def _accepted(libc: str, machine: str) -> list[str]:
    """The wheels that run on a C library: its own, and older ones; pip takes what it is told and no more."""
    newest = int(libc.rpartition("_")[2])
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(newest, 16, -1)]
    return [*tags, f"manylinux2014_{machine}", "any"] if tags else [f"linux_{machine}", "any"]


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _IGNORED)
        for name in sorted(names):
            if not name.endswith(".pyc"):
                path = Path(place, name)
                yield path.relative_to(folder).as_posix(), path


def _zip(base: bytes, folder: Path, *, beneath: bool = False) -> bytes:
    """An archive with the files of a folder added to it.

    Args:
        beneath: what is in the archive already goes before files of the same name.

    Raises:
        AwsError: a file of that name is in it already.
    """
    buffer = io.BytesIO(base)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        there = set(archive.namelist())
        for name, path in _files(folder):
            if name in there and beneath:
                continue
            if name in there:
                raise AwsError(
                    "InvalidParameterValueException",
                    f"{path} has the name of a file that its requirements.txt installs: rename one of them",
                )
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if os.access(path, os.X_OK) else 0o644) << 16
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()
