"""Resolving requirements for an interpreter into a folder, cached by content."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sandbox.errors import DependencyError
from sandbox.runtime.interpreters import Interpreter
from sandbox.store.folders import cache_folder

#: What AWS's Python runtimes bring along, besides the standard library.
BASE_SET = ("awslambdaric==4.2.2", "boto3==1.44.5", "botocore==1.44.5")

_LAYOUT = "1"  # part of every key: raise it when what is put into a folder changes
_TAIL_LINES = 12
_UV_OPTIONS = ("--quiet", "--compile-bytecode", "--link-mode", "copy")
_INCLUDE = re.compile(r"^(?:-r|-c|--requirement|--constraint)[ =]*(\S+)")
_LOCAL = re.compile(r"^(?:-e|--editable)\b|^\.{1,2}(?:/|$)|^/|^file:|@ *file:")


class Dependencies:
    """The cache of resolved requirements.

    Args:
        environ: where the cache folder, PATH and the installers' own settings are read from.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = dict(os.environ if environ is None else environ)
        self._root = cache_folder(self._environ) / "deps"
        self._base: dict[Interpreter, str] = {}

    async def base_set(self, interpreter: Interpreter) -> str:
        """The folder with the runtime's own packages (boto3, awslambdaric) for an interpreter.

        Raises:
            DependencyError: they could not be installed.
        """
        folder = self._base.get(interpreter)
        if folder is None:
            folder = self._base[interpreter] = await self.resolve_text("\n".join(BASE_SET), interpreter)
        return folder

    async def resolve(self, requirements: Path, interpreter: Interpreter) -> str | None:
        """The folder with the packages of a requirements file; None when it asks for none.

        Raises:
            DependencyError: the file cannot be read or its packages cannot be installed.
        """
        text = await asyncio.to_thread(read_requirements, requirements)
        return await self.resolve_text(text, interpreter) if text else None

    async def resolve_text(self, text: str, interpreter: Interpreter) -> str:
        """The folder with the packages that `text` (requirements, one a line) names.

        Nothing is asked of the network, and no process started, when the folder is in the cache.

        Raises:
            DependencyError: the packages cannot be installed.
        """
        folder = self._root / cache_key(text, interpreter)
        if not folder.is_dir():
            await asyncio.to_thread(self._install_once, text, interpreter, folder)
        return str(folder)

    # --- in a thread -------------------------------------------------------------------------------------
    def _install_once(self, text: str, interpreter: Interpreter, folder: Path) -> None:
        self._root.mkdir(parents=True, exist_ok=True)
        with _locked(folder.with_name(f"{folder.name}.lock")):
            if folder.is_dir():
                return
            scratch = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".part", dir=self._root))
            try:
                target = scratch / "packages"
                listing = scratch / "requirements.txt"
                listing.write_text(text + "\n")
                self._install(listing, interpreter, target, text)
                target.mkdir(exist_ok=True)
                target.rename(folder)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)

    def _install(self, listing: Path, interpreter: Interpreter, target: Path, text: str) -> None:
        problems: list[str] = []
        for command in self._installers(interpreter):
            arguments = [*command, "--target", str(target), "-r", str(listing)]
            status, output = _run(arguments, self._environ, target.parent)
            if status == 0:
                return
            problems.append("\n".join(output.strip().splitlines()[-_TAIL_LINES:]))
            if status not in (126, 127) and "No module named pip" not in output:
                break
        raise DependencyError(
            f"{', '.join(text.splitlines())} could not be installed for Python {interpreter.version}",
            problems[-1] if problems else "neither uv nor pip is there",
            "Check the names and versions in requirements.txt and the network; install uv if pip is missing.",
        )

    def _installers(self, interpreter: Interpreter) -> list[list[str]]:
        found = [
            str(Path(sys.executable).with_name("uv")),
            shutil.which("uv", path=self._environ.get("PATH", "")),
        ]
        uv = [
            [path, "pip", "install", *_UV_OPTIONS, "--python", interpreter.path]
            for path in found
            if path and Path(path).exists()
        ]
        pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        # An environment that uv made has no pip; the Python it was made of may have one.
        base = os.path.realpath(interpreter.path)
        foreign = ["--python-version", interpreter.version, "--only-binary", ":all:"]
        return [*uv, [interpreter.path, *pip], [base, *pip], [sys.executable, *pip, *foreign]]


def cache_key(text: str, interpreter: Interpreter) -> str:
    """Names the folder of a resolved set: by what was asked for, and what it must run on."""
    parts = (_LAYOUT, interpreter.version, interpreter.platform, text)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def read_requirements(path: Path, *, seen: Sequence[Path] = ()) -> str:
    """The requirements of a file and of those it includes, without comments and blank lines.

    Raises:
        DependencyError: a file is missing, includes itself, or names local folders (they have no version).
    """
    if path in seen:
        raise DependencyError(
            f"{path} includes itself.",
            " -> ".join(str(step) for step in (*seen, path)),
            "Remove one of the -r lines.",
        )
    try:
        raw = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise DependencyError(
            f"{path} cannot be read.",
            str(error),
            "Put a readable requirements.txt beside the handler, or none.",
        ) from error
    lines: list[str] = []
    for line in raw.replace("\\\n", " ").splitlines():
        wanted = re.sub(r"(^|\s)#.*$", "", line).strip()
        include = _INCLUDE.match(wanted)
        if include:
            lines.append(read_requirements(path.parent / include[1], seen=(*seen, path)))
        elif _LOCAL.search(wanted):
            raise DependencyError(
                f"{path} names a local package: {wanted}",
                "a local folder has no version, so the cache could not tell when it changed",
                "Put its code into the function's folder or a layer, or name a released version.",
            )
        elif wanted:
            lines.append(wanted)
    return "\n".join(line for line in lines if line)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _run(command: Sequence[str], environ: Mapping[str, str], folder: Path) -> tuple[int, str]:
    # In a folder of its own, so that no project file of wherever the sandbox runs has a say.
    try:
        done = subprocess.run(
            command,
            env=dict(environ),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        return 127, str(error)
    return done.returncode, done.stderr + done.stdout
